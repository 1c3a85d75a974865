//! The same on the socket: an error frame, and the connection goes on.

use std::time::Duration;

use serde_json::json;

use super::limits;
use crate::support::TestApp;
use crate::talk::speak;

#[tokio::test]
async fn a_message_over_the_limit_gets_an_error_frame_and_the_connection_goes_on() {
    let mut app = TestApp::start_with(&limits("1", "600", "120")).await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    socket.say(json!({"type": "message", "message": "one", "client_id": "c-1"})).await;
    socket.until("message.accepted").await;
    speak(app.next_call().await, &["Hello."]).await;
    socket.until("message.finished").await;
    socket.say(json!({"type": "message", "message": "two", "client_id": "c-2"})).await;
    let refused = socket.refusal().await;
    assert_eq!((&refused["code"], &refused["client_id"]), (&json!("rate_limited"), &json!("c-2")));
    assert_eq!(refused["retry_after"], 60);
    assert!(refused["request_id"].is_string());
    socket.say(json!({"type": "ping"})).await;
    socket.until("pong").await;
    // The same message again, on the same connection, once it may.
    app.clock.advance(Duration::from_secs(60));
    socket.say(json!({"type": "message", "message": "two", "client_id": "c-2"})).await;
    assert_eq!(socket.until("message.accepted").await["client_id"], "c-2");
    app.stop().await;
}

#[tokio::test]
async fn who_goes_on_regardless_is_let_go() {
    let app = TestApp::start_with(&limits("1", "5", "120")).await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    // Any frame that asks for something counts, not only messages.
    let frame = json!({"type": "subscribe", "conversation_id": "0190a0b0-0000-7000-8000-000000000000"});
    let mut refused = 0;
    for _ in 0..5 {
        socket.say(frame.clone()).await;
        assert_eq!(socket.refusal().await["code"], "not_found");
    }
    for _ in 0..30 {
        socket.say(frame.clone()).await;
        let fault = socket.refusal().await;
        refused += u32::from(fault["code"] == "rate_limited" && fault["retry_after"] == 12);
    }
    assert_eq!(refused, 30);
    socket.say(frame).await;
    assert_eq!(socket.closed().await, 4429);
    // Only the connection ends: the session and its allowance are what they were.
    app.clock.advance(Duration::from_secs(12));
    assert_eq!(ada.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_allowance_is_shared_by_all_connections_of_a_person() {
    let mut app = TestApp::start_with(&limits("3", "600", "120")).await;
    let ada = app.ada().await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(ada.socket().await);
    }
    for socket in &mut sockets {
        socket.say(json!({"type": "message", "message": "Hi"})).await;
    }
    let mut accepted = 0;
    for socket in &mut sockets {
        loop {
            match socket.next().await["type"].as_str().unwrap() {
                "message.accepted" => break accepted += 1,
                "error" => break,
                _ => {}
            }
        }
    }
    assert_eq!(accepted, 3);
    for _ in 0..3 {
        speak(app.next_call().await, &["Hello."]).await;
    }
    app.stop().await;
}
