//! What goes wrong around an answer: a stopping server, a database that is away, clients that hang up.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use jarvis::lifecycle::Tasks;
use serde_json::json;
use sqlx::Executor;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{PATIENCE, TestApp};
use crate::talk::{answered, chat, conversation, empty_conversation, speak};

/// Reads a count until it is nought.
async fn none_left(app: &TestApp, count: &'static str) {
    let none = async { while app.count(count).await > 0 {} };
    tokio::time::timeout(PATIENCE, none).await.expect(count);
}

const RUNNING: &str = "SELECT COUNT(*) FROM messages WHERE status = 'streaming'";

#[tokio::test]
async fn a_server_that_stops_stores_what_had_come_as_interrupted() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    let asked = ada.post("/chat", json!({"message": "Tell me.", "conversation_id": id}));
    let stopping = async {
        let call = app.next_call().await;
        call.text("Once upon").await;
        socket.until("message.delta").await;
        assert_eq!(app.app.tasks.drain(Duration::from_millis(100)).await, 0);
        call.cancelled().await;
        assert_eq!(socket.closed().await, 1012);
    };
    let (reply, ()) = tokio::join!(asked, stopping);
    // Half an answer does not pass for a whole one.
    assert_eq!(reply.problem(), (502, "interrupted"));
    let stored = "SELECT COUNT(*) FROM messages
                   WHERE status = 'interrupted' AND LENGTH(content) = 49 + 9 AND finished_at IS NOT NULL";
    assert_eq!(app.count(stored).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn what_another_life_left_unfinished_can_be_tried_again() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "Tea?", "No.").await;
    app.execute("UPDATE messages SET status = 'streaming', finished_at = NULL WHERE role = 'assistant'")
        .await;
    assert_eq!(ada.ask(&id, "So?").await.problem(), (409, "run_in_progress"));
    assert_eq!(app.app.chats.recover().await.unwrap(), 1);
    let answer = ada.messages(&id).await.pop().unwrap();
    assert_eq!((&answer["status"], &answer["content"]), (&json!("interrupted"), &json!("No.")));
    let path = format!("/conversations/{id}/regenerate");
    let again = ada.post(&path, json!({}));
    assert_eq!(answered(&mut app, again, &["Yes."]).await.status, 202);
    none_left(&app, RUNNING).await;
    app.stop().await;
}

#[tokio::test]
async fn a_database_locked_by_another_process_is_said_to_be_unavailable() {
    let mut app = TestApp::start().await;
    if app.on_postgres() {
        return app.stop().await;
    }
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "q", "a").await;
    ada.ask(&id, "Tell me.").await;
    let call = app.next_call().await;
    let mut other = app.sqlite().await;
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    // What is only read goes on.
    assert_eq!(ada.messages(&id).await.len(), 4);
    let refused = ada.post("/chat", json!({"message": "And me?"})).await;
    assert_eq!(refused.problem(), (503, "unavailable"));
    assert!(refused.headers.contains_key("retry-after"));
    // Its model was asked while it was to be stored, and told that nobody wants to know any more.
    timeout(PATIENCE, app.next_call().await.cancelled()).await.unwrap();
    let events = ada.clone().with("accept", "text/event-stream");
    let refused = events.post("/chat", json!({"message": "And me?"})).await;
    assert_eq!(refused.problem(), (503, "unavailable"));
    timeout(PATIENCE, app.next_call().await.cancelled()).await.unwrap();
    // The answer ends meanwhile, and is kept until it can be stored.
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    speak(call, &["It is all there."]).await;
    socket.until("message.delta").await;
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(socket.until("message.finished").await["status"], "completed");
    assert_eq!(ada.messages(&id).await[3]["content"], "It is all there.");
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE LENGTH(content) = 49 + 7").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM conversations").await, 1);
    chat(&mut app, &ada, json!({"message": "And me?"}), &["You too."]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_question_that_cannot_be_stored_ends_as_failed_though_its_first_words_were_seen() {
    let mut app = TestApp::start().await;
    if app.on_postgres() {
        return app.stop().await;
    }
    let ada = app.ada().await;
    let mut other = app.sqlite().await;
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let watching = ada.clone().with("accept", "text/event-stream");
    let (reply, ()) = tokio::join!(watching.post("/chat", json!({"message": "Now?"})), async {
        let call = app.next_call().await;
        call.text("At once").await;
        timeout(PATIENCE, call.cancelled()).await.unwrap();
    });
    assert_eq!(reply.status, 200);
    assert!(reply.text.contains("At once") && reply.text.contains("not_stored"), "{}", reply.text);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM conversations").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    app.stop().await;
}

/// Passes connections on to PostgreSQL, until it is cut.
struct Line {
    address: SocketAddr,
    target: SocketAddr,
    tasks: Tasks,
    cut: CancellationToken,
}

impl Line {
    async fn to(target: SocketAddr, tasks: Tasks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = Self { address, target, tasks, cut: CancellationToken::new() };
        line.serve(listener);
        line
    }

    fn serve(&self, listener: TcpListener) {
        let (target, tasks, cut) = (self.target, self.tasks.clone(), self.cut.clone());
        self.tasks.spawn("line", async move {
            while let Some(Ok((mut near, _))) = cut.run_until_cancelled(listener.accept()).await {
                let cut = cut.clone();
                tasks.spawn("line", async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    let passing = tokio::io::copy_bidirectional(&mut near, &mut far);
                    drop(cut.run_until_cancelled(passing).await);
                });
            }
        });
    }

    /// The same address, working again.
    async fn mend(&mut self) {
        self.cut = CancellationToken::new();
        self.serve(TcpListener::bind(self.address).await.unwrap());
    }
}

