//! What cannot be a message, by every way in.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp};
use crate::talk::{answered, chat, empty_conversation, speak};

/// A letter of two bytes: characters are counted, not bytes.
const LETTER: &str = "é";

/// Says it by `POST /chat`, as a stream, to a conversation and on the socket: the problem of each.
pub(crate) async fn everywhere(app: &TestApp, client: &Client, body: &Value) -> Vec<Value> {
    let id = empty_conversation(client).await;
    let stream = client.clone().with("accept", "text/event-stream");
    let mut problems = Vec::new();
    let path = format!("/conversations/{id}/messages");
    for (client, path) in [(client, "/chat"), (&stream, "/chat"), (client, path.as_str())] {
        let reply = client.post(path, body.clone()).await;
        assert!(matches!(reply.problem().0, 400 | 422), "{path} {body}: {}", reply.text);
        problems.push(reply.json);
    }
    let mut socket = client.socket().await;
    let mut frame = body.clone();
    if let Some(fields) = frame.as_object_mut() {
        fields.insert("type".to_owned(), json!("message"));
    }
    socket.say(frame).await;
    let refused = socket.refusal().await;
    assert_eq!(refused["type"], "error", "{body}: {refused}");
    assert!(refused["request_id"].is_string());
    problems.push(refused);
    // The connection goes on.
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.next().await["type"], "pong");
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    problems
}

#[tokio::test]
async fn a_text_that_does_not_fit_is_refused_by_every_way_in_alike() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let long = LETTER.repeat(10_001);
    let texts = [
        ("", "message_empty"),
        (" \n\t\u{a0}\u{3000} ", "message_empty"),
        ("a\0b", "message_nul"),
        (&long, "message_too_long"),
    ];
    for (text, code) in texts {
        for problem in everywhere(&app, &ada, &json!({"message": text})).await {
            assert_eq!(problem["code"], "invalid");
            let fault = &problem["errors"][0];
            assert_eq!((&fault["field"], &fault["code"]), (&json!("message"), &json!(code)));
            assert!(problem.to_string().len() < 1000);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_text_of_exactly_ten_thousand_characters_fits_by_every_way_in() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    // Four bytes a character; what surrounds it does not count.
    let text = "🎉".repeat(10_000);
    let padded = format!("\n  {text}  \n");
    let reply = chat(&mut app, &ada, json!({"message": padded}), &["ok"]).await;
    let id = reply.json["conversation_id"].as_str().unwrap();
    assert_eq!(ada.messages(id).await[0]["content"], text);
    let events =
        answered(&mut app, async { ada.stream(json!({"message": padded})).await.all().await }, &["ok"]);
    assert_eq!(events.await.last().unwrap().0, "message.finished");
    assert_eq!(ada.ask(&empty_conversation(&ada).await, &padded).await.status, 202);
    speak(app.next_call().await, &["ok"]).await;
    let mut socket = ada.socket().await;
    // On the socket a frame may have 64 KiB, so a text of two bytes a character is the fair one.
    let accepted = socket.ask(json!({"type": "message", "message": LETTER.repeat(10_000)})).await;
    assert_eq!(accepted["message"]["content"], LETTER.repeat(10_000));
    speak(app.next_call().await, &["ok"]).await;
    app.stop().await;
}

#[tokio::test]
async fn what_has_another_shape_is_refused_by_every_way_in() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let bodies = [
        json!({}),
        json!({"message": null}),
        json!({"message": 1}),
        json!({"message": true}),
        json!({"message": ["hi"]}),
        json!({"message": {"text": "hi"}}),
        json!({"message": "hi", "model": 7}),
        json!({"message": "hi", "model": ["a"]}),
        json!({"message": "hi", "conversation_id": 7}),
        json!({"message": "hi", "conversation_id": "1"}),
        json!({"message": "hi", "conversation_id": "' OR 1=1 --"}),
        json!({"message": "hi", "role": "system"}),
        json!({"message": "hi", "messages": []}),
        json!([]),
        json!("hi"),
        json!(null),
        json!(12),
    ];
    for body in bodies {
        for problem in everywhere(&app, &ada, &body).await {
            assert_eq!(problem["code"], "invalid", "{body}: {problem}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let post = async |path: &str, kind: &str, body: Vec<u8>| -> Reply {
        Client::send(ada.request(Method::POST, path).header("content-type", kind).body(body)).await
    };
    let messages = format!("/conversations/{id}/messages");
    for path in ["/chat", messages.as_str()] {
        for body in
            [&b""[..], b"{", b"{\"message\": \"a\"", b"{'message': 'a'}", b"{\"message\": \"\xff\"}", b"nan"]
        {
            assert_eq!(
                post(path, "application/json", body.to_vec()).await.problem(),
                (400, "malformed_json")
            );
        }
        let body = b"{\"message\": \"hi\"}".to_vec();
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            assert_eq!(post(path, kind, body.clone()).await.problem(), (415, "unsupported_media_type"));
        }
        let deep = "[".repeat(50_000).into_bytes();
        assert_eq!(post(path, "application/json", deep).await.status / 100, 4);
        let huge = format!("{{\"message\": \"{}\"}}", "a".repeat(300_000)).into_bytes();
        assert_eq!(post(path, "application/json", huge).await.problem(), (413, "payload_too_large"));
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn an_array_does_not_pass_for_an_object() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for (path, body) in [
        ("/chat", json!(["hi", null, null, null])),
        ("/conversations", json!([])),
        ("/auth/login", json!(["ada", "lantern orchard winter 42"])),
    ] {
        assert_eq!(ada.post(path, body).await.problem(), (422, "invalid"), "{path}");
    }
    app.stop().await;
}
