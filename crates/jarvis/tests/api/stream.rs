//! `POST /chat` with `Accept: text/event-stream`: the events of the socket over HTTP.

use jarvis_llm::{ModelError, ModelEvent};
use serde_json::{Value, json};

use crate::support::{Client, PATIENCE, TestApp};
use crate::talk::{empty_conversation, numbers, text};

#[tokio::test]
async fn the_stream_and_the_socket_say_the_same() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    let mut stream = ada.stream(json!({"message": "Count.", "conversation_id": id})).await;
    let call = app.next_call().await;
    let reason = ModelError::FirstTokenTimeout;
    let after = std::time::Duration::from_secs(1);
    call.event(ModelEvent::Retrying { attempt: 2, of: 3, after, reason }).await;
    call.thinking("from one").await;
    let mut heard = Vec::new();
    for piece in ["one ", "two\n\n", "d'œil: 三 🎉"] {
        call.text(piece).await;
        // Each piece is on its way before the next is said.
        while !heard.iter().any(|(_, data): &(String, Value)| data["content"] == piece) {
            heard.push(stream.next().await.unwrap());
        }
    }
    call.usage(3, 5).await;
    call.stop().await;
    heard.extend(stream.all().await);

    let (names, data): (Vec<String>, Vec<Value>) = heard.into_iter().unzip();
    let mut expected = vec!["message.started", "message.retrying"];
    expected.extend(["message.delta"; 4]);
    expected.push("message.finished");
    assert_eq!(names, expected);
    assert!(names.iter().zip(&data).all(|(name, data)| data["type"] == *name));
    assert_eq!(text(&data, "content"), "one two\n\nd'œil: 三 🎉");
    assert_eq!(text(&data, "thinking"), "from one");
    numbers(&data);
    let seen = socket.answer().await;
    assert_eq!(seen[0]["type"], "message.created");
    assert_eq!(seen[1..], data);
    let finished = data.last().unwrap();
    assert_eq!(finished["usage"], json!({"prompt_tokens": 3, "completion_tokens": 5}));
    assert_eq!(finished["message"], *ada.messages(&id).await.last().unwrap());
    assert!(finished["processing_time_ms"].is_u64());
    app.stop().await;
}

#[tokio::test]
async fn a_failed_answer_ends_the_stream_as_failed() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let stream = ada.stream(json!({"message": "Tell me."})).await;
    let call = app.next_call().await;
    call.text("Once").await;
    call.fail(ModelError::Unreachable { detail: "reset".into() }).await;
    let (name, last) = stream.all().await.pop().unwrap();
    assert_eq!(name, "message.finished");
    assert_eq!((&last["status"], &last["content"]), (&json!("failed"), &json!("Once")));
    assert_eq!(last["message"]["error"]["code"], "unreachable");
    app.stop().await;
}

#[tokio::test]
async fn a_refusal_is_a_problem_and_not_a_stream() {
    let app = TestApp::start().await;
    let ada = app.ada().await.with("accept", "text/event-stream");
    for body in [json!({"message": ""}), json!({"message": "a", "model": "nothing"}), json!({})] {
        assert_eq!(ada.post("/chat", body).await.problem().0, 422);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_stream_asked_for_again_gives_the_same_end() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await.with("idempotency-key", "k-1");
    let ask = async |ada: &Client| ada.stream(json!({"message": "Count."})).await;
    let first = ask(&ada).await;
    let call = app.next_call().await;
    call.text("one").await;
    // While the answer is being written, and after it has ended.
    let (second, end) = tokio::join!(ask(&ada), async {
        let mut socket = ada.socket().await;
        let id = ada.get("/conversations").await.json["items"][0]["id"].as_str().unwrap().to_owned();
        socket.watch(&id).await;
        call.stop().await;
        let mut first = first.all().await;
        first.pop().unwrap().1
    });
    let third = ask(&ada).await;
    for stream in [second, third] {
        let events = stream.all().await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0].0, "message.finished");
        assert_eq!(events[0].1["message"], end["message"]);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_the_answer_goes_on() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let mut stream = ada.stream(json!({"message": "Secrets?", "conversation_id": id})).await;
    let call = app.next_call().await;
    call.text("One, ").await;
    while stream.next().await.unwrap().0 != "message.delta" {}
    assert_eq!(ada.post("/auth/logout", json!({})).await.status, 204);
    call.text("two.").await;
    call.stop().await;
    assert_eq!(stream.all().await, []);
    let again = app.sign_in("ada").await;
    let stored = "SELECT COUNT(*) FROM messages WHERE LENGTH(content) = 49 + 9 AND status = 'completed'";
    tokio::time::timeout(PATIENCE, async { while app.count(stored).await == 0 {} }).await.unwrap();
    assert_eq!(again.messages(&id).await.last().unwrap()["content"], "One, two.");
    app.stop().await;
}
