//! Attempts are counted by what was typed: being held up tells nobody which address belongs to which name.

use std::time::Duration;

use jarvis::users::Role;
use serde_json::json;

use super::throttling::{try_in, wait, with_ada};
use crate::support::{Client, PASSWORD, TestApp};

const QUARTER: Duration = Duration::from_secs(15 * 60);

#[tokio::test]
async fn who_is_held_up_by_a_name_is_not_told_which_address_belongs_to_it() {
    let app = with_ada().await;
    let answers = async |client: &Client, name: &str| {
        let mut answers = Vec::new();
        for _ in 0..7 {
            let reply = try_in(client, name, "wrong").await;
            answers.push((reply.status, reply.headers.get("retry-after").cloned()));
        }
        answers
    };
    let stranger = app.stranger().from("127.1.1.1");
    let by_name = answers(&stranger, "ada").await;
    assert_eq!(by_name.last().unwrap().0, 429);
    for other in ["ADA@example.org", "ada@example.com", "nobody@example.org", "nobody"] {
        assert_eq!(answers(&stranger, other).await, by_name, "{other}");
    }
    // Nor where the whole account is held up, from wherever.
    for n in 0..10 {
        try_in(&app.stranger().from(&format!("127.2.{n}.1")), "ada", "wrong").await;
    }
    let elsewhere = app.stranger().from("127.3.1.1");
    assert_eq!(try_in(&elsewhere, "ada", "wrong").await.status, 429);
    for other in ["ada@example.org", "ada@example.com"] {
        assert_eq!(try_in(&elsewhere, other, "wrong").await.status, 401, "{other}");
    }
    app.stop().await;
}

#[tokio::test]
async fn nor_where_its_owner_is_known() {
    let app = with_ada().await;
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    for _ in 0..5 {
        assert_eq!(try_in(&app.stranger(), "ada", "wrong").await.status, 401);
    }
    assert_eq!(wait(&try_in(&app.stranger(), "ada", "wrong").await), 1);
    for other in ["ada@example.org", "ada@example.com"] {
        assert_eq!(try_in(&app.stranger(), other, "wrong").await.status, 401, "{other}");
    }
    // What she succeeds with by her name is not seen at her address.
    let stranger = app.stranger().from("127.1.1.1");
    for _ in 0..6 {
        try_in(&stranger, "ada@example.org", "wrong").await;
    }
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    assert_eq!(try_in(&stranger, "ada@example.org", "wrong").await.status, 401);
    assert_eq!(wait(&try_in(&stranger, "ada@example.org", PASSWORD).await), 2);
    app.stop().await;
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_row_a_password_alone_is_not_enough() {
    let app = TestApp::start().await;
    app.ada().await;
    let elsewhere = app.stranger().from("127.2.1.1");
    // A hundred in all: by the name and by the address, and a made-up one is answered like those.
    for name in ["ada", "ada@example.org", "nobody"] {
        for n in 0..50 {
            let reply = try_in(&app.stranger().from(&format!("127.1.{n}.1")), name, "wrong").await;
            assert_eq!(reply.problem(), (401, "invalid_credentials"), "{name} {n}");
            app.clock.advance(QUARTER);
        }
        for _ in 0..3 {
            app.clock.advance(QUARTER);
            assert_eq!(wait(&try_in(&elsewhere, name, PASSWORD).await), 900, "{name}");
        }
        // A code that nobody asked for makes the attempt possible, and does not make it enough.
        let body = json!({"username": name, "password": PASSWORD, "otp": "123456"});
        assert_eq!(elsewhere.post("/auth/login", body).await.problem(), (401, "invalid_credentials"));
        app.clock.advance(QUARTER);
        assert_eq!(try_in(&elsewhere, name, PASSWORD).await.status, 429);
    }
    // The owner ends that from where she is known, for what she typed; and an admin for both.
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 200);
    assert_eq!(try_in(&app.stranger().from("127.4.1.1"), "ada@example.org", PASSWORD).await.status, 429);
    let root = app.user("root", Role::Superuser).await;
    let people = root.get("/admin/users?q=ada").await;
    assert_eq!(people.json["items"][0]["locked"], true, "{}", people.text);
    assert_eq!(root.get("/admin/users?q=root").await.json["items"][0]["locked"], false);
    let path = format!("/admin/users/{}", people.json["items"][0]["id"].as_str().unwrap());
    assert_eq!(root.get(&path).await.json["locked"], true);
    assert_eq!(root.patch(&path, json!({"is_active": true})).await.json["locked"], false);
    assert_eq!(root.get("/admin/users?q=ada").await.json["items"][0]["locked"], false);
    assert_eq!(try_in(&app.stranger().from("127.4.1.1"), "ada@example.org", PASSWORD).await.status, 200);
    app.stop().await;
}
