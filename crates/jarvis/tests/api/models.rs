//! Which models there are, and what happens when there is none.

use jarvis_llm::ModelInfo;
use serde_json::json;

use crate::support::TestApp;
use crate::talk::{chat, conversation, empty_conversation};

fn model(name: &str) -> ModelInfo {
    ModelInfo { name: name.to_owned(), context_tokens: Some(4096) }
}

#[tokio::test]
async fn the_list_says_what_there_is_and_what_answers() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    app.script.set_models(vec![model("small:1b"), model("large:70b")]);
    let list = ada.get("/models").await.json;
    assert_eq!(
        list["items"][1],
        json!({"id": "ollama/large:70b", "name": "large:70b", "provider": "ollama", "context_tokens": 4096})
    );
    assert_eq!(list["default"], "ollama/small:1b");
    assert_eq!(list["providers"][0]["id"], "ollama");
    assert_eq!(
        (&list["providers"][0]["status"], &list["providers"][0]["detail"]),
        (&json!("up"), &json!(null))
    );
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_said_to_be_down() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    app.script.set_reachable(false);
    let list = ada.get("/models").await.json;
    assert_eq!((&list["items"], &list["default"]), (&json!([]), &json!(null)));
    assert_eq!(list["providers"][0]["status"], "down");
    assert!(list["providers"][0]["detail"].as_str().unwrap().contains("cannot be reached"), "{list}");
    app.stop().await;
}

#[tokio::test]
async fn without_a_model_nothing_is_stored() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    app.script.set_reachable(false);
    let body = json!({"message": "hi", "conversation_id": id});
    assert_eq!(ada.post("/chat", body).await.problem(), (503, "no_model"));
    assert_eq!(ada.ask(&id, "hi").await.problem(), (503, "no_model"));
    let mut socket = ada.socket().await;
    socket.say(json!({"type": "message", "message": "hi", "client_id": "c"})).await;
    let refused = socket.refusal().await;
    assert_eq!((&refused["code"], &refused["client_id"]), (&json!("no_model"), &json!("c")));
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM conversations").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn an_unknown_model_is_refused_everywhere() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let path = format!("/conversations/{}", conversation(&mut app, &ada, "q", "a").await);
    for name in ["nothing", "", "ollama/", "openai/scripted-8b", &"x".repeat(5000)] {
        let refused = ada.post("/chat", json!({"message": "hi", "model": name})).await;
        assert_eq!(refused.problem(), (422, "unknown_model"), "{name}");
        assert!(refused.text.len() < 1000, "{}", refused.text);
        let sent = ada.post(&format!("{path}/messages"), json!({"message": "hi", "model": name})).await;
        assert_eq!(sent.problem(), (422, "unknown_model"));
        assert_eq!(ada.patch(&path, json!({"model": name})).await.problem(), (422, "unknown_model"));
        assert_eq!(
            ada.post("/conversations", json!({"model": name})).await.problem(),
            (422, "unknown_model")
        );
        assert_eq!(
            ada.post(&format!("{path}/regenerate"), json!({"model": name})).await.problem(),
            (422, "unknown_model")
        );
        let mut socket = ada.socket().await;
        socket.say(json!({"type": "message", "message": "hi", "model": name})).await;
        assert_eq!(socket.refusal().await["code"], "unknown_model");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_conversation_keeps_the_model_it_was_given() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    app.script.set_models(vec![model("small:1b"), model("large:70b")]);
    let large = chat(&mut app, &ada, json!({"message": "hi", "model": "large:70b"}), &["one"]).await.json;
    assert_eq!(large["model"], "ollama/large:70b");
    let id = large["conversation_id"].as_str().unwrap();
    let again = chat(&mut app, &ada, json!({"message": "and", "conversation_id": id}), &["two"]).await.json;
    assert_eq!(again["model"], "ollama/large:70b");
    let once = json!({"message": "now", "conversation_id": id, "model": "ollama/small:1b"});
    assert_eq!(chat(&mut app, &ada, once, &["three"]).await.json["model"], "ollama/small:1b");
    let again = chat(&mut app, &ada, json!({"message": "so", "conversation_id": id}), &["four"]).await.json;
    assert_eq!(again["model"], "ollama/large:70b");
    app.stop().await;
}
