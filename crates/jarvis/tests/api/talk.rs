//! What tests of conversations say again and again: asking, answering, watching.

use std::future::Future;

use jarvis_llm::scripted::Call;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, PATIENCE, Reply, Socket, TestApp};

/// Speaks one whole answer.
pub(crate) async fn speak(call: Call, pieces: &[&str]) {
    for piece in pieces {
        call.text(piece).await;
    }
    call.stop().await;
}

/// Waits for what was asked while the model answers with `pieces`.
pub(crate) async fn answered<T>(app: &mut TestApp, asked: impl Future<Output = T>, pieces: &[&str]) -> T {
    let model = async { speak(app.next_call().await, pieces).await };
    tokio::join!(asked, model).0
}

/// Asks by `POST /chat` and has it answered with `pieces`.
pub(crate) async fn chat(app: &mut TestApp, client: &Client, body: Value, pieces: &[&str]) -> Reply {
    let reply = answered(app, client.post("/chat", body), pieces).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

/// A conversation in which `question` was answered with `answer`: its id.
pub(crate) async fn conversation(app: &mut TestApp, client: &Client, question: &str, answer: &str) -> String {
    let reply = chat(app, client, json!({"message": question}), &[answer]).await;
    reply.json["conversation_id"].as_str().unwrap().to_owned()
}

/// A conversation without messages: its id.
pub(crate) async fn empty_conversation(client: &Client) -> String {
    let reply = client.post("/conversations", json!({})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.id()
}

impl Client {
    /// Asks in a conversation and does not wait for the answer.
    pub(crate) async fn ask(&self, conversation: &str, message: &str) -> Reply {
        self.post(&format!("/conversations/{conversation}/messages"), json!({"message": message})).await
    }

    /// The messages that are shown, oldest first.
    pub(crate) async fn messages(&self, conversation: &str) -> Vec<Value> {
        let reply = self.get(&format!("/conversations/{conversation}/messages")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json["items"].as_array().unwrap().clone()
    }

    /// Asks by `POST /chat` for the events.
    pub(crate) async fn stream(&self, body: Value) -> Events {
        let request = self.request(Method::POST, "/chat").header("accept", "text/event-stream").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { response, unread: String::new() }
    }
}

/// Server-sent events as they come.
pub(crate) struct Events {
    response: reqwest::Response,
    unread: String,
}

impl Events {
    /// The next event's name and data; None at the end.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (name, data) = event.split_once('\n').unwrap();
                let name = name.strip_prefix("event: ").unwrap().to_owned();
                let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                self.unread = rest.to_owned();
                return Some((name, data));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("nothing came");
            match chunk.unwrap() {
                Some(bytes) => self.unread.push_str(std::str::from_utf8(&bytes).unwrap()),
                None => {
                    assert_eq!(self.unread, "", "the stream ended in the middle of an event");
                    return None;
                }
            }
        }
    }

    /// Everything to the end.
    pub(crate) async fn all(mut self) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }
}

impl Socket {
    /// Says a message and reads on until it is accepted.
    pub(crate) async fn ask(&mut self, frame: Value) -> Value {
        self.say(frame).await;
        self.until("message.accepted").await
    }

    /// Watches a conversation, from now on.
    pub(crate) async fn watch(&mut self, conversation: &str) {
        self.say(json!({"type": "subscribe", "conversation_id": conversation})).await;
        self.until("subscribed").await;
    }

    /// The events of messages, up to the end of an answer.
    pub(crate) async fn answer(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let frame = self.next().await;
            assert_ne!(frame["type"], "error", "{frame}");
            let kind = frame["type"].as_str().unwrap();
            if !kind.starts_with("message.") {
                continue;
            }
            let last = kind == "message.finished";
            events.push(frame);
            if last {
                return events;
            }
        }
    }
}

/// The text that deltas amount to.
pub(crate) fn text(events: &[Value], field: &str) -> String {
    events.iter().filter(|event| event["type"] == "message.delta").filter_map(|e| e[field].as_str()).collect()
}

/// The `seq` of each, which must only grow.
pub(crate) fn numbers(events: &[Value]) -> Vec<u64> {
    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    numbers
}
