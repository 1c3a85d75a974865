//! The same thing sent again, and two things sent at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};
use crate::talk::{answered, chat, conversation, empty_conversation, speak};

/// More than there are database connections to spare.
const AT_ONCE: usize = 20;

async fn stored(app: &TestApp) -> (i64, i64, i64) {
    (
        app.count("SELECT COUNT(*) FROM conversations").await,
        app.count("SELECT COUNT(*) FROM messages").await,
        app.count("SELECT COUNT(*) FROM messages WHERE run_id IS NOT NULL").await,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_sent_twenty_times_at_once_is_asked_once() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    for round in 1..=10 {
        let ada = ada.clone().with("idempotency-key", &format!("key-{round}"));
        let asked = join_all((0..AT_ONCE).map(|_| ada.post("/chat", json!({"message": "Hello?"}))));
        let replies = answered(&mut app, asked, &["Yes", "."]).await;
        for reply in &replies {
            assert_eq!((reply.status, &reply.json), (200, &replies[0].json));
            assert_eq!(reply.json["response"], "Yes.");
        }
        // And once more when all is over.
        assert_eq!(ada.post("/chat", json!({"message": "Hello?"})).await.json, replies[0].json);
        assert_eq!(stored(&app).await, (round, 2 * round, round));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_client_id_sent_twenty_times_to_a_conversation_is_one_message() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let path = format!("/conversations/{id}/messages");
    let body = json!({"message": "Hello?", "client_id": "a-key"});
    let replies = join_all((0..AT_ONCE).map(|_| ada.post(&path, body.clone()))).await;
    for reply in &replies {
        assert_eq!((reply.status, &reply.json), (202, &replies[0].json), "{}", reply.text);
    }
    speak(app.next_call().await, &["Yes."]).await;
    let again = ada.post(&path, body).await;
    assert_eq!(again.json["message"], replies[0].json["message"]);
    assert_eq!(again.json["run"]["id"], replies[0].json["run"]["id"]);
    assert_eq!(stored(&app).await, (1, 2, 1));
    app.stop().await;
}

#[tokio::test]
async fn a_socket_that_repeats_itself_gets_the_same_message() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let frame = json!({"type": "message", "message": "Hello?", "client_id": "a-key"});
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(ada.socket().await);
    }
    let accepted = join_all(sockets.iter_mut().map(|socket| socket.ask(frame.clone()))).await;
    for one in &accepted {
        assert_eq!(one["client_id"], "a-key");
        assert_eq!(
            (&one["message"], &one["run"]["id"]),
            (&accepted[0]["message"], &accepted[0]["run"]["id"])
        );
    }
    speak(app.next_call().await, &["Yes."]).await;
    assert_eq!(stored(&app).await, (1, 2, 1));
    app.stop().await;
}

#[tokio::test]
async fn another_persons_key_is_another_key() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let [ada, bob] = [ada, bob].map(|client| client.with("idempotency-key", "the-same"));
    let hers = chat(&mut app, &ada, json!({"message": "Hers?"}), &["Ada's."]).await.json;
    let his = chat(&mut app, &bob, json!({"message": "His?"}), &["Bob's."]).await.json;
    assert_eq!((&hers["response"], &his["response"]), (&json!("Ada's."), &json!("Bob's.")));
    assert_ne!(hers["conversation_id"], his["conversation_id"]);
    app.stop().await;
}

