//! Refusing costs less than asking to be refused, and keeps nobody else from anything.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use jarvis::auth::{Kind, Subject};
use jarvis::users::Role;
use jarvis_crypto::Secret;
use serde_json::json;

use super::throttling::{try_in, wait, with_ada};
use crate::support::{PASSWORD, TestApp};

/// Refusals that are held back at once.
const HELD: usize = 256;

async fn with_ada_and_pause(millis: &str) -> TestApp {
    let app = TestApp::start_with(&[("REFUSAL_PAUSE_MS", millis)]).await;
    let password = Secret::new(PASSWORD.to_owned());
    app.app.accounts.add("ada", "ada@example.org", password, Role::User).await.unwrap();
    app
}

/// Guesses at this account from here until it has to wait so many seconds; the last of them was refused.
async fn until_blocked(app: &TestApp, name: &str, seconds: u64) {
    loop {
        let reply = try_in(&app.stranger(), name, "wrong").await;
        if reply.status == 401 {
            continue;
        }
        match wait(&reply) {
            told if told < seconds => app.clock.advance(Duration::from_secs(told)),
            told => break assert_eq!(told, seconds),
        }
    }
}

#[tokio::test]
async fn a_refusal_is_told_late_whether_there_is_an_account_or_not() {
    const PAUSE: Duration = Duration::from_millis(400);
    let app = with_ada_and_pause("400").await;
    for name in ["ada", "nobody"] {
        for _ in 0..5 {
            assert_eq!(try_in(&app.stranger(), name, "wrong").await.status, 401);
        }
    }
    // The first asks the database, the second is remembered.
    for _ in 0..2 {
        let timed = async |name: &str| {
            let began = Instant::now();
            wait(&try_in(&app.stranger(), name, PASSWORD).await);
            began.elapsed()
        };
        let (known, unknown) = tokio::join!(timed("ada"), timed("nobody"));
        assert!(known >= PAUSE && unknown >= PAUSE, "{known:?} {unknown:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusals_that_are_held_back_are_few_and_hold_nobody_else_up() {
    const MORE: usize = 16;
    let app = with_ada_and_pause("10000").await;
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(try_in(&app.stranger(), "ada", "wrong").await.status, 401);
    }
    let mut refused: FuturesUnordered<_> = (0..HELD + MORE)
        .map(|_| {
            let client = app.stranger();
            async move { try_in(&client, "ada", PASSWORD).await }
        })
        .collect();
    // More than may wait are told at once: so that as many wait now as may.
    for _ in 0..MORE {
        wait(&refused.next().await.unwrap());
    }
    let elsewhere = app.stranger().from("127.1.1.1");
    let others = async {
        assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 200);
        assert_eq!(try_in(&elsewhere, "ada", "wrong").await.status, 401);
    };
    tokio::select! {
        () = others => {}
        reply = refused.next() => panic!("a refusal was not held back: {reply:?}"),
    }
    // The end of the process waits for none of them.
    let ended = async { app.app.tasks.drain(Duration::from_secs(5)).await };
    let (dropped, rest) = tokio::join!(ended, refused.collect::<Vec<_>>());
    assert_eq!((dropped, rest.len()), (0, HELD));
    assert!(rest.iter().all(|reply| wait(reply) == 1));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    app.stop().await;
}

#[tokio::test]
async fn a_refusal_is_remembered_for_a_second_and_no_longer() {
    let app = with_ada().await;
    until_blocked(&app, "ada", 8).await;
    // What another process forgives is seen here a second later.
    app.execute("DELETE FROM throttles").await;
    app.clock.advance(Duration::from_millis(999));
    // 7.001 s, rounded up: after seven the answer would be the same.
    assert_eq!(wait(&try_in(&app.stranger(), "ada", PASSWORD).await), 8);
    // Nobody is refused for somebody else.
    assert_eq!(try_in(&app.stranger().from("127.1.1.1"), "ada", "wrong").await.status, 401);
    assert_eq!(try_in(&app.stranger(), "nobody", "wrong").await.status, 401);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_network_that_is_refused_is_remembered_whatever_name_it_tries_next() {
    let app = with_ada().await;
    let (limits, here) = (app.app.accounts.limits(), "127.0.0.1".parse::<IpAddr>().unwrap());
    let attempts = (0..55).map(|n| async move {
        limits.attempt(Kind::Password, Subject::Typed(&format!("somebody{n}"), None), here).await.is_ok()
    });
    assert_eq!(join_all(attempts).await.into_iter().filter(|allowed| *allowed).count(), 50);
    wait(&try_in(&app.stranger(), "somebody-else", PASSWORD).await);
    app.execute("DELETE FROM throttles").await;
    for name in ["ada", "nobody"] {
        assert_eq!(wait(&try_in(&app.stranger(), name, PASSWORD).await), 1);
    }
    app.stop().await;
}

#[tokio::test]
async fn what_an_admin_forgives_is_forgiven_at_once() {
    let app = with_ada().await;
    let root = app.user("root", Role::Superuser).await;
    let ada = root.get("/admin/users?q=ada").await.json["items"][0]["id"].as_str().unwrap().to_owned();
    for n in 0..12 {
        try_in(&app.stranger().from(&format!("127.1.{n}.1")), "ada", "wrong").await;
    }
    let elsewhere = app.stranger().from("127.2.1.1");
    for _ in 0..2 {
        wait(&try_in(&elsewhere, "ada", PASSWORD).await);
    }
    let lifted = root.patch(&format!("/admin/users/{ada}"), json!({"is_active": true})).await;
    assert_eq!(lifted.status, 200, "{}", lifted.text);
    assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 200);
    app.stop().await;
}
