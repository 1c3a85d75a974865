//! Sockets while the database is away: nothing is allowed on a guess, and nothing stays open on one.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{PATIENCE, Socket, TestApp};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// Lets half a minute pass for the server.
async fn pass() {
    tokio::time::pause();
    tokio::time::advance(HALF_A_MINUTE).await;
    tokio::time::resume();
}

/// The next frame, of any kind.
async fn next(socket: &mut Socket) -> Option<Message> {
    let frame = tokio::time::timeout(PATIENCE, socket.0.next()).await.expect("nothing came");
    frame.and_then(Result::ok)
}

/// Waits for the server's ping and answers it, so that the socket counts as alive.
async fn answers_ping(socket: &mut Socket) {
    assert!(matches!(next(socket).await, Some(Message::Ping(_))));
    socket.0.flush().await.unwrap();
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.next().await["type"], "pong");
}

#[tokio::test]
async fn a_socket_is_let_go_when_nothing_says_for_half_a_minute_whether_its_session_lives() {
    let app = TestApp::start().await;
    let mut socket = app.ada().await.socket().await;
    app.execute("ALTER TABLE sessions RENAME TO away").await;
    socket.say(json!({"type": "message", "message": "hello"})).await;
    let refused = socket.refusal().await;
    assert_ne!(refused["code"], "unauthenticated", "{refused}");
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    pass().await;
    answers_ping(&mut socket).await;
    pass().await;
    assert_eq!(socket.closed().await, 1012);
    app.execute("ALTER TABLE away RENAME TO sessions").await;
    app.stop().await;
}

#[tokio::test]
async fn a_database_that_comes_back_in_time_costs_no_socket() {
    let app = TestApp::start().await;
    let mut socket = app.ada().await.socket().await;
    app.execute("ALTER TABLE sessions RENAME TO away").await;
    pass().await;
    answers_ping(&mut socket).await;
    app.execute("ALTER TABLE away RENAME TO sessions").await;
    for _ in 0..3 {
        pass().await;
        answers_ping(&mut socket).await;
    }
    app.stop().await;
}