#[tokio::test]
async fn a_repeat_does_not_wait_for_a_later_answer() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let keyed = ada.clone().with("idempotency-key", "first");
    let first = chat(&mut app, &keyed, json!({"message": "One?"}), &["One."]).await.json;
    ada.ask(first["conversation_id"].as_str().unwrap(), "Two?").await;
    let call = app.next_call().await;
    // The second answer has not ended, and the model says nothing until this is here.
    assert_eq!(keyed.post("/chat", json!({"message": "One?"})).await.json["response"], "One.");
    speak(call, &["Two."]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_key_has_visible_characters() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    for key in ["", " ", "a b", "é", "a\u{7}", &"k".repeat(101)] {
        let body = json!({"message": "hi", "client_id": key});
        let refused = ada.post(&format!("/conversations/{id}/messages"), body.clone()).await;
        assert_eq!(refused.problem(), (422, "invalid"), "{key:?}");
        assert_eq!(refused.json["errors"][0]["field"], "client_id");
        let mut socket = ada.socket().await;
        socket.say(json!({"type": "message", "message": "hi", "client_id": key})).await;
        assert_eq!(socket.refusal().await["errors"][0]["field"], "client_id");
    }
    let refused = ada.with("idempotency-key", "a b").post("/chat", json!({"message": "hi"})).await;
    assert_eq!(refused.problem(), (422, "invalid"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_questions_sent_at_once_exactly_one_is_accepted() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "First?", "First.").await;
    for round in 0..5 {
        let texts: Vec<String> = (0..8).map(|n| format!("question {round}-{n}")).collect();
        let replies = join_all(texts.iter().map(|text| ada.ask(&id, text))).await;
        let (accepted, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 202);
        assert_eq!((accepted.len(), refused.len()), (1, 7));
        for reply in refused {
            assert_eq!(reply.problem(), (409, "run_in_progress"));
        }
        assert_eq!(ada.post("/chat", json!({"message": "me too", "conversation_id": id})).await.status, 409);
        let call = app.next_call().await;
        let asked = call.request().messages.last().unwrap().content.clone();
        assert_eq!(accepted[0].json["message"]["content"], asked);
        let mut socket = ada.socket().await;
        socket.watch(&id).await;
        speak(call, &[&asked, "!"]).await;
        socket.until("message.finished").await;
    }
    let messages = ada.messages(&id).await;
    assert_eq!(messages.len(), 12);
    for (pair, parent) in messages.chunks(2).zip(std::iter::once(None).chain(messages.chunks(2).map(Some))) {
        let below = parent.map_or(Value::Null, |before| before[1]["id"].clone());
        assert_eq!((&pair[0]["parent_id"], &pair[1]["parent_id"]), (&below, &pair[0]["id"]));
    }
    for pair in messages.chunks(2).skip(1) {
        assert_eq!(pair[1]["content"], format!("{}!", pair[0]["content"].as_str().unwrap()));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_next_question_may_follow_the_end_at_once() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let ask = async |ada: &Client, n: usize| loop {
        let reply = ada.post("/chat", json!({"message": format!("{n}?"), "conversation_id": id})).await;
        // Refused until the end of the answer before is stored; then the very next moment counts.
        if reply.status != 409 {
            return reply;
        }
    };
    for n in (0..40).step_by(2) {
        let asked = async { tokio::join!(ask(&ada, n), ask(&ada, n + 1)) };
        let model = async {
            for _ in 0..2 {
                let call = app.next_call().await;
                let question = call.request().messages.last().unwrap().content.clone();
                speak(call, &[&question]).await;
            }
        };
        let ((first, second), ()) = tokio::join!(asked, model);
        assert_eq!(first.json["response"], format!("{n}?"), "{}", first.text);
        assert_eq!(second.json["response"], format!("{}?", n + 1), "{}", second.text);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE status <> 'completed'").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn one_person_has_a_hundred_answers_written_at_once_however_fast_they_ask() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let conversations = join_all((0..110).map(|_| empty_conversation(&ada))).await;
    let asked = conversations.iter().map(|id| {
        let (ada, path) = (ada.clone(), format!("/conversations/{id}/messages"));
        async move { ada.post(&path, json!({"message": "Hello?"})).await.status }
    });
    let statuses = join_all(asked).await;
    let counted = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((counted(202), counted(429)), (100, 10), "{statuses:?}");
    app.stop().await;
}
