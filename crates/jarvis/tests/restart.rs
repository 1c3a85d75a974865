//! The real program, killed in the middle of an answer and started again; beside it a model server that a test drives by hand.

#![cfg(test)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sqlx::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// No answer in this time is a hang.
const PATIENCE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "lantern orchard winter 42";

/// A model server that speaks as Ollama does.
struct Ollama(TcpListener);

/// One answer being written, as lines of JSON.
struct Answer(TcpStream);

impl Ollama {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// Answers what is asked about models, until a chat comes.
    async fn next_chat(&self) -> Answer {
        loop {
            let (mut stream, _) = self.0.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            let body = match request.split(' ').nth(1).unwrap() {
                "/api/tags" => json!({"models": [{"name": "small:1b"}]}),
                "/api/show" => json!({"model_info": {}}),
                "/api/version" => json!({"version": "0.0.0"}),
                "/api/chat" => {
                    let head =
                        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n";
                    stream.write_all(head.as_bytes()).await.unwrap();
                    return Answer(stream);
                }
                other => panic!("{other}"),
            };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    }
}

impl Answer {
    async fn say(&mut self, text: &str) {
        let line = json!({"message": {"role": "assistant", "content": text}, "done": false});
        self.0.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn finish(mut self) {
        let line =
            json!({"message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop"});
        self.0.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
}

/// The head of a request, once its whole body is here as well.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "a request was cut short");
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return head.to_owned();
        }
    }
}

/// The program. Killed when dropped.
struct Jarvis {
    process: Child,
    base: String,
    http: reqwest::Client,
}

impl Drop for Jarvis {
    fn drop(&mut self) {
        // SIGKILL: no chance to store anything. It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn program(folder: &Path, ollama: &Ollama) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jarvis"));
    let model = format!("http://{}", ollama.0.local_addr().unwrap());
    command.env_clear().current_dir(folder).env("OLLAMA_BASE_URL", model).env("BIND", "127.0.0.1:0");
    command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::piped());
    command
}

impl Jarvis {
    fn start(folder: &Path, ollama: &Ollama) -> Self {
        let mut process = program(folder, ollama).arg("serve").spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = output
            .find_map(|line| line.unwrap().split_once("Jarvis is ready: ").map(|(_, url)| url.to_owned()));
        Self {
            process,
            base: ready.expect("it did not start"),
            http: reqwest::Client::builder().build().unwrap(),
        }
    }

    async fn sign_in(&self) -> String {
        let body = json!({"username": "ada", "password": PASSWORD});
        let reply = self.http.post(format!("{}/auth/login", self.base)).json(&body).send().await.unwrap();
        let json: Value = reply.json().await.unwrap();
        json["access_token"].as_str().unwrap().to_owned()
    }

    async fn messages(&self, token: &str, id: &str) -> Value {
        let path = format!("{}/conversations/{id}/messages", self.base);
        self.http.get(path).bearer_auth(token).send().await.unwrap().json().await.unwrap()
    }

    async fn socket(
        &self,
        token: &str,
    ) -> tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>> {
        let mut request =
            format!("{}/ws", self.base.replace("http://", "ws://")).into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        tokio_tungstenite::connect_async(request).await.unwrap().0
    }
}

/// Reads frames until one of this type.
async fn until<S>(socket: &mut S, kind: &str) -> Value
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        if let Message::Text(text) = socket.next().await.expect("the socket ended").unwrap() {
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}

