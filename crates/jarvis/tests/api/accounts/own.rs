//! One's own account: password, proof, preferences, address, leaving.

use std::time::Duration;

use jarvis::users::Role;
use serde_json::{Value, json};

use super::{Tab, with_tab};
use crate::support::{Client, PASSWORD, PATIENCE, Reply, TestApp};
use crate::talk::empty_conversation;

const NEW: &str = "meadow lantern violin 77";
const FIVE: Duration = Duration::from_secs(5 * 60);

async fn change(client: &Client, current: &str, new: &str) -> Reply {
    client.post("/auth/password", json!({"current_password": current, "new_password": new})).await
}

#[tokio::test]
async fn a_new_password_counts_at_once_and_ends_every_other_session() {
    let (app, here) = with_tab().await;
    let there = Tab::open(&app, "ada").await;
    assert_eq!(change(&here.program(), PASSWORD, NEW).await.status, 204);
    assert_eq!((here.me().await, there.me().await), (200, 401));
    there.is_refused().await;
    here.renew().await;
    let login = async |password: &str| {
        app.stranger().post("/auth/login", json!({"username": "ada", "password": password})).await.status
    };
    assert_eq!((login(PASSWORD).await, login(NEW).await), (401, 200));
    app.stop().await;
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_to_one_that_keeps_the_rule() {
    let (app, tab) = with_tab().await;
    let ada = tab.program();
    for new in ["short", "ada", "password password", &"x".repeat(200), "", "a\u{0}"] {
        let reply = change(&ada, PASSWORD, new).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{new:?}");
        assert_eq!(reply.json["errors"][0]["field"], "new_password");
        assert!(!reply.text.contains(PASSWORD), "{}", reply.text);
    }
    for body in [
        json!({}),
        json!({"current_password": PASSWORD}),
        json!({"current_password": null, "new_password": NEW}),
        json!({"current_password": PASSWORD, "new_password": [NEW]}),
        json!({"current_password": PASSWORD, "new_password": NEW, "user": "bob"}),
    ] {
        assert_eq!(ada.post("/auth/password", body.clone()).await.problem(), (422, "invalid"), "{body}");
    }
    for _ in 0..5 {
        assert_eq!(change(&ada, "wrong", NEW).await.problem(), (401, "invalid_credentials"));
    }
    // Who has stolen a session guesses no faster than anybody, and keeps nobody from signing in.
    assert_eq!(change(&ada, PASSWORD, NEW).await.problem(), (429, "rate_limited"));
    assert_eq!(tab.me().await, 200);
    Tab::open(&app, "ada").await;
    app.stop().await;
}

#[tokio::test]
async fn nobody_signs_in_with_the_old_password_while_it_is_changed() {
    let (app, here) = with_tab().await;
    let ada = here.program();
    let logins = futures_util::future::join_all((0..4).map(|_| {
        let client = app.stranger();
        async move { client.post("/auth/login", json!({"username": "ada", "password": PASSWORD})).await }
    }));
    let (changed, logins) = tokio::join!(change(&ada, PASSWORD, NEW), logins);
    assert_eq!(changed.status, 204);
    for reply in logins {
        let Some(token) = reply.json["access_token"].as_str() else { continue };
        // Whoever got in before the change is out by now.
        assert_eq!(app.stranger().with_token(token).get("/auth/me").await.status, 401);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_proof_is_good_for_five_minutes_and_made_with_the_password() {
    let (app, tab) = with_tab().await;
    let ada = tab.program();
    let email = async |n: u8| ada.patch("/auth/me", json!({"email": format!("ada{n}@example.org")})).await;
    // Signing in is a proof.
    assert_eq!(email(1).await.status, 200);
    app.clock.advance(FIVE);
    assert_eq!(email(2).await.problem(), (403, "recent_proof_required"));
    assert_eq!(ada.delete("/auth/me").await.problem(), (403, "recent_proof_required"));
    let prove = async |password: &str| ada.post("/auth/prove", json!({"password": password})).await;
    assert_eq!(prove("wrong").await.problem(), (401, "invalid_credentials"));
    assert_eq!(email(2).await.status, 403);
    assert_eq!(prove(PASSWORD).await.status, 204);
    assert_eq!(email(2).await.status, 200);
    // Renewing a session proves nothing, and the proof is this session's alone.
    let other = Tab::open(&app, "ada").await;
    app.clock.advance(FIVE);
    let renewed = tab.renew().await;
    assert_eq!(renewed.program().delete("/auth/me").await.problem(), (403, "recent_proof_required"));
    assert_eq!(prove(PASSWORD).await.status, 204);
    assert_eq!(other.program().delete("/auth/me").await.problem(), (403, "recent_proof_required"));
    for body in [json!({}), json!({"password": null}), json!({"password": 7}), json!({"otp": "123456"})] {
        assert_eq!(ada.post("/auth/prove", body.clone()).await.problem(), (422, "invalid"), "{body}");
    }
    app.stop().await;
}

#[tokio::test]
async fn preferences_are_an_object_of_the_pages_own_making() {
    let (app, tab) = with_tab().await;
    let ada = tab.program();
    let wish = json!({"theme": "dark", "nested": {"a": [1, null, "é\u{0}"]}});
    let reply = ada.patch("/auth/me", json!({"preferences": wish})).await;
    assert_eq!((reply.status, &reply.json["preferences"]), (200, &wish));
    assert_eq!(ada.get("/auth/me").await.json["preferences"], wish);
    assert_eq!(ada.patch("/auth/me", json!({})).await.json["preferences"], wish);
    assert_eq!(ada.patch("/auth/me", json!({"preferences": null})).await.json["preferences"], wish);
    let sized = |bytes: usize| json!({"preferences": {"a": "x".repeat(bytes - 8)}});
    assert_eq!(ada.patch("/auth/me", sized(16 * 1024)).await.status, 200);
    let mut refused = vec![sized(16 * 1024 + 1)];
    refused.extend([json!([]), json!("{}"), json!(1), json!(true)].map(|wish| json!({"preferences": wish})));
    refused.extend([
        json!({"role": "superuser"}),
        json!({"is_active": true}),
        json!({"username": "eve"}),
        json!({"password_hash": "x"}),
        json!({"is_verified": true}),
    ]);
    for body in refused {
        let reply = ada.patch("/auth/me", body).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{}", reply.text);
    }
    let deep = format!("{{\"preferences\":{}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000));
    let request = ada.request(reqwest::Method::PATCH, "/auth/me").header("content-type", "application/json");
    assert!(matches!(Client::send(request.body(deep)).await.status, 400 | 422));
    app.stop().await;
}

#[tokio::test]
async fn an_address_is_ones_own_and_unverified() {
    let (app, tab) = with_tab().await;
    app.bob().await;
    app.execute("UPDATE users SET is_verified = TRUE").await;
    let ada = tab.program();
    let email = async |text: &str| ada.patch("/auth/me", json!({"email": text})).await;
    assert_eq!(email("BOB@example.org").await.problem(), (409, "email_taken"));
    for bad in ["", "ada", "ada@", "аda@example.org", "a@b\n.c", "a\u{0}@b.c"] {
        let reply = email(bad).await;
        assert_eq!((reply.problem(), &reply.json["errors"][0]["field"]), ((422, "invalid"), &json!("email")));
    }
    // The same in another form stays verified.
    assert_eq!(email("ADA@example.org").await.json["is_verified"], true);
    let reply = email("ada@example.net").await;
    assert_eq!(
        (&reply.json["email"], &reply.json["is_verified"]),
        (&json!("ada@example.net"), &json!(false))
    );
    let login = json!({"username": "ada@example.net", "password": PASSWORD});
    assert_eq!(app.stranger().post("/auth/login", login).await.status, 200);
    let login = json!({"username": "ada@example.org", "password": PASSWORD});
    assert_eq!(app.stranger().post("/auth/login", login).await.status, 401);
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_takes_everything_along() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let bob = app.bob().await;
    let id = empty_conversation(&ada).await;
    empty_conversation(&bob).await;
    ada.ask(&id, "Tell me.").await;
    let call = app.next_call().await;
    call.text("Once").await;
    let mut socket = ada.socket().await;
    let reply = ada.delete("/auth/me").await;
    assert_eq!((reply.status, reply.cookies().len()), (204, 2));
    // The answer stops, the socket closes, nothing is left.
    tokio::time::timeout(PATIENCE, call.cancelled()).await.unwrap();
    assert_eq!(socket.closed().await, 4403);
    assert_eq!(ada.get("/auth/me").await.problem(), (401, "unauthenticated"));
    let login = json!({"username": "ada", "password": PASSWORD});
    assert_eq!(app.stranger().post("/auth/login", login).await.problem(), (401, "invalid_credentials"));
    for (table, left) in [("users", 1), ("conversations", 1), ("messages", 0), ("sessions", 1)] {
        let count = match table {
            "users" => "SELECT COUNT(*) FROM users",
            "conversations" => "SELECT COUNT(*) FROM conversations",
            "messages" => "SELECT COUNT(*) FROM messages",
            _ => "SELECT COUNT(*) FROM sessions",
        };
        assert_eq!(app.count(count).await, left, "{table}");
    }
    assert_eq!(bob.get("/conversations").await.json["items"].as_array().map(Vec::len), Some(1));
    // The name is free again.
    app.ada().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_superusers_who_leave_at_once_one_stays() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    assert_eq!(root.delete("/auth/me").await.problem(), (409, "last_superuser"));
    let other = app.user("other", Role::Superuser).await;
    let (one, two) = tokio::join!(root.delete("/auth/me"), other.delete("/auth/me"));
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [204, 409]);
    let left = "SELECT COUNT(*) FROM users WHERE role = 'superuser' AND is_active";
    assert_eq!(app.count(left).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn an_outdated_hash_is_renewed_by_signing_in() {
    let (app, _) = with_tab().await;
    // "password" at a low cost: a vector of the reference implementation of Argon2.
    app.execute(
        "UPDATE users SET password_hash =
            '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'",
    )
    .await;
    let outdated = "SELECT COUNT(*) FROM users WHERE password_hash LIKE '%m=256,%'";
    let login = async |password: &str| {
        app.stranger().post("/auth/login", json!({"username": "ada", "password": password})).await.status
    };
    assert_eq!((login("passwort").await, app.count(outdated).await), (401, 1));
    assert_eq!((login("password").await, app.count(outdated).await), (200, 0));
    assert_eq!((login("password").await, login("passwort").await), (200, 401));
    app.stop().await;
}

#[tokio::test]
async fn the_programs_of_others_learn_nothing_of_preferences() {
    let (app, tab) = with_tab().await;
    tab.program().patch("/auth/me", json!({"preferences": {"secret": 1}})).await;
    let bob = app.bob().await;
    assert_eq!(bob.get("/auth/me").await.json["preferences"], json!({}));
    assert_eq!(bob.get("/auth/me").await.json["email"], Value::from("bob@example.org"));
    app.stop().await;
}
