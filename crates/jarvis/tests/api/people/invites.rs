//! Invitations: who makes them, who may use them, and how often.

use std::time::Duration;

use jarvis::users::Role;
use serde_json::{Value, json};

use super::id;
use crate::held::meeting;
use crate::support::{Client, PASSWORD, Reply, TestApp};

const DAY: Duration = Duration::from_secs(60 * 60 * 24);
const USERS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM users";

async fn by_invitation() -> (TestApp, Client) {
    let app =
        TestApp::start_with(&[("REGISTRATION", "invite"), ("PUBLIC_URL", "https://jarvis.example")]).await;
    let root = app.user("root", Role::Superuser).await;
    (app, root)
}

async fn invite(maker: &Client, body: Value) -> Reply {
    let reply = maker.post("/admin/invites", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply
}

async fn code(maker: &Client, body: Value) -> String {
    invite(maker, body).await.json["code"].as_str().unwrap().to_owned()
}

fn account(name: &str, code: &str) -> Value {
    json!({"email": format!("{name}@example.org"), "username": name, "password": PASSWORD, "invite": code})
}

async fn join(app: &TestApp, name: &str, code: &str) -> Reply {
    app.stranger().post("/auth/register", account(name, code)).await
}

#[tokio::test]
async fn an_invitation_makes_one_account_of_its_role() {
    let (app, root) = by_invitation().await;
    for (name, role) in [("ada", "user"), ("adam", "admin"), ("eve", "superuser")] {
        let made = invite(&root, json!({"role": role})).await.json;
        let code = made["code"].as_str().unwrap();
        assert!(code.starts_with("jri_"), "{code}");
        assert_eq!(made["link"], format!("https://jarvis.example/join#{code}"));
        assert_eq!(
            (&made["email"], &made["used_at"], &made["made_by"]),
            (&Value::Null, &Value::Null, &json!(id(&root).await))
        );
        let joined = join(&app, name, code).await;
        assert_eq!((joined.status, &joined.json["role"]), (201, &json!(role)), "{}", joined.text);
        assert_eq!(app.sign_in(name).await.get("/auth/me").await.json["role"], role);
        assert_eq!(join(&app, "second", code).await.problem(), (403, "invite_invalid"));
    }
    let list = root.get("/admin/invites").await;
    assert_eq!(list.json["items"].as_array().unwrap().len(), 3);
    assert!(
        list.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["used_by"].is_string() && item["used_at"].is_string())
    );
    // Its code is told once, and is not in the database.
    assert!(!list.text.contains("jri_") && !list.text.contains("hash"), "{}", list.text);
    app.stop().await;
}

