//! Who may open a socket, how many, and what ends it.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use jarvis_crypto::OpaqueToken;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, PATIENCE, TestApp};
use crate::talk::{conversation, empty_conversation, speak};

/// The same person by cookie, as a browser would.
fn browser(client: &Client, origin: &str) -> Client {
    let cookie = format!("jarvis_access={}", client.token.as_deref().unwrap());
    client.clone().without_token().with("cookie", &cookie).with("origin", origin)
}

#[tokio::test]
async fn a_cookie_opens_the_socket_from_our_own_pages_alone() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for origin in ["http://localhost:8000", "http://127.0.0.1:8000"] {
        browser(&ada, origin).socket().await;
    }
    for origin in
        ["https://evil.example", "null", "http://localhost:8000.evil.example", "http://localhost:9000"]
    {
        assert_eq!(browser(&ada, origin).try_socket().await.err(), Some(403), "{origin}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_first_frame_may_bring_the_token() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = app.stranger().raw_socket().await;
    socket.say(json!({"type": "auth", "token": ada.token})).await;
    assert_eq!(socket.next().await["user"]["username"], "ada");
    app.stop().await;
}

#[tokio::test]
async fn without_a_valid_token_the_socket_closes() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let refresh = OpaqueToken::generate("jrt_").unwrap().expose().to_owned();
    for token in ["", "x", "eyJhbGciOiJub25lIn0.e30.", &refresh] {
        let mut socket = app.stranger().raw_socket().await;
        socket.say(json!({"type": "auth", "token": token})).await;
        assert_eq!(socket.closed().await, 4401, "{token}");
    }
    for first in
        [json!({"type": "ping"}), json!({"type": "message", "message": "hi"}), json!({"message": "hi"})]
    {
        let mut socket = app.stranger().raw_socket().await;
        socket.say(first).await;
        assert_eq!(socket.closed().await, 4401);
    }
    let mut socket = app.stranger().raw_socket().await;
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.closed().await, 4401);
    assert_eq!(app.stranger().with_token("wrong").raw_socket().await.closed().await, 4401);
    app.clock.advance(Duration::from_secs(31 * 60));
    assert_eq!(ada.raw_socket().await.closed().await, 4401);
    assert_eq!(app.count("SELECT COUNT(*) FROM conversations").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn who_says_nothing_for_five_seconds_is_let_go() {
    let app = TestApp::start().await;
    let opened = std::time::Instant::now();
    assert_eq!(app.stranger().raw_socket().await.closed().await, 4408);
    assert!(opened.elapsed() >= Duration::from_millis(4900));
    app.stop().await;
}

#[tokio::test]
async fn a_person_has_a_limited_number_of_sockets() {
    let app = TestApp::start_with(&[("WS_MAX_PER_USER", "3")]).await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(ada.socket().await);
    }
    assert_eq!(ada.raw_socket().await.closed().await, 4429);
    bob.socket().await;
    // A place that is given back can be taken again.
    let mut leaving = open.pop().unwrap();
    leaving.0.close(None).await.unwrap();
    leaving.closed().await;
    let taken =
        async { while matches!(ada.raw_socket().await.0.next().await, Some(Ok(Message::Close(_)))) {} };
    tokio::time::timeout(PATIENCE, taken).await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn fifty_frames_a_second_are_enough() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for flood in [Message::text(r#"{"type":"ping"}"#), Message::text("garbage"), Message::binary("x")] {
        let mut socket = ada.socket().await;
        for _ in 0..300 {
            // Refused at some point, and then there is nobody to send to.
            if socket.0.send(flood.clone()).await.is_err() {
                break;
            }
        }
        assert_eq!(socket.closed().await, 4429, "{flood}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_socket_watches_thirty_two_conversations() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let mut ids = Vec::new();
    for _ in 0..33 {
        ids.push(empty_conversation(&ada).await);
    }
    for id in &ids[..32] {
        socket.watch(id).await;
    }
    socket.say(json!({"type": "subscribe", "conversation_id": ids[32]})).await;
    let refused = loop {
        let frame = socket.next().await;
        if frame["type"] == "error" {
            break frame;
        }
    };
    assert_eq!(refused["errors"][0]["code"], "too_many_subscriptions");
    // The same again is no more than one, and one less makes room.
    socket.watch(&ids[0]).await;
    socket.say(json!({"type": "unsubscribe", "conversation_id": ids[1]})).await;
    socket.watch(&ids[32]).await;
    // A question always has room for its answer: the quietest conversation makes it.
    socket.ask(json!({"type": "message", "message": "hi"})).await;
    speak(app.next_call().await, &["ho"]).await;
    assert_eq!(socket.until("message.finished").await["content"], "ho");
    app.stop().await;
}

#[tokio::test]
async fn signing_out_closes_the_sockets_and_nothing_passes_after_it() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "q", "a").await;
    let mut stays = ada.socket().await;
    stays.watch(&id).await;
    for round in 0..50 {
        let leaving = app.sign_in("ada").await;
        let mut socket = leaving.socket().await;
        socket.watch(&id).await;
        ada.ask(&id, "again").await;
        let call = app.next_call().await;
        call.text("before").await;
        socket.until("message.delta").await;
        let out = std::time::Instant::now();
        assert_eq!(leaving.post("/auth/logout", json!({})).await.status, 204);
        call.text("after").await;
        call.stop().await;
        loop {
            match socket.0.next().await {
                Some(Ok(Message::Close(Some(close)))) => break assert_eq!(u16::from(close.code), 4403),
                Some(Ok(Message::Text(text))) => assert!(!text.contains("after"), "{round}: {text}"),
                other => panic!("{round}: {other:?}"),
            }
        }
        assert!(out.elapsed() < Duration::from_secs(1), "{:?}", out.elapsed());
        stays.until("message.finished").await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_disabled_account_is_out_with_its_next_frame() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for change in ["UPDATE users SET is_active = FALSE", "UPDATE sessions SET ended_at = 1"] {
        app.execute("UPDATE users SET is_active = TRUE").await;
        let mut socket = ada.socket().await;
        app.execute(change).await;
        socket.say(json!({"type": "message", "message": "hi"})).await;
        assert_eq!(socket.closed().await, 4403, "{change}");
        let changed = Instant::now();
        while ada.get("/conversations").await.status != 401 {
            // The gate may remember for a second what nobody told this process of.
            assert!(changed.elapsed() < Duration::from_secs(2), "{change}");
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    app.stop().await;
}
