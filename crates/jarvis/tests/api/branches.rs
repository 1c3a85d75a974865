//! Messages of a conversation: pages, and answers beside answers.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::talk::{answered, chat, conversation, empty_conversation, speak};

fn ids(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn messages_come_in_pages_from_the_newest() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "0", "1").await;
    for turn in ["2", "4", "6"] {
        chat(&mut app, &ada, json!({"message": turn, "conversation_id": id}), &["answer"]).await;
    }
    let all = ada.messages(&id).await;
    assert_eq!(all.len(), 8);
    for limit in [1, 3, 8, 200] {
        let (mut found, mut before) = (Vec::<Value>::new(), String::new());
        loop {
            let path = format!("/conversations/{id}/messages?limit={limit}{before}");
            let page = ada.get(&path).await.json;
            let items = page["items"].as_array().unwrap().clone();
            assert!(!items.is_empty() && items.len() <= limit && found.len() <= all.len());
            before = page["next"].as_str().map(|next| format!("&before={next}")).unwrap_or_default();
            found.splice(0..0, items);
            if before.is_empty() {
                break;
            }
        }
        assert_eq!(found, all, "{limit}");
    }
    let first = format!("/conversations/{id}/messages?before={}", ids(&all)[0]);
    assert_eq!(ada.get(&first).await.json["items"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn before_a_message_of_elsewhere_there_is_nothing() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let one = conversation(&mut app, &ada, "one", "1").await;
    let two = conversation(&mut app, &ada, "two", "2").await;
    let his = conversation(&mut app, &bob, "his", "3").await;
    let elsewhere = [ada.messages(&two).await.pop(), bob.messages(&his).await.pop()];
    let nobody = "01a202f6-9c47-748e-ab19-d6261ae385b4".to_owned();
    for before in elsewhere.iter().flatten().map(|m| m["id"].as_str().unwrap().to_owned()).chain([nobody]) {
        let path = format!("/conversations/{one}/messages?before={before}");
        assert_eq!(ada.get(&path).await.problem(), (404, "not_found"));
    }
    app.stop().await;
}

#[tokio::test]
async fn an_answer_given_again_stands_beside_the_one_before() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "Tea?", "No.").await;
    let before = ada.messages(&id).await;
    let path = format!("/conversations/{id}/regenerate");
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    let again = ada.post(&path, json!({})).await;
    assert_eq!(again.status, 202, "{}", again.text);
    assert_eq!(again.json["message"], before[0]);
    let call = app.next_call().await;
    let sent: Vec<&str> = call.request().messages.iter().skip(1).map(|m| m.content.as_str()).collect();
    assert_eq!(sent, ["Tea?"]);
    // The same conversation has room for one answer at a time.
    assert_eq!(ada.post(&path, json!({})).await.problem(), (409, "run_in_progress"));
    speak(call, &["Yes."]).await;
    let events = socket.answer().await;
    assert_eq!(events[0]["type"], "message.started");
    assert_eq!(events[0]["message"]["parent_id"], before[0]["id"]);

    let after = ada.messages(&id).await;
    assert_eq!((after.len(), &after[0], &after[1]["content"]), (2, &before[0], &json!("Yes.")));
    assert_eq!(after[1]["id"], again.json["run"]["message_id"]);
    assert_ne!(after[1]["id"], before[1]["id"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE LENGTH(content) = 49 + 3").await, 1);
    // What follows belongs to the branch that is shown.
    let asked = ada.post("/chat", json!({"message": "Green?", "conversation_id": id}));
    let model = async {
        let call = app.next_call().await;
        let said: Vec<String> = call.request().messages.iter().skip(1).map(|m| m.content.clone()).collect();
        speak(call, &["Green."]).await;
        said
    };
    assert_eq!(tokio::join!(asked, model).1, ["Tea?", "Yes.", "Green?"]);
    app.stop().await;
}

#[tokio::test]
async fn what_failed_can_be_tried_again_by_another_model() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    app.script.set_models(
        ["one", "two"].map(|name| jarvis_llm::ModelInfo { name: name.into(), context_tokens: None }).to_vec(),
    );
    let asked = ada.post("/chat", json!({"message": "Tea?"}));
    let model = async { drop(app.next_call().await) };
    assert_eq!(tokio::join!(asked, model).0.problem().0, 502);
    let id = ada.get("/conversations").await.json["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/conversations/{id}/regenerate");
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    let again = ada.post(&path, json!({"model": "two"}));
    let again = answered(&mut app, again, &["Yes."]).await;
    assert_eq!(again.json["run"]["model"], "ollama/two");
    socket.until("message.finished").await;
    let answer = ada.messages(&id).await.pop().unwrap();
    assert_eq!((&answer["model"], &answer["status"]), (&json!("ollama/two"), &json!("completed")));
    app.stop().await;
}

#[tokio::test]
async fn without_a_question_there_is_nothing_to_answer_again() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let path = format!("/conversations/{}/regenerate", empty_conversation(&ada).await);
    assert_eq!(ada.post(&path, json!({})).await.problem(), (409, "nothing_to_regenerate"));
    for body in [json!({"model": 1}), json!({"message": "x"}), json!(null)] {
        assert_eq!(ada.post(&path, body).await.problem(), (422, "invalid"));
    }
    app.stop().await;
}