#[tokio::test]
async fn many_who_bring_the_same_code_at_once_get_one_account() {
    let (app, root) = by_invitation().await;
    for round in 0..3 {
        let code = code(&root, json!({"role": "admin"})).await;
        let names: Vec<String> = (0..6).map(|number| format!("guest-{round}-{number}")).collect();
        let joins = futures_util::future::join_all(names.iter().map(|name| join(&app, name, &code)));
        let replies = meeting(&app, "LOCK TABLE invites IN SHARE ROW EXCLUSIVE MODE", 6, joins).await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(made, 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status != 201) {
            assert_eq!(reply.problem(), (403, "invite_invalid"));
        }
        assert_eq!(app.count(USERS).await, round + 2);
    }
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_that_led_to_nothing_can_still_be_used() {
    let (app, root) = by_invitation().await;
    let code = code(&root, json!({"role": "user"})).await;
    assert_eq!(join(&app, "root", &code).await.problem(), (409, "username_taken"));
    let weak = json!({"email": "ada@example.org", "username": "ada", "password": "short", "invite": code});
    assert_eq!(app.stranger().post("/auth/register", weak).await.problem(), (422, "invalid"));
    assert_eq!(join(&app, "ada", &code).await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_for_an_address_is_for_that_address() {
    let (app, root) = by_invitation().await;
    let code = code(&root, json!({"role": "user", "email": "Ada@Example.org"})).await;
    for name in ["eve", "xada", "adax"] {
        assert_eq!(join(&app, name, &code).await.problem(), (403, "invite_invalid"));
    }
    let mut body = account("ada", &code);
    body["email"] = "ADA@example.ORG".into();
    assert_eq!(app.stranger().post("/auth/register", body).await.status, 201);
    let taken = root.post("/admin/invites", json!({"role": "user", "email": "ada@example.org"})).await;
    assert_eq!(taken.problem(), (409, "email_taken"));
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_runs_out_and_can_be_taken_back() {
    let (app, root) = by_invitation().await;
    let short = code(&root, json!({"role": "user", "expires_in_days": 1})).await;
    let week = code(&root, json!({"role": "user"})).await;
    let back = invite(&root, json!({"role": "user"})).await.json;
    let path = format!("/admin/invites/{}", back["id"].as_str().unwrap());
    assert_eq!(root.delete(&path).await.status, 204);
    assert_eq!(root.delete(&path).await.problem(), (404, "not_found"));
    assert_eq!(join(&app, "ada", back["code"].as_str().unwrap()).await.problem(), (403, "invite_invalid"));
    app.clock.advance(DAY);
    assert_eq!(join(&app, "ada", &short).await.problem(), (403, "invite_invalid"));
    app.clock.advance(DAY * 6 - Duration::from_secs(1));
    assert_eq!(join(&app, "ada", &week).await.status, 201);
    app.clock.advance(DAY * 31);
    app.app.accounts.sweep().await.unwrap();
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM invites").await, 0);
    app.stop().await;
}

/// Whoever is not an admin any more must not go on through an invitation made before.
#[tokio::test]
async fn an_invitation_gives_no_more_than_its_maker_still_may() {
    for (change, good) in [
        (json!({"role": "admin"}), vec!["user"]),
        (json!({"role": "user"}), vec![]),
        (json!({"is_active": false}), vec![]),
        (json!({}), vec!["user", "admin", "superuser"]),
    ] {
        let (app, root) = by_invitation().await;
        let second = app.user("second", Role::Superuser).await;
        let mut codes = Vec::new();
        for role in ["user", "admin", "superuser"] {
            codes.push((role, code(&second, json!({"role": role})).await));
        }
        let path = format!("/admin/users/{}", id(&second).await);
        assert_eq!(root.patch(&path, change.clone()).await.status, 200);
        for (role, code) in codes {
            let joined = join(&app, &format!("new-{role}"), &code).await;
            if good.contains(&role) {
                assert_eq!(joined.status, 201, "{change} {role}");
            } else {
                assert_eq!(joined.problem(), (403, "invite_invalid"), "{change} {role}");
            }
        }
        app.stop().await;
    }
}

#[tokio::test]
async fn an_admin_invites_users_and_sees_nothing_of_greater_invitations() {
    let (app, root) = by_invitation().await;
    let admin = app.user("admin", Role::Admin).await;
    for role in ["admin", "superuser"] {
        assert_eq!(admin.post("/admin/invites", json!({"role": role})).await.problem(), (403, "forbidden"));
    }
    let greater = invite(&root, json!({"role": "admin"})).await.json["id"].as_str().unwrap().to_owned();
    let lesser = invite(&root, json!({"role": "user"})).await.json["id"].as_str().unwrap().to_owned();
    let list = admin.get("/admin/invites").await;
    assert!(list.text.contains(&lesser) && !list.text.contains(&greater), "{}", list.text);
    assert_eq!(admin.delete(&format!("/admin/invites/{greater}")).await.problem(), (404, "not_found"));
    assert_eq!(admin.delete(&format!("/admin/invites/{lesser}")).await.status, 204);
    assert_eq!(join(&app, "ada", &code(&admin, json!({"role": "user"})).await).await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn registration_tells_nothing_about_names_before_the_invitation_is_right() {
    let (app, root) = by_invitation().await;
    let used = code(&root, json!({"role": "user"})).await;
    assert_eq!(join(&app, "ada", &used).await.status, 201);
    let wrong = jarvis_crypto::OpaqueToken::generate("jri_").unwrap().expose().to_owned();
    let bound = code(&root, json!({"role": "user", "email": "somebody@else.example"})).await;
    for name in ["ada", "root", "nobody-yet"] {
        let mut without = account(name, "");
        without.as_object_mut().unwrap().remove("invite");
        assert_eq!(
            app.stranger().post("/auth/register", without.clone()).await.problem(),
            (403, "registration_closed")
        );
        without["invite"] = Value::Null;
        assert_eq!(
            app.stranger().post("/auth/register", without).await.problem(),
            (403, "registration_closed")
        );
        let long = "x".repeat(10_000);
        for bad in [&used, &wrong, &bound, "", " ", "null", "jri_", "' OR 1=1 --", "a\0b", &long, &used[4..]]
        {
            assert_eq!(join(&app, name, bad).await.problem(), (403, "invite_invalid"), "{name} {bad:?}");
        }
        for shape in [json!(7), json!(true), json!([]), json!({"code": "x"})] {
            let mut body = account(name, "");
            body["invite"] = shape;
            assert_eq!(app.stranger().post("/auth/register", body).await.problem(), (422, "invalid"));
        }
    }
    assert_eq!(app.count(USERS).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn whoever_tries_codes_is_slowed_and_keeps_nobody_out() {
    let (app, root) = by_invitation().await;
    let good = code(&root, json!({"role": "user"})).await;
    let mut answers = Vec::new();
    for _ in 0..60 {
        let wrong = jarvis_crypto::OpaqueToken::generate("jri_").unwrap();
        answers.push(join(&app, "eve", wrong.expose()).await.status);
    }
    assert!(answers[..40].iter().all(|status| *status == 403), "{answers:?}");
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    assert_eq!(join(&app, "ada", &good).await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn where_registration_is_closed_an_invitation_opens_nothing() {
    let app = TestApp::start_with(&[("REGISTRATION", "closed")]).await;
    let root = app.user("root", Role::Superuser).await;
    let refused = root.post("/admin/invites", json!({"role": "user"})).await;
    assert_eq!(refused.problem(), (403, "registration_closed"));
    let code = jarvis_crypto::OpaqueToken::generate("jri_").unwrap().expose().to_owned();
    assert_eq!(join(&app, "ada", &code).await.problem(), (403, "registration_closed"));
    app.stop().await;
}

#[tokio::test]
async fn where_registration_is_open_an_invitation_still_gives_its_role() {
    let app = TestApp::start_with(&[("REGISTRATION", "open")]).await;
    let root = app.user("root", Role::Superuser).await;
    let made = invite(&root, json!({"role": "admin"})).await.json;
    let code = made["code"].as_str().unwrap();
    // Nobody said where people reach us: the page knows.
    assert_eq!(made["link"], format!("/join#{code}"));
    assert_eq!(join(&app, "ada", code).await.json["role"], "admin");
    assert_eq!(join(&app, "eve", code).await.problem(), (403, "invite_invalid"));
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_that_means_nothing_is_a_clear_problem() {
    let (app, root) = by_invitation().await;
    for body in [
        json!({}),
        json!([]),
        json!({"role": null}),
        json!({"role": "owner"}),
        json!({"role": 1}),
        json!({"role": "user", "email": "nobody"}),
        json!({"role": "user", "email": 7}),
        json!({"role": "user", "email": "а@example.org"}),
        json!({"role": "user", "email": "a\0@example.org"}),
        json!({"role": "user", "email": ""}),
        json!({"role": "user", "expires_in_days": 0}),
        json!({"role": "user", "expires_in_days": 31}),
        json!({"role": "user", "expires_in_days": -1}),
        json!({"role": "user", "expires_in_days": 1.5}),
        json!({"role": "user", "expires_in_days": "7"}),
        json!({"role": "user", "expires_in_days": 1e30}),
        json!({"role": "user", "code": "mine"}),
        json!({"role": "user", "made_by": "x"}),
    ] {
        assert_eq!(root.post("/admin/invites", body.clone()).await.problem(), (422, "invalid"), "{body}");
    }
    for bad in ["limit=0", "limit=201", "after=x", "q=x", "after=%00"] {
        assert_eq!(root.get(&format!("/admin/invites?{bad}")).await.problem(), (422, "invalid"), "{bad}");
    }
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM invites").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn open_invitations_are_bounded_and_come_in_pages() {
    let (app, root) = by_invitation().await;
    for _ in 0..100 {
        invite(&root, json!({"role": "user", "expires_in_days": 1})).await;
    }
    let one_more = root.post("/admin/invites", json!({"role": "user"})).await;
    assert_eq!(one_more.problem(), (409, "too_many_invites"));
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = root.get(&format!("/admin/invites?limit=33{after}")).await.json;
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 100);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "not the newest first, or twice");
    app.stop().await;
}
