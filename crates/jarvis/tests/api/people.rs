//! Looking after accounts.

mod invites;
mod rights;

use std::time::Duration;

use jarvis::users::Role;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, TestApp};

/// The id of whoever this is.
async fn id(client: &Client) -> String {
    client.get("/auth/me").await.id()
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn people_are_found_by_a_part_of_their_name_or_address() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    for (name, email) in
        [("Ada_L", "ada@example.org"), ("adam", "first_man@eden.example"), ("bob", "50%off@shop.example")]
    {
        let made =
            app.app.accounts.add(name, email, jarvis_crypto::Secret::new(PASSWORD.to_owned()), Role::User);
        made.await.unwrap();
    }
    let found = async |query: &str| {
        let reply = root.get(&format!("/admin/users{query}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        names(&reply.json).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["Ada_L", "adam", "bob", "root"]);
    assert_eq!(found("?q=ada").await, ["Ada_L", "adam"]);
    assert_eq!(found("?q=ADA_").await, ["Ada_L"]);
    assert_eq!(found("?q=eden").await, ["adam"]);
    assert_eq!(found("?q=example.org").await, ["Ada_L", "root"]);
    // What means something in a pattern means itself here.
    assert_eq!(found("?q=%25").await, ["bob"]);
    assert_eq!(found("?q=_").await, ["Ada_L", "adam"]);
    assert_eq!(found("?q=%5C").await, Vec::<String>::new());
    assert_eq!(found("?q=' OR 1=1 --").await, Vec::<String>::new());
    assert_eq!(found("?q=%C3%89").await, Vec::<String>::new());
    let person = &root.get("/admin/users?q=root").await.json["items"][0];
    assert_eq!(
        (&person["sessions"], &person["role"], &person["two_factor"]),
        (&json!(1), &json!("superuser"), &json!(false))
    );
    app.stop().await;
}

#[tokio::test]
async fn a_list_of_people_comes_in_pages() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    for name in ["cleo", "Dora", "ada", "Bob"] {
        app.user(name, Role::User).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = root.get(&format!("/admin/users?limit=2{after}")).await.json;
        assert!(names(&page).len() <= 2);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["ada", "Bob", "cleo", "Dora", "root"]);
    for bad in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=4294967296",
        "page=2",
        "q=%00",
        "after=%00",
        "after=a%00b",
        &format!("q={}", "x".repeat(101)),
        &format!("after={}", "x".repeat(51)),
        "q=a&q=b",
    ] {
        assert_eq!(root.get(&format!("/admin/users?{bad}")).await.problem(), (422, "invalid"), "{bad}");
    }
    assert_eq!(names(&root.get("/admin/users?limit=200&q=").await.json).len(), 5);
    assert_eq!(names(&root.get("/admin/users?after=zzz").await.json).len(), 0);
    app.stop().await;
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_and_may_come_back() {
    let app = TestApp::start().await;
    let (ada, admin) = (app.ada().await, app.user("admin", Role::Admin).await);
    let path = format!("/admin/users/{}", id(&ada).await);
    let key = ada.post("/auth/keys", json!({"name": "lamp", "scopes": ["read"]})).await.json["key"].clone();
    let program = app.stranger().with_token(key.as_str().unwrap());
    let (mut page, mut lamp) = (ada.socket().await, program.socket().await);
    let changed = admin.patch(&path, json!({"is_active": false})).await;
    assert_eq!(
        (changed.status, &changed.json["is_active"], &changed.json["sessions"]),
        (200, &json!(false), &json!(0)),
        "{}",
        changed.text
    );
    let asked = std::time::Instant::now();
    assert_eq!((page.closed().await, lamp.closed().await), (4403, 4403));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(ada.get("/auth/me").await.problem(), (401, "unauthenticated"));
    assert_eq!(program.get("/auth/me").await.problem(), (401, "unauthenticated"));
    let again = json!({"username": "ada", "password": PASSWORD});
    assert_eq!(app.stranger().post("/auth/login", again).await.problem(), (401, "invalid_credentials"));

    let changed = admin.patch(&path, json!({"is_active": true})).await;
    assert_eq!((changed.status, &changed.json["is_active"]), (200, &json!(true)));
    // The old session stays ended; a new one begins.
    assert_eq!(ada.get("/auth/me").await.problem(), (401, "unauthenticated"));
    assert_eq!(app.sign_in("ada").await.get("/auth/me").await.status, 200);
    assert_eq!(
        app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM sessions WHERE ended_why = 'disabled'").await,
        1
    );
    app.stop().await;
}

#[tokio::test]
async fn an_admin_lets_somebody_in_again_whom_guessing_has_kept_out() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    app.user("admin", Role::Admin).await;
    let path = format!("/admin/users/{}", id(&ada).await);
    // As if from far away: the network that she signed in from is known, and counts for itself.
    app.execute("DELETE FROM known_devices").await;
    let login = async |password: &str| {
        app.stranger().post("/auth/login", json!({"username": "ada", "password": password})).await.status
    };
    assert_eq!(login("not the password at all").await, 401);
    // An account's own count is the one with the whole digest for a key.
    app.execute("UPDATE throttles SET failures = 100 WHERE LENGTH(key) = 32").await;
    // No waiting helps.
    app.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(login(PASSWORD).await, 429);
    let admin = app.sign_in("admin").await;
    assert_eq!(admin.patch(&path, json!({"is_active": true})).await.status, 200);
    assert_eq!(login(PASSWORD).await, 200);
    app.stop().await;
}

#[tokio::test]
async fn another_role_means_signing_in_again() {
    let app = TestApp::start().await;
    let (ada, root) = (app.ada().await, app.user("root", Role::Superuser).await);
    let path = format!("/admin/users/{}", id(&ada).await);
    let mut socket = ada.socket().await;
    // The role that she has changes nothing.
    assert_eq!(root.patch(&path, json!({"role": "user", "is_active": true})).await.status, 200);
    assert_eq!(root.patch(&path, json!({})).await.status, 200);
    assert_eq!(ada.get("/auth/me").await.status, 200);
    let changed = root.patch(&path, json!({"role": "admin"})).await;
    assert_eq!((changed.status, &changed.json["role"]), (200, &json!("admin")));
    assert_eq!(socket.closed().await, 4403);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    let ada = app.sign_in("ada").await;
    assert_eq!(ada.get("/admin/users").await.status, 200);
    assert_eq!(root.patch(&path, json!({"role": "user"})).await.status, 200);
    assert_eq!(ada.get("/admin/users").await.status, 401);
    assert_eq!(app.sign_in("ada").await.get("/admin/users").await.problem(), (403, "forbidden"));
    app.stop().await;
}

#[tokio::test]
async fn an_admin_signs_somebody_out_everywhere() {
    let app = TestApp::start().await;
    let (ada, admin) = (app.ada().await, app.user("admin", Role::Admin).await);
    let (phone, id) = (app.sign_in("ada").await, id(&ada).await);
    let mut socket = phone.socket().await;
    assert_eq!(admin.get(&format!("/admin/users/{id}")).await.json["sessions"], 2);
    assert_eq!(admin.delete(&format!("/admin/users/{id}/sessions")).await.status, 204);
    assert_eq!(socket.closed().await, 4403);
    assert_eq!((ada.get("/auth/me").await.status, phone.get("/auth/me").await.status), (401, 401));
    assert_eq!(admin.get(&format!("/admin/users/{id}")).await.json["sessions"], 0);
    assert_eq!(admin.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_lost_second_factor_is_taken_away_with_every_session() {
    let app = TestApp::start().await;
    let (ada, admin) = (app.ada().await, app.user("admin", Role::Admin).await);
    let id = id(&ada).await;
    for sql in [
        "INSERT INTO totp (user_id, secret, created_at, confirmed_at) SELECT id, password_hash_bytes, 1, 1 FROM (SELECT id, CAST('x' AS BLOB) AS password_hash_bytes FROM users WHERE username = 'ada') AS a",
        "INSERT INTO recovery_codes (user_id, hash) SELECT id, CAST('x' AS BLOB) FROM users WHERE username = 'ada'",
    ] {
        app.execute(if app.on_postgres() { as_postgres(sql) } else { sql }).await;
    }
    assert_eq!(admin.get(&format!("/admin/users/{id}")).await.json["two_factor"], true);
    assert_eq!(admin.post(&format!("/admin/users/{id}/reset-2fa"), json!({})).await.status, 204);
    assert_eq!(admin.get(&format!("/admin/users/{id}")).await.json["two_factor"], false);
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_codes").await, 0);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    assert_eq!(app.sign_in("ada").await.get("/auth/me").await.status, 200);
    app.stop().await;
}

fn as_postgres(sql: &'static str) -> &'static str {
    Box::leak(sql.replace("AS BLOB", "AS BYTEA").into_boxed_str())
}

#[tokio::test]
async fn a_deleted_account_takes_what_is_its_own_along() {
    let app = TestApp::start().await;
    let (ada, admin) = (app.ada().await, app.user("admin", Role::Admin).await);
    let id = id(&ada).await;
    assert_eq!(ada.post("/conversations", json!({})).await.status, 201);
    let key = ada.post("/auth/keys", json!({"name": "lamp", "scopes": ["read"]})).await.json["key"].clone();
    let program = app.stranger().with_token(key.as_str().unwrap());
    let (mut page, mut lamp) = (ada.socket().await, program.socket().await);
    assert_eq!(admin.delete(&format!("/admin/users/{id}")).await.status, 204);
    assert_eq!((page.closed().await, lamp.closed().await), (4403, 4403));
    assert_eq!((ada.get("/auth/me").await.status, program.get("/auth/me").await.status), (401, 401));
    assert_eq!(admin.delete(&format!("/admin/users/{id}")).await.problem(), (404, "not_found"));
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM conversations").await, 0);
    // The name is free again.
    app.ada().await;
    app.stop().await;
}

#[tokio::test]
async fn changes_to_people_need_a_recent_proof() {
    let app = TestApp::start().await;
    let (ada, root) = (app.ada().await, app.user("root", Role::Superuser).await);
    let id = id(&ada).await;
    app.clock.advance(Duration::from_secs(5 * 60));
    let path = format!("/admin/users/{id}");
    for reply in [
        root.patch(&path, json!({"role": "admin"})).await,
        root.delete(&path).await,
        root.post(&format!("{path}/reset-2fa"), json!({})).await,
        root.post("/admin/invites", json!({"role": "user"})).await,
    ] {
        assert_eq!(reply.problem(), (403, "recent_proof_required"));
    }
    // What can only do good in a hurry needs none.
    assert_eq!(root.delete(&format!("{path}/sessions")).await.status, 204);
    assert_eq!(root.get(&path).await.json["role"], "user");
    app.stop().await;
}

#[tokio::test]
async fn a_change_that_means_nothing_is_a_clear_problem() {
    let app = TestApp::start().await;
    let (ada, root) = (app.ada().await, app.user("root", Role::Superuser).await);
    let path = format!("/admin/users/{}", id(&ada).await);
    for body in [
        json!([]),
        json!(null),
        json!("admin"),
        json!({"role": "owner"}),
        json!({"role": ""}),
        json!({"role": 1}),
        json!({"role": ["admin"]}),
        json!({"role": "Admin"}),
        json!({"role": "аdmin"}),
        json!({"role": "admin\0"}),
        json!({"is_active": "no"}),
        json!({"is_active": 0}),
        json!({"is_verified": true}),
        json!({"username": "x"}),
        json!({"password_hash": "x"}),
        json!({"password": "meadow lantern violin 77"}),
        json!({"role": "admin", "id": "x"}),
    ] {
        assert_eq!(root.patch(&path, body.clone()).await.problem(), (422, "invalid"), "{body}");
    }
    for nobody in ["01a202f6-9c47-748e-ab19-d6261ae385b4", "x", "%00", "..%2f..", "1", "null"] {
        let path = format!("/admin/users/{nobody}");
        for reply in [
            root.get(&path).await,
            root.patch(&path, json!({"role": "admin"})).await,
            root.delete(&path).await,
            root.delete(&format!("{path}/sessions")).await,
            root.post(&format!("{path}/reset-2fa"), json!({})).await,
        ] {
            assert_eq!(reply.problem(), (404, "not_found"), "{nobody}");
        }
    }
    assert_eq!(ada.get("/auth/me").await.json["role"], "user");
    app.stop().await;
}

#[tokio::test]
async fn what_somebody_chose_on_their_page_is_shown_to_nobody_else() {
    let app = TestApp::start().await;
    let (ada, root) = (app.ada().await, app.user("root", Role::Superuser).await);
    let kept = ada.patch("/auth/me", json!({"preferences": {"diary": "mine"}})).await;
    assert_eq!((kept.status, &kept.json["preferences"]["diary"]), (200, &json!("mine")), "{}", kept.text);
    for path in ["/admin/users".to_owned(), format!("/admin/users/{}", id(&ada).await)] {
        let reply = root.get(&path).await;
        assert_eq!(reply.status, 200);
        assert!(!reply.text.contains("diary"), "{path}: {}", reply.text);
    }
    app.stop().await;
}
