//! Whoever makes an account neither finds out about others without end nor keeps people from signing in.

use std::time::Duration;

use futures_util::future::join_all;
use jarvis::users::Role;
use serde_json::{Value, json};

use super::throttling::{try_in, wait, with_ada};
use crate::support::{Client, PASSWORD, Reply, TestApp};

fn account(name: &str) -> Value {
    json!({"username": name, "email": format!("{name}@new.example"), "password": "copper window meadow 17"})
}

#[tokio::test]
async fn accounts_cannot_be_made_or_probed_without_end() {
    let app = with_ada().await;
    // The owner's set-up is over, so names are told; but not to who asks and asks.
    let mut answers = Vec::new();
    for _ in 0..52 {
        answers.push(app.stranger().post("/auth/register", account("ada")).await.status);
    }
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 50);
    assert_eq!(answers.last(), Some(&429));
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    app.stop().await;
}

async fn invited(app: &TestApp) -> impl AsyncFn(&Client, &str) -> Reply + use<> {
    let root = app.user("root", Role::Superuser).await;
    let made = root.post("/admin/invites", json!({"role": "user"})).await;
    let code = made.json["code"].clone();
    async move |client: &Client, name: &str| {
        let mut body = account(name);
        body["invite"] = code.clone();
        client.post("/auth/register", body).await
    }
}

#[tokio::test]
async fn an_invitation_is_no_licence_to_ask_for_names() {
    let app = TestApp::start_with(&[("REGISTRATION", "invite")]).await;
    let join = invited(&app).await;
    let mut answers = Vec::new();
    // From as many networks as somebody can get.
    for n in 0..40 {
        answers.push(join(&app.stranger().from(&format!("127.1.{n}.1")), "root").await.status);
    }
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 20, "{answers:?}");
    assert_eq!(answers.last(), Some(&429));
    // It is worth no less for that: its holder waits, and is let in.
    let guest = app.stranger().from("127.2.1.1");
    let seconds = wait(&join(&guest, "guest").await);
    assert_eq!(seconds, 1);
    app.clock.advance(Duration::from_secs(seconds));
    assert_eq!(join(&guest, "guest").await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn whoever_has_many_invitations_is_counted_by_where_they_are() {
    let app = TestApp::start_with(&[("REGISTRATION", "invite")]).await;
    let root = app.user("root", Role::Superuser).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        let made = root.post("/admin/invites", json!({"role": "user"})).await;
        let mut body = account("root");
        body["invite"] = made.json["code"].clone();
        for _ in 0..15 {
            answers.push(app.stranger().post("/auth/register", body.clone()).await.status);
        }
    }
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 50, "{answers:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_of_newcomers_keeps_nobody_from_signing_in() {
    let app = with_ada().await;
    let storm = join_all((0..200).map(|n| {
        let client = app.stranger().from(&format!("127.1.{}.1", n % 20));
        async move { client.post("/auth/register", account(&format!("newcomer-{n}"))).await.status }
    }));
    let owner = async {
        let mut answers = Vec::new();
        for _ in 0..8 {
            answers.push(try_in(&app.stranger(), "ada", PASSWORD).await.status);
        }
        answers
    };
    let (storm, owner) = tokio::join!(storm, owner);
    assert_eq!(owner, [200; 8]);
    assert!(storm.iter().all(|status| matches!(status, 201 | 429 | 503)), "{storm:?}");
    assert!(storm.contains(&201) && storm.contains(&503), "{storm:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_name_that_is_taken_costs_no_hash() {
    let app = with_ada().await;
    let taken = |n: usize| {
        let client = app.stranger().from(&format!("127.1.{}.1", n % 20));
        async move { client.post("/auth/register", account("ada")).await }
    };
    // More at once than may wait for a hash: none of them does.
    for reply in join_all((0..100).map(taken)).await {
        assert_eq!(reply.problem(), (409, "username_taken"));
    }
    app.stop().await;
}