#[tokio::test]
async fn a_postgresql_that_goes_away_and_comes_back_loses_nothing() {
    // Both have one database, and so one key.
    let key = ("ENCRYPTION_KEY", "6NVlSJKGRl62gOyG2G2ywBHLWWBXcsDiH+fgcETbwBY=");
    let home = TestApp::start_with(&[key]).await;
    let Some(mut url) = home.postgres_url() else { return home.stop().await };
    let target = SocketAddr::new("127.0.0.1".parse().unwrap(), url.port().unwrap());
    let mut line = Line::to(target, home.app.tasks.clone()).await;
    url.set_port(Some(line.address.port())).unwrap();
    let through = ("DATABASE_URL", url.as_str());
    let mut app = TestApp::start_with(&[key, through, ("DB_POOL_TIMEOUT", "1")]).await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "q", "a").await;
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    ada.ask(&id, "Tell me.").await;
    let call = app.next_call().await;
    line.cut.cancel();
    for refused in [ada.get("/conversations").await, ada.post("/chat", json!({"message": "hi"})).await] {
        assert_eq!(refused.problem(), (503, "unavailable"));
        assert!(refused.headers.contains_key("retry-after"));
    }
    // The answer goes on for who watches it, and its end waits until it can be stored.
    speak(call, &["It is all there."]).await;
    socket.until("message.delta").await;
    line.mend().await;
    assert_eq!(socket.until("message.finished").await["status"], "completed");
    assert_eq!(ada.messages(&id).await[3]["content"], "It is all there.");
    app.stop().await;
    home.stop().await;
}

#[tokio::test]
async fn who_hangs_up_finds_question_and_answer_later() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let mut socket = ada.socket().await;
    socket.watch(&id).await;
    for streams in [false, true] {
        let client = if streams { ada.clone().with("accept", "text/event-stream") } else { ada.clone() };
        let body = json!({"message": "Tell me.", "conversation_id": id});
        let call = tokio::select! {
            call = app.next_call() => call,
            // Given up as soon as the model is asked.
            never = async { client.post("/chat", body).await } => panic!("{never:?}"),
        };
        speak(call, &["Once upon ", "a time."]).await;
        socket.until("message.finished").await;
        let answer = ada.messages(&id).await.pop().unwrap();
        assert_eq!(
            (&answer["content"], &answer["status"]),
            (&json!("Once upon a time."), &json!("completed"))
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_requests_given_up_at_any_moment_leave_nothing_behind() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let (asking, mut script) =
        (ada.clone(), std::mem::replace(&mut app.script, jarvis_llm::scripted::ScriptedModel::new("x").1));
    let model = async {
        while let Some(call) = script.next_call().await {
            speak(call, &["Yes", "."]).await
        }
    };
    let hanging_up = async {
        for round in 0..20_u64 {
            let many = (0..10_u64).map(|n| {
                let patience = Duration::from_millis((round * 10 + n) * 61 % 200);
                let client = if n % 2 == 0 {
                    asking.clone()
                } else {
                    asking.clone().with("accept", "text/event-stream")
                };
                async move {
                    let asked = client.post("/chat", json!({"message": "Are you there?"}));
                    drop(tokio::time::timeout(patience, asked).await);
                }
            });
            join_all(many).await;
        }
        // As many as there are connections, and more: none of them is lost.
        let reads = join_all((0..40).map(|_| ada.get("/conversations?limit=200"))).await;
        assert!(reads.iter().all(|reply| reply.status == 200));
        assert_eq!(ada.post("/chat", json!({"message": "And now?"})).await.json["response"], "Yes.");
        none_left(&app, RUNNING).await;
    };
    tokio::select! {
        () = hanging_up => {}
        () = model => panic!("the model is gone"),
    }
    let half = "SELECT COUNT(*) FROM messages q LEFT JOIN messages a ON a.parent_id = q.id
                 WHERE q.role = 'user' AND (a.id IS NULL OR a.status <> 'completed' OR LENGTH(a.content) <> 49 + 4)";
    assert_eq!(app.count(half).await, 0);
    assert!(app.count("SELECT COUNT(*) FROM messages").await > 2);
    app.stop().await;
}
