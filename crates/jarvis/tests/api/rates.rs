//! How often one may ask: what is counted, whose allowance it is, and what is told about it.

mod returning;
mod socket;

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{Client, Reply, TestApp};
use crate::talk::{answered, chat, conversation, empty_conversation, speak};

/// Settings with limits on, and these numbers.
fn limits<'a>(messages: &'a str, requests: &'a str, anonymous: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("RATE_LIMIT_ENABLED", "true"),
        ("RATE_LIMIT_PER_MINUTE", messages),
        ("RATE_LIMIT_API_PER_MINUTE", requests),
        ("RATE_LIMIT_ANONYMOUS_PER_MINUTE", anonymous),
    ]
}

/// Limit, remaining and reset.
fn told(reply: &Reply) -> [u64; 3] {
    ["limit", "remaining", "reset"]
        .map(|name| reply.headers[format!("x-rate-limit-{name}")].to_str().unwrap().parse().unwrap())
}

/// Waits for the end of an answer, which comes after its last word.
async fn settled(client: &Client, conversation: &str) {
    let path = format!("/conversations/{conversation}");
    while client.get(&path).await.json["running"] == true {
        tokio::task::yield_now().await;
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.get(name).map_or("-", |value| value.to_str().unwrap())
}

fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

#[tokio::test]
async fn of_a_thousand_messages_at_once_exactly_as_many_pass_as_are_allowed() {
    let mut app = TestApp::start_with(&limits("10", "100000", "100000")).await;
    let ada = app.ada().await;
    let asked = async { join_all((0..1_000).map(|_| ada.post("/chat", json!({"message": "Hi"})))).await };
    let model = async {
        for _ in 0..10 {
            speak(app.next_call().await, &["Hello."]).await;
        }
    };
    let (replies, ()) = tokio::join!(asked, model);
    assert_eq!((count(&replies, 200), count(&replies, 429)), (10, 990));
    assert_eq!(app.count("SELECT COUNT(*) FROM messages WHERE role = 'user'").await, 10);
    app.stop().await;
}

#[tokio::test]
async fn of_a_thousand_requests_at_once_exactly_as_many_pass_as_are_allowed() {
    let app = TestApp::start_with(&limits("10", "77", "50")).await;
    let ada = app.ada().await;
    let replies = join_all((0..1_000).map(|_| ada.get("/auth/me"))).await;
    assert_eq!((count(&replies, 200), count(&replies, 429)), (77, 923));
    // Another address than the one that signed in.
    let stranger = app.stranger().from("127.1.7.1");
    let replies = join_all((0..1_000).map(|_| stranger.get("/auth/setup"))).await;
    assert_eq!((count(&replies, 200), count(&replies, 429)), (50, 950));
    app.stop().await;
}

#[tokio::test]
async fn every_way_to_ask_takes_from_the_same_allowance() {
    let mut app = TestApp::start_with(&limits("5", "100000", "120")).await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "one", "a").await;
    let asked = answered(&mut app, ada.ask(&id, "two"), &["b"]).await;
    assert_eq!((asked.status, told(&asked)), (202, [5, 3, 24]));
    settled(&ada, &id).await;
    let path = format!("/conversations/{id}/regenerate");
    let again = ada.post(&path, json!({}));
    let again = answered(&mut app, again, &["c"]).await;
    assert_eq!((again.status, told(&again)), (202, [5, 2, 36]));
    let mut socket = ada.socket().await;
    socket.say(json!({"type": "message", "message": "four"})).await;
    socket.until("message.accepted").await;
    speak(app.next_call().await, &["d"]).await;
    let streamed = ada.request(Method::POST, "/chat").header("accept", "text/event-stream");
    let streamed = Client::send(streamed.json(&json!({"message": "five"})));
    let streamed = answered(&mut app, streamed, &["e"]).await;
    assert_eq!((streamed.status, told(&streamed)), (200, [5, 0, 60]));
    settled(&ada, &id).await;
    for refused in [
        ada.post("/chat", json!({"message": "six"})).await,
        ada.ask(&id, "six").await,
        ada.post(&format!("/conversations/{id}/regenerate"), json!({})).await,
    ] {
        assert_eq!(refused.problem(), (429, "rate_limited"));
    }
    socket.say(json!({"type": "message", "message": "six"})).await;
    assert_eq!(socket.refusal().await["code"], "rate_limited");
    // Everything else goes on.
    assert_eq!(ada.get("/conversations").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn who_is_refused_is_told_when_to_come_back_and_that_is_true() {
    let mut app = TestApp::start_with(&limits("10", "600", "120")).await;
    let ada = app.ada().await;
    for left in (0..10).rev() {
        let reply = chat(&mut app, &ada, json!({"message": "Hi"}), &["Hello."]).await;
        assert_eq!(told(&reply), [10, left, (10 - left) * 6]);
        assert_eq!(header(&reply, "ratelimit"), format!("\"messages\";r={left};t={}", (10 - left) * 6));
        assert_eq!(header(&reply, "ratelimit-policy"), "\"messages\";q=10;w=60");
    }
    app.clock.advance(Duration::from_millis(1_500));
    let refused = ada.post("/chat", json!({"message": "Hi"})).await;
    assert_eq!(refused.problem(), (429, "rate_limited"));
    // 4.5 s and 58.5 s, rounded up.
    assert_eq!((header(&refused, "retry-after"), told(&refused)), ("5", [10, 0, 59]));
    assert!(refused.json["detail"].as_str().unwrap().contains("5 s"), "{}", refused.text);
    app.clock.advance(Duration::from_secs(5));
    chat(&mut app, &ada, json!({"message": "Hi"}), &["Hello."]).await;
    assert_eq!(ada.post("/chat", json!({"message": "Hi"})).await.status, 429);
    app.stop().await;
}

#[tokio::test]
async fn a_repeated_message_is_the_same_message_and_costs_nothing() {
    let mut app = TestApp::start_with(&limits("1", "600", "120")).await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let path = format!("/conversations/{id}/messages");
    let body = json!({"message": "Hi", "client_id": "c-1"});
    let first = answered(&mut app, ada.post(&path, body.clone()), &["Hello."]).await;
    assert_eq!((first.status, told(&first)), (202, [1, 0, 60]));
    // The reply was lost, the allowance is used up, and the client asks again: five times, by three ways.
    for _ in 0..3 {
        let again = ada.post(&path, body.clone()).await;
        assert_eq!((again.status, &again.json["message"]["id"]), (202, &first.json["message"]["id"]));
    }
    let keyed = ada.clone().with("idempotency-key", "c-1");
    let whole = keyed.post("/chat", json!({"message": "Hi", "conversation_id": id})).await;
    assert_eq!((whole.status, &whole.json["response"]), (200, &json!("Hello.")));
    let mut socket = ada.socket().await;
    socket.say(json!({"type": "message", "message": "Hi", "conversation_id": id, "client_id": "c-1"})).await;
    assert_eq!(socket.until("message.accepted").await["message"]["id"], first.json["message"]["id"]);
    assert_eq!(ada.ask(&id, "Another").await.status, 429);
    app.stop().await;
}

#[tokio::test]
async fn a_message_that_is_not_accepted_costs_nothing() {
    let mut app = TestApp::start_with(&limits("1", "600", "120")).await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let nowhere = "0190a0b0-0000-7000-8000-000000000000";
    for _ in 0..5 {
        assert_eq!(ada.ask(&id, " ").await.status, 422);
        assert_eq!(ada.ask(nowhere, "Hi").await.status, 404);
        assert_eq!(ada.post("/chat", json!({"message": "Hi", "model": "none"})).await.status, 422);
        assert_eq!(ada.post(&format!("/conversations/{id}/regenerate"), json!({})).await.status, 409);
    }
    chat(&mut app, &ada, json!({"message": "Hi", "conversation_id": id}), &["Hello."]).await;
    assert_eq!(ada.ask(&id, "Hi").await.status, 429);
    app.stop().await;
}

#[tokio::test]
async fn nobody_pays_for_another_person_and_a_person_has_one_allowance_everywhere() {
    let mut app = TestApp::start_with(&limits("2", "20", "120")).await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let adas_phone = app.sign_in("ada").await.from("127.1.2.1");
    chat(&mut app, &ada, json!({"message": "Hi"}), &["Hello."]).await;
    chat(&mut app, &adas_phone, json!({"message": "Hi"}), &["Hello."]).await;
    for ada in [&ada, &adas_phone] {
        assert_eq!(ada.post("/chat", json!({"message": "Hi"})).await.status, 429);
    }
    while ada.get("/auth/me").await.status == 200 {}
    let refused = adas_phone.post("/chat", json!({"message": "Hi"})).await;
    assert_eq!((refused.status, told(&refused)[0]), (429, 20), "{}", refused.text);
    chat(&mut app, &bob, json!({"message": "Hi"}), &["Hello."]).await;
    app.stop().await;
}

#[tokio::test]
async fn strangers_are_counted_by_address_also_when_they_are_turned_away() {
    let app = TestApp::start_with(&limits("10", "600", "6")).await;
    let ada = app.ada().await;
    let [a, b, c] = ["127.1.3.1", "127.1.3.2", "127.1.3.3"].map(|address| app.stranger().from(address));
    let setup = a.get("/auth/setup").await;
    assert_eq!((setup.status, told(&setup)), (200, [6, 5, 10]));
    assert_eq!(header(&setup, "ratelimit-policy"), "\"anonymous\";q=6;w=60");
    for _ in 0..5 {
        assert_eq!(a.clone().with_token("nonsense").get("/conversations").await.status, 401);
    }
    for path in ["/auth/setup", "/conversations", "/health", "/openapi.json"] {
        let refused = a.get(path).await;
        assert_eq!(refused.problem(), (429, "rate_limited"), "{path}");
        assert_eq!(header(&refused, "retry-after"), "10", "{path}");
    }
    // Without an allowance a sign-in is not even looked at; the neighbour and who is signed in do not feel it.
    assert_eq!(a.post("/auth/login", json!({"username": "ada", "password": "x"})).await.status, 429);
    assert_eq!(b.get("/auth/setup").await.status, 200);
    assert_eq!(ada.clone().from("127.1.3.1").get("/auth/me").await.status, 200);
    // Neither an orchestrator nor the page is counted.
    for _ in 0..10 {
        for path in ["/health/live", "/health/ready", "/", "/sign-in"] {
            let reply = c.get(path).await;
            assert!(reply.status != 429 && header(&reply, "ratelimit") == "-", "{path}: {}", reply.status);
        }
    }
    app.clock.advance(Duration::from_secs(10));
    assert_eq!((a.get("/auth/setup").await.status, a.get("/auth/setup").await.status), (200, 429));
    app.stop().await;
}

#[tokio::test]
async fn a_refusal_by_a_limit_is_counted() {
    let app = TestApp::start_with(&limits("10", "600", "2")).await;
    let ada = app.ada().await;
    let stranger = app.stranger().from("127.1.4.1");
    for _ in 0..4 {
        stranger.get("/auth/setup").await;
    }
    let metrics = ada.get("/metrics").await.text;
    let hits =
        metrics.lines().find(|line| line.starts_with("jarvis_rate_limit_hits_total{limit=\"anonymous\"}"));
    // Other tests of this process count too.
    assert!(hits.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).is_some_and(|hits| hits >= 2));
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out() {
    let mut app = TestApp::start_with(&limits("2", "600", "120")).await;
    let ada = app.ada().await;
    for _ in 0..2 {
        chat(&mut app, &ada, json!({"message": "Hi"}), &["Hello."]).await;
    }
    assert_eq!(ada.post("/chat", json!({"message": "Hi"})).await.status, 429);
    // As far as an access token endures. All that was counted lies in a future that cannot be.
    app.clock.set_back(Duration::from_secs(4));
    chat(&mut app, &ada, json!({"message": "Hi"}), &["Hello."]).await;
    app.stop().await;
}
