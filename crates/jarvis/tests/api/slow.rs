//! Readers who do not read.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use crate::support::{Client, PATIENCE, Socket, TestApp};
use crate::talk::{empty_conversation, speak};

const PIECES: usize = 5_000;
/// Longer than the server waits for a client to take what it is sent.
const TOO_LONG: Duration = Duration::from_secs(21);

/// A socket whose system keeps next to nothing that is not read.
async fn narrow_socket(app: &TestApp, client: &Client) -> Socket {
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(2048).unwrap();
    let stream = tcp.connect(app.address).await.unwrap();
    let mut request = format!("ws://{}/ws", app.address).into_client_request().unwrap();
    let bearer = format!("Bearer {}", client.token.as_deref().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    Socket(client_async(request, MaybeTlsStream::Plain(stream)).await.unwrap().0)
}

/// Reads an answer as the page does: what is missed is loaded again.
async fn read_on(ada: &Client, socket: &mut Socket, id: &str) -> String {
    let (mut content, mut last) = (String::new(), 0);
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str().unwrap() {
            "message.delta" if frame["seq"].as_u64().unwrap() > last => {
                content.push_str(frame["content"].as_str().unwrap());
                last = frame["seq"].as_u64().unwrap();
            }
            "resync" => {
                let page = ada.get(&format!("/conversations/{id}/messages")).await.json;
                let message = page["items"].as_array().unwrap().last().unwrap();
                content = message["content"].as_str().unwrap().to_owned();
                if message["status"] != "streaming" {
                    return content;
                }
                let frame = json!({"type": "subscribe", "conversation_id": id, "after_seq": page["seq"]});
                socket.say(frame).await;
            }
            "message.finished" => return content,
            other => assert!(!other.contains("error"), "{frame}"),
        }
    }
}

#[tokio::test]
async fn a_reader_who_does_not_read_delays_nobody_and_is_let_go() {
    let mut app = TestApp::start_with(&[("WS_MAX_PER_USER", "2")]).await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let mut stuck = narrow_socket(&app, &ada).await;
    stuck.next().await;
    stuck.watch(&id).await;
    let mut reader = ada.socket().await;
    reader.watch(&id).await;
    ada.ask(&id, "Tell me everything.").await;
    let call = app.next_call().await;
    let piece = format!("{} ", "x".repeat(1023));
    let model = async {
        for _ in 0..PIECES {
            assert!(call.text(&piece).await);
        }
        call.stop().await;
    };
    let both = async { tokio::join!(read_on(&ada, &mut reader, &id), model) };
    let (content, ()) = tokio::time::timeout(PATIENCE, both).await.expect("the answer was held up");
    assert_eq!(content.len(), PIECES * 1024);
    assert!(content == piece.repeat(PIECES));

    // Both places are taken, until the server has waited long enough.
    assert_eq!(ada.raw_socket().await.closed().await, 4429);
    tokio::time::pause();
    tokio::time::advance(TOO_LONG).await;
    tokio::time::resume();
    let taken =
        async { while matches!(ada.raw_socket().await.0.next().await, Some(Ok(Message::Close(_)))) {} };
    tokio::time::timeout(PATIENCE, taken).await.expect("the reader who does not read keeps its place");
    app.stop().await;
}

#[tokio::test]
async fn signing_out_lets_go_even_of_who_does_not_read() {
    let mut app = TestApp::start_with(&[("WS_MAX_PER_USER", "1")]).await;
    let ada = app.ada().await;
    let leaving = app.sign_in("ada").await;
    let id = empty_conversation(&ada).await;
    let mut stuck = narrow_socket(&app, &leaving).await;
    stuck.next().await;
    stuck.watch(&id).await;
    ada.ask(&id, "Tell me everything.").await;
    let call = app.next_call().await;
    let piece = "x".repeat(4096);
    for _ in 0..PIECES {
        call.text(&piece).await;
    }
    call.stop().await;
    assert_eq!(leaving.post("/auth/logout", json!({})).await.status, 204);
    let taken =
        async { while matches!(ada.raw_socket().await.0.next().await, Some(Ok(Message::Close(_)))) {} };
    tokio::time::timeout(Duration::from_secs(2), taken)
        .await
        .expect("the session is over, the socket is not");
    app.stop().await;
}

#[tokio::test]
async fn an_answer_longer_than_what_is_kept_is_loaded_again_by_who_comes_late() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": "Tell me everything."})).await;
    let id = accepted["conversation"]["id"].as_str().unwrap().to_owned();
    let call = app.next_call().await;
    let started = socket.until("message.started").await;
    let piece = "x".repeat(4096);
    for _ in 0..200 {
        call.text(&piece).await;
        socket.until("message.delta").await;
    }
    let mut late = ada.socket().await;
    late.say(json!({"type": "subscribe", "conversation_id": id, "after_seq": started["seq"]})).await;
    let (content, _) = tokio::join!(read_on(&ada, &mut late, &id), speak(call, &["the end"]));
    assert!(content == piece.repeat(200) + "the end");
    // Who was there all the time gets the end itself, although it is larger than all that is kept.
    assert_eq!(socket.until("message.finished").await["content"], content);
    app.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_read_too_slowly_says_so() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut stream = ada.stream(json!({"message": "Tell me everything."})).await;
    let call = app.next_call().await;
    let (name, started): (String, Value) = stream.next().await.unwrap();
    assert_eq!(name, "message.started");
    let piece = "x".repeat(4096);
    for _ in 0..PIECES / 2 {
        call.text(&piece).await;
    }
    call.stop().await;
    let last = stream.all().await.pop().unwrap();
    let id = &started["conversation_id"];
    assert_eq!(last, ("resync".to_owned(), json!({"type": "resync", "conversation_id": id})));
    let whole = ada.messages(id.as_str().unwrap()).await.pop().unwrap();
    assert_eq!(whole["content"].as_str().unwrap().len(), PIECES / 2 * 4096);
    app.stop().await;
}
