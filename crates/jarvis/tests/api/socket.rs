//! The socket: frames, and what each is answered with.

use std::time::{Duration, Instant};

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{PATIENCE, TestApp};
use crate::talk::{conversation, empty_conversation, numbers, speak, text};

#[tokio::test]
async fn the_first_frame_says_who_is_there() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let hello = ada.raw_socket().await.next().await;
    assert_eq!((&hello["type"], &hello["heartbeat_seconds"]), (&json!("connected"), &json!(30)));
    assert_eq!(hello["user"], ada.get("/auth/me").await.json);
    assert!(hello["connection_id"].is_string());
    app.stop().await;
}

#[tokio::test]
async fn a_message_is_accepted_then_created_started_said_and_finished() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    socket.say(json!({"type": "message", "message": " Hi ", "client_id": "c-1"})).await;
    let accepted = socket.next().await;
    assert_eq!((&accepted["type"], &accepted["client_id"]), (&json!("message.accepted"), &json!("c-1")));
    assert_eq!(
        (&accepted["message"]["content"], &accepted["run"]["status"]),
        (&json!("Hi"), &json!("running"))
    );
    assert_eq!(accepted["conversation"]["running"], true);
    let call = app.next_call().await;
    call.thinking("Greet").await;
    speak(call, &["Hel", "lo."]).await;
    let events = socket.answer().await;
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds[..2], ["message.started", "message.delta"], "{kinds:?}");
    assert!(kinds[2..kinds.len() - 1].iter().all(|kind| *kind == "message.delta"));
    numbers(&events);
    assert_eq!((text(&events, "content"), text(&events, "thinking")), ("Hello.".into(), "Greet".into()));
    for event in &events {
        assert_eq!(event["conversation_id"], accepted["conversation"]["id"]);
        assert_eq!(event["message_id"], accepted["run"]["message_id"]);
    }
    let (started, finished) = (&events[0]["message"], &events.last().unwrap()["message"]);
    assert_eq!((&started["status"], &started["content"]), (&json!("streaming"), &json!("")));
    assert_eq!((&finished["status"], &finished["thinking"]), (&json!("completed"), &json!("Greet")));
    assert_eq!(socket.until("conversation.updated").await["conversation"]["running"], false);
    app.stop().await;
}

#[tokio::test]
async fn the_frame_of_older_clients_asks_as_well() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted =
        socket.ask(json!({"message": "Hi", "user_id": "someone", "timestamp": "2020-01-01"})).await;
    assert_eq!((&accepted["client_id"], &accepted["message"]["content"]), (&Value::Null, &json!("Hi")));
    speak(app.next_call().await, &["Hello."]).await;
    assert_eq!(socket.until("message.finished").await["content"], "Hello.");
    app.stop().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_and_the_connection_goes_on() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    for garbage in
        ["", "{", "hello", "{}", "[]", "null", r#"{"type":"nothing"}"#, r#"{"type":"stop"}"#, "\u{0}"]
    {
        socket.0.send(Message::text(garbage)).await.unwrap();
        let answer = socket.next().await;
        assert_eq!(answer["type"], "error", "{garbage:?}");
        assert!(matches!(answer["code"].as_str(), Some("malformed_json" | "invalid")), "{answer}");
        assert!(answer["message"].is_string() && answer["request_id"].is_string());
    }
    socket.0.send(Message::binary(r#"{"type":"ping"}"#)).await.unwrap();
    assert_eq!(socket.refusal().await["code"], "bad_request");
    socket.0.send(Message::Ping("x".into())).await.unwrap();
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.next().await, json!({"type": "pong"}));
    app.stop().await;
}

#[tokio::test]
async fn an_error_says_which_message_it_is_about() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let mut socket = ada.socket().await;
    socket.say(json!({"type": "message", "message": "", "client_id": "c", "conversation_id": id})).await;
    let refused = socket.refusal().await;
    assert_eq!((&refused["client_id"], &refused["conversation_id"]), (&json!("c"), &json!(id)));
    app.stop().await;
}

#[tokio::test]
async fn a_frame_larger_than_64_kib_ends_the_connection() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let frame = |bytes: usize| {
        let empty = json!({"type": "ping", "x": ""}).to_string().len();
        json!({"type": "ping", "x": "a".repeat(bytes - empty)}).to_string()
    };
    let mut socket = ada.socket().await;
    socket.0.send(Message::text(frame(64 * 1024))).await.unwrap();
    assert_eq!(socket.refusal().await["code"], "invalid");
    for bytes in [64 * 1024 + 1, 1024 * 1024] {
        let mut socket = ada.socket().await;
        // The server may be gone before the last byte.
        drop(socket.0.send(Message::text(frame(bytes))).await);
        assert_eq!(socket.closed().await, 1009, "{bytes}");
    }
    app.stop().await;
}

#[tokio::test]
async fn stopping_ends_the_answer_at_once_and_keeps_what_had_come() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": "Tell me."})).await;
    let id = accepted["conversation"]["id"].as_str().unwrap();
    let call = app.next_call().await;
    call.text("Once upon").await;
    socket.until("message.delta").await;
    let asked = Instant::now();
    socket.say(json!({"type": "stop", "conversation_id": id})).await;
    tokio::time::timeout(PATIENCE, call.cancelled()).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    let finished = socket.until("message.finished").await;
    assert_eq!((&finished["status"], &finished["content"]), (&json!("stopped"), &json!("Once upon")));
    assert_eq!(ada.messages(id).await[1], finished["message"]);
    // Nothing is left to stop: that is no error.
    socket.say(json!({"type": "stop", "conversation_id": id})).await;
    assert_eq!(ada.post(&format!("/conversations/{id}/stop"), json!({})).await.status, 204);
    socket.say(json!({"type": "ping"})).await;
    socket.until("pong").await;
    app.stop().await;
}

#[tokio::test]
async fn a_stopped_answer_is_a_whole_answer_for_who_waits_for_it() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let asked = ada.post("/chat", json!({"message": "Tell me.", "conversation_id": id}));
    let stopped = async {
        let call = app.next_call().await;
        let mut socket = ada.socket().await;
        socket.watch(&id).await;
        call.text("Once").await;
        socket.until("message.delta").await;
        socket.say(json!({"type": "stop", "conversation_id": id})).await;
        call.cancelled().await;
    };
    let (reply, ()) = tokio::join!(asked, stopped);
    assert_eq!((reply.status, &reply.json["response"]), (200, &json!("Once")));
    app.stop().await;
}

#[tokio::test]
async fn who_unsubscribes_hears_nothing_more() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "q", "a").await;
    let (mut stays, mut leaves) = (ada.socket().await, ada.socket().await);
    stays.watch(&id).await;
    leaves.watch(&id).await;
    leaves.say(json!({"type": "unsubscribe", "conversation_id": id})).await;
    leaves.say(json!({"type": "ping"})).await;
    assert_eq!(leaves.next().await["type"], "pong");
    ada.ask(&id, "Hi").await;
    speak(app.next_call().await, &["Hello."]).await;
    stays.until("message.finished").await;
    // What concerns the list of conversations is for every page of hers.
    for running in [true, false] {
        let frame = leaves.next().await;
        assert_eq!(
            (&frame["type"], &frame["conversation"]["running"]),
            (&json!("conversation.updated"), &json!(running))
        );
    }
    leaves.say(json!({"type": "ping"})).await;
    assert_eq!(leaves.next().await["type"], "pong");
    app.stop().await;
}