/// Bytes of the answer that are on the disk. It is sealed: a record of none has 49.
async fn stored_bytes(folder: &Path) -> i64 {
    let url = format!("sqlite://{}/data/jarvis.db?mode=ro", folder.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let query = "SELECT LENGTH(content) - 49 FROM messages WHERE role = 'assistant'";
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn a_killed_server_loses_at_most_the_last_second_of_an_answer() {
    let whole = tokio::time::timeout(PATIENCE, killed_and_started_again());
    whole.await.expect("something hangs");
}

async fn killed_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ollama = Ollama::start().await;
    let arguments = ["user", "add", "--username", "ada", "--email", "ada@example.org", "--password-stdin"];
    let mut adding = program(folder, &ollama).args(arguments).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(adding.wait().unwrap().success());

    let jarvis = Jarvis::start(folder, &ollama);
    let token = jarvis.sign_in().await;
    let mut socket = jarvis.socket(&token).await;
    socket.send(Message::text(r#"{"message": "Tell me."}"#)).await.unwrap();
    let mut answer = ollama.next_chat().await;
    let id = until(&mut socket, "message.accepted").await["conversation"]["id"].as_str().unwrap().to_owned();
    answer.say("Once upon a time ").await;
    until(&mut socket, "message.delta").await;
    // About a second later it is on the disk.
    while stored_bytes(folder).await == 0 {}
    answer.say("there was").await;
    let cursor = until(&mut socket, "message.delta").await["seq"].clone();
    drop(jarvis);

    let jarvis = Jarvis::start(folder, &ollama);
    // The session outlives the process, and so does the key that signed its token.
    let page = jarvis.messages(&token, &id).await;
    let message = &page["items"][1];
    assert_eq!((&message["status"], page["items"].as_array().unwrap().len()), (&json!("interrupted"), 2));
    let kept = message["content"].as_str().unwrap();
    assert!(
        kept.starts_with("Once upon a time ") && "Once upon a time there was".starts_with(kept),
        "{kept}"
    );
    // A cursor of the life before is known to be one.
    let mut socket = jarvis.socket(&token).await;
    let subscribe = json!({"type": "subscribe", "conversation_id": id, "after_seq": cursor});
    socket.send(Message::text(subscribe.to_string())).await.unwrap();
    assert_eq!(until(&mut socket, "resync").await["conversation_id"], id);
    let subscribe = json!({"type": "subscribe", "conversation_id": id, "after_seq": page["seq"]});
    socket.send(Message::text(subscribe.to_string())).await.unwrap();
    until(&mut socket, "subscribed").await;
    // And the question can be answered again.
    let path = format!("{}/conversations/{id}/regenerate", jarvis.base);
    let again = jarvis.http.post(path).bearer_auth(&token).json(&json!({})).send();
    let (again, mut answer) = tokio::join!(again, ollama.next_chat());
    assert_eq!(again.unwrap().status(), 202);
    answer.say("Once upon a time there was a lantern.").await;
    answer.finish().await;
    let finished = until(&mut socket, "message.finished").await;
    assert_eq!(
        (&finished["status"], &finished["content"]),
        (&json!("completed"), &json!("Once upon a time there was a lantern."))
    );
}

#[tokio::test]
async fn an_answer_is_stopped_even_before_its_model_server_has_said_anything() {
    let whole = tokio::time::timeout(PATIENCE, stopped_early());
    whole.await.expect("something hangs");
}

async fn stopped_early() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ollama = Ollama::start().await;
    let arguments = ["user", "add", "--username", "ada", "--email", "ada@example.org", "--password-stdin"];
    let mut adding = program(folder, &ollama).args(arguments).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(adding.wait().unwrap().success());
    let jarvis = Jarvis::start(folder, &ollama);
    let token = jarvis.sign_in().await;
    let mut socket = jarvis.socket(&token).await;
    socket.send(Message::text(r#"{"message": "Tell me."}"#)).await.unwrap();
    // Asked for its list it answers; asked about the model, or to answer, it is silent. Either may come first.
    let mut silent = Vec::new();
    loop {
        let (mut stream, _) = ollama.0.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        if !request.contains("/api/tags") {
            silent.push(stream);
            if request.contains("/api/chat") {
                break;
            }
            continue;
        }
        let body = json!({"models": [{"name": "small:1b"}]}).to_string();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    }
    let id = until(&mut socket, "message.accepted").await["conversation"]["id"].clone();
    let asked = std::time::Instant::now();
    let stop = json!({"type": "stop", "conversation_id": id});
    socket.send(Message::text(stop.to_string())).await.unwrap();
    let finished = until(&mut socket, "message.finished").await;
    assert_eq!(finished["status"], "stopped");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    drop(silent);
}
