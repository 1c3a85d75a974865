//! What is sealed at rest, and what becomes of it in the hands of whoever can write to the database.

mod damage;
mod keys;
mod places;
mod rotation;
mod traces;

use serde_json::{Value, json};
use sqlx::Connection;
use uuid::Uuid;

use crate::support::{Client, TestApp};
use crate::talk::{answered, speak};

/// One sealed value in the database.
#[derive(Clone, Copy)]
struct Cell {
    table: &'static str,
    column: &'static str,
    /// The column that names the row.
    key: &'static str,
    row: Uuid,
}

impl Cell {
    fn of_message(column: &'static str, id: &Value) -> Self {
        Self { table: "messages", column, key: "id", row: id.as_str().unwrap().parse().unwrap() }
    }

    fn title(conversation: &str) -> Self {
        Self { table: "conversations", column: "title", key: "id", row: conversation.parse().unwrap() }
    }

    async fn key_of(client: &Client) -> Self {
        Self { table: "user_keys", column: "key", key: "user_id", row: user(client).await }
    }

    async fn read(self, app: &TestApp) -> Option<Vec<u8>> {
        let Self { table, column, key, row } = self;
        let sql = sqlx::AssertSqlSafe(format!("SELECT {column} FROM {table} WHERE {key} = $1"));
        match app.postgres_url() {
            None => sqlx::query_scalar(sql).bind(row).fetch_one(&mut app.sqlite().await).await.unwrap(),
            Some(url) => {
                let mut connection = sqlx::PgConnection::connect(url.as_str()).await.unwrap();
                sqlx::query_scalar(sql).bind(row).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    async fn write(self, app: &TestApp, value: Option<&[u8]>) {
        let Self { table, column, key, row } = self;
        let sql = sqlx::AssertSqlSafe(format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2"));
        let changed = match app.postgres_url() {
            None => {
                let query = sqlx::query(sql).bind(value).bind(row);
                query.execute(&mut app.sqlite().await).await.unwrap().rows_affected()
            }
            Some(url) => {
                let mut connection = sqlx::PgConnection::connect(url.as_str()).await.unwrap();
                let query = sqlx::query(sql).bind(value).bind(row);
                query.execute(&mut connection).await.unwrap().rows_affected()
            }
        };
        assert_eq!(changed, 1);
    }

    async fn flip(self, app: &TestApp, byte: usize) {
        let mut record = self.read(app).await.unwrap();
        record[byte] ^= 1;
        self.write(app, Some(&record)).await;
    }

    async fn swap(self, app: &TestApp, other: Self) {
        let (one, two) = (self.read(app).await, other.read(app).await);
        self.write(app, two.as_deref()).await;
        other.write(app, one.as_deref()).await;
    }
}

async fn user(client: &Client) -> Uuid {
    client.get("/auth/me").await.json["id"].as_str().unwrap().parse().unwrap()
}

/// Changes a row by SQL that both databases speak, but for how they write an id: `{}` stands for one each.
async fn change(app: &TestApp, sql: &str, ids: &[&Value]) {
    let mut sql = sql.to_owned();
    for id in ids {
        let id: Uuid = id.as_str().unwrap().parse().unwrap();
        let literal = if app.on_postgres() { format!("'{id}'") } else { format!("X'{}'", id.simple()) };
        sql = sql.replacen("{}", &literal, 1);
    }
    app.execute(sql.leak()).await;
}

/// A question, and an answer that was thought about.
async fn turn(app: &mut TestApp, client: &Client, conversation: Option<&str>, words: [&str; 3]) -> String {
    let [question, thinking, answer] = words;
    let mut body = json!({"message": question});
    if let Some(id) = conversation {
        body["conversation_id"] = json!(id);
    }
    let asked = client.post("/chat", body);
    let model = async {
        let call = app.next_call().await;
        call.thinking(thinking).await;
        speak(call, &[answer]).await;
    };
    let (reply, ()) = tokio::join!(asked, model);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["conversation_id"].as_str().unwrap().to_owned()
}

/// Two turns of one conversation.
async fn two_turns(app: &mut TestApp, client: &Client) -> String {
    let id = turn(app, client, None, ["Is it raining?", "I look outside.", "It pours."]).await;
    turn(app, client, Some(&id), ["And now?", "I look again.", "It stopped."]).await;
    id
}

/// Which of the messages are damaged; those have no text, and the others all of theirs.
async fn damaged(client: &Client, id: &str) -> Vec<usize> {
    let texts = ["Is it raining?", "It pours.", "And now?", "It stopped."];
    let messages = client.messages(id).await;
    assert_eq!(messages.len(), 4);
    let is_damaged = |at: usize| {
        let message = &messages[at];
        let damaged = message["damaged"].as_bool().unwrap();
        assert_eq!(message["content"], if damaged { "" } else { texts[at] }, "{message}");
        let thought = at % 2 == 1 && !damaged;
        assert_eq!(message["thinking"].is_string(), thought, "{message}");
        damaged
    };
    (0..4).filter(|at| is_damaged(*at)).collect()
}

/// What the model is sent after its system prompt, when somebody asks one more thing.
async fn sent(app: &mut TestApp, client: &Client, id: &str) -> Vec<String> {
    let reply = client.ask(id, "So?").await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let call = app.next_call().await;
    let said = call.request().messages.iter().skip(1).map(|message| message.content.clone()).collect();
    let mut socket = client.socket().await;
    socket.watch(id).await;
    speak(call, &["So."]).await;
    socket.until("message.finished").await;
    said
}

/// Answers the last question again.
async fn regenerate(app: &mut TestApp, client: &Client, id: &str) -> Value {
    let mut socket = client.socket().await;
    socket.watch(id).await;
    let path = format!("/conversations/{id}/regenerate");
    let reply = answered(app, client.post(&path, json!({})), &["Once more."]).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    socket.until("message.finished").await["message"].clone()
}
