//! The end of a session reaches what is open within a second: in this process, and from others through the database.

use std::time::{Duration, Instant};

use jarvis::app::App;
use jarvis::auth::EndReason;
use jarvis::clock::Timestamp;
use jarvis::ids::UserId;
use serde_json::json;

use super::{Tab, with_tab};
use crate::support::{PASSWORD, Socket, TestApp};
use crate::talk::empty_conversation;

/// Where the clock of the tests stands.
const START: i64 = 1_795_000_000_000_000;
/// It must be closed by then.
const SECOND: Duration = Duration::from_secs(1);

async fn closes(mut socket: Socket, since: Instant) {
    assert_eq!(socket.closed().await, 4403);
    assert!(since.elapsed() < SECOND, "{:?}", since.elapsed());
}

async fn id_of(tab: &Tab) -> UserId {
    UserId(tab.program().get("/auth/me").await.json["id"].as_str().unwrap().parse().unwrap())
}

/// What an admin's "disable" does, in another process.
async fn end_all(other: &App, user: UserId, why: EndReason) {
    let now = Timestamp::from_micros(START);
    let mut tx = other.db.begin().await.unwrap();
    let ended = other.accounts.end_sessions(&mut tx, user, None, why, now).await.unwrap();
    tx.commit().await.unwrap();
    other.accounts.announce_ended(&ended);
}

#[tokio::test]
async fn a_device_that_is_signed_out_from_another_is_thrown_out() {
    let (app, here) = with_tab().await;
    let there = Tab::open(&app, "ada").await;
    let (mine, theirs) = (here.program().socket().await, there.program().socket().await);
    let since = Instant::now();
    assert_eq!(here.program().delete("/auth/sessions").await.status, 204);
    closes(theirs, since).await;
    assert_eq!(there.me().await, 401);
    let mut mine = mine;
    mine.say(json!({"type": "ping"})).await;
    assert_eq!(mine.until("pong").await["type"], "pong");
    app.stop().await;
}

#[tokio::test]
async fn a_changed_password_throws_out_everybody_but_who_changed_it() {
    let (app, here) = with_tab().await;
    let there = Tab::open(&app, "ada").await;
    let (mut mine, theirs) = (here.program().socket().await, there.program().socket().await);
    let since = Instant::now();
    let body = json!({"current_password": PASSWORD, "new_password": "meadow lantern violin 77"});
    assert_eq!(here.program().post("/auth/password", body).await.status, 204);
    closes(theirs, since).await;
    mine.say(json!({"type": "ping"})).await;
    mine.until("pong").await;
    app.stop().await;
}

#[tokio::test]
async fn a_replayed_token_throws_out_whoever_holds_the_others() {
    let (app, first) = with_tab().await;
    let socket = first.renew().await.renew().await.program().socket().await;
    let since = Instant::now();
    first.is_refused().await;
    closes(socket, since).await;
    app.stop().await;
}

#[tokio::test]
async fn what_another_process_ends_closes_here_within_a_second() {
    let (app, tab) = with_tab().await;
    let bob = app.bob().await;
    let other = app.beside().await;
    let id = id_of(&tab).await;
    for why in [EndReason::Disabled, EndReason::RoleChanged, EndReason::FactorsReset] {
        let tab = Tab::open(&app, "ada").await;
        let (one, two) = (tab.program().socket().await, tab.browser().socket().await);
        let since = Instant::now();
        end_all(&other, id, why).await;
        closes(one, since).await;
        closes(two, since).await;
        assert_eq!(tab.me().await, 401);
        tab.is_refused().await;
    }
    let mut socket = bob.socket().await;
    socket.say(json!({"type": "ping"})).await;
    socket.until("pong").await;
    other.db.close().await;
    app.stop().await;
}

#[tokio::test]
async fn a_stream_ends_when_another_process_ends_its_session() {
    let (mut app, tab) = with_tab().await;
    let other = app.beside().await;
    let id = id_of(&tab).await;
    let ada = tab.program();
    let conversation = empty_conversation(&ada).await;
    let mut stream = ada.stream(json!({"message": "Secrets?", "conversation_id": conversation})).await;
    let call = app.next_call().await;
    call.text("One, ").await;
    while stream.next().await.unwrap().0 != "message.delta" {}
    let since = Instant::now();
    end_all(&other, id, EndReason::Disabled).await;
    assert_eq!(stream.all().await, []);
    assert!(since.elapsed() < SECOND, "{:?}", since.elapsed());
    call.stop().await;
    other.db.close().await;
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_waited_for_is_not_given_to_an_ended_session() {
    let (mut app, tab) = with_tab().await;
    let ada = tab.program();
    let asking = ada.post("/chat", json!({"message": "Secrets?"}));
    let ending = async {
        let call = app.next_call().await;
        call.text("One, ").await;
        assert_eq!(tab.program().post("/auth/logout", json!({})).await.status, 204);
        call
    };
    let (reply, call) = tokio::join!(asking, ending);
    assert_eq!(reply.problem(), (401, "unauthenticated"));
    call.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn news_are_kept_for_a_day() {
    let (app, tab) = with_tab().await;
    tab.program().post("/auth/logout", json!({})).await;
    let news = "SELECT COUNT(*) FROM revocations";
    assert_eq!(app.count(news).await, 1);
    app.clock.advance(Duration::from_secs(24 * 60 * 60));
    app.app.accounts.sweep().await.unwrap();
    assert_eq!(app.count(news).await, 1);
    app.clock.advance(Duration::from_secs(1));
    app.app.accounts.sweep().await.unwrap();
    assert_eq!(app.count(news).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_comes_through_a_socket_after_its_session_has_ended() {
    let app = TestApp::start().await;
    app.ada().await;
    for _ in 0..20 {
        let tab = Tab::open(&app, "ada").await;
        let mut socket = tab.program().socket().await;
        let asking = async {
            for _ in 0..20 {
                socket.say(json!({"type": "subscribe", "conversation_id": jarvis::ids::RunId::new()})).await;
            }
        };
        let ending = async { assert_eq!(tab.program().post("/auth/logout", json!({})).await.status, 204) };
        tokio::join!(asking, ending);
        // What was asked before may still be answered; then the end comes, and nothing after it.
        assert_eq!(socket.closed().await, 4403);
        assert_eq!(tab.program().try_socket().await.unwrap().closed().await, 4401);
    }
    app.stop().await;
}
