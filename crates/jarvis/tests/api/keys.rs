//! API keys: what they open, what they never open, and what ends them.

mod bounds;

use std::time::{Duration, Instant};

use jarvis::users::Role;
use jarvis_crypto::ApiKey;
use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp};
use crate::talk::{answered, empty_conversation};

/// Makes a key; the whole answer.
async fn made(owner: &Client, body: Value) -> Reply {
    let reply = owner.post("/auth/keys", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply
}

/// A program with a new key of these scopes.
async fn program(app: &TestApp, owner: &Client, scopes: &[&str]) -> Client {
    let reply = made(owner, json!({"name": "program", "scopes": scopes})).await;
    app.stranger().with_token(reply.json["key"].as_str().unwrap())
}

async fn is_out(client: &Client) {
    assert_eq!(client.get("/auth/me").await.problem(), (401, "unauthenticated"));
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let reply = made(
        &ada,
        json!({"name": " Kitchen lamp ", "scopes": ["read", "chat"], "expires_in_days": 30,
        "addresses": ["127.0.0.1", "::ffff:10.0.0.77/104"]}),
    )
    .await
    .json;
    let key = reply["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("jrv_") && key.len() == 52, "{key}");
    let list = ada.get("/auth/keys").await;
    let mut shown = reply.clone();
    shown.as_object_mut().unwrap().remove("key");
    assert_eq!(list.json, json!({"items": [shown]}));
    assert_eq!(shown["name"], "Kitchen lamp");
    assert_eq!(shown["prefix"], key[..8]);
    assert_eq!(shown["scopes"], json!(["chat", "read"]));
    assert_eq!(shown["addresses"], json!(["127.0.0.1/32", "10.0.0.0/8"]));
    assert_eq!(shown["last_used_at"], Value::Null);
    assert!(!list.text.contains(&key[8..]) && !list.text.contains("hash"), "{}", list.text);
    let rows = "SELECT CAST(COUNT(*) AS BIGINT) FROM api_keys WHERE LENGTH(hash) = 32 AND LENGTH(prefix) = 8";
    assert_eq!(app.count(rows).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_key_works_for_requests_streams_and_sockets() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let program = program(&app, &ada, &["chat"]).await;
    assert_eq!(program.get("/auth/me").await.json["username"], "ada");
    let reply = answered(&mut app, program.post("/chat", json!({"message": "hi"})), &["hello"]).await;
    assert_eq!(reply.json["response"], "hello", "{}", reply.text);
    let stream = program.stream(json!({"message": "again"})).await;
    app.next_call().await.stop().await;
    assert_eq!(stream.all().await.pop().unwrap().0, "message.finished");
    let mut socket = program.socket().await;
    socket.say(json!({"type": "message", "message": "third"})).await;
    socket.until("message.accepted").await;
    app.next_call().await.stop().await;
    socket.until("message.finished").await;
    assert_eq!(ada.get("/conversations").await.json["items"].as_array().unwrap().len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn all_keys_of_a_person_are_deleted_at_once_and_nobody_elses() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (lamp, backup) = (program(&app, &ada, &["read"]).await, program(&app, &ada, &["chat"]).await);
    let bobs = program(&app, &bob, &["read"]).await;
    let mut socket = backup.socket().await;
    // Neither signing out elsewhere nor another password ends what runs by itself.
    assert_eq!(ada.delete("/auth/sessions").await.status, 204);
    let change =
        json!({"current_password": crate::support::PASSWORD, "new_password": "meadow lantern violin 77"});
    assert_eq!(ada.post("/auth/password", change).await.status, 204);
    assert_eq!(lamp.get("/auth/me").await.status, 200);
    // It takes who is there, and lately.
    assert_eq!(lamp.delete("/auth/keys").await.problem().0, 403);
    app.clock.advance(Duration::from_secs(6 * 60));
    assert_eq!(ada.delete("/auth/keys").await.problem(), (403, "recent_proof_required"));
    let proof = json!({"password": "meadow lantern violin 77"});
    assert_eq!(ada.post("/auth/prove", proof).await.status, 204);
    assert_eq!(ada.delete("/auth/keys").await.status, 204);
    is_out(&lamp).await;
    is_out(&backup).await;
    assert_eq!(socket.closed().await, 4403);
    assert_eq!(ada.get("/auth/keys").await.json, json!({"items": []}));
    assert_eq!(bobs.get("/auth/me").await.status, 200);
    // None left is no fault.
    assert_eq!(ada.delete("/auth/keys").await.status, 204);
    app.stop().await;
}

#[tokio::test]
async fn the_operator_may_delete_somebodys_keys_when_signing_them_out() {
    let app = TestApp::start().await;
    let (ada, root) = (app.ada().await, app.user("root", Role::Superuser).await);
    let lamp = program(&app, &ada, &["read"]).await;
    let id = jarvis::ids::UserId(ada.get("/auth/me").await.id().parse().unwrap());
    assert_eq!(root.delete(&format!("/admin/users/{id}/sessions")).await.status, 204);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    assert_eq!(lamp.get("/auth/me").await.status, 200);
    let mut socket = lamp.socket().await;
    app.app.people.end_sessions(jarvis::people::By::Operator, id, true).await.unwrap();
    is_out(&lamp).await;
    assert_eq!(socket.closed().await, 4403);
    app.stop().await;
}

#[tokio::test]
async fn a_key_stands_in_the_header_and_nowhere_else() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let program = program(&app, &ada, &["chat", "read"]).await;
    let key = program.token.clone().unwrap();
    let cookie = format!("jarvis_access={key}; jarvis_refresh={key}");
    is_out(&app.stranger().with("cookie", &cookie)).await;
    is_out(&app.stranger().with("x-api-key", &key)).await;
    is_out(&app.stranger().with("authorization", &format!("Basic {key}"))).await;
    is_out(&app.stranger().with("authorization", &key)).await;
    for query in ["token", "access_token", "key", "api_key", "authorization"] {
        let reply = app.stranger().get(&format!("/auth/me?{query}={key}")).await;
        assert_eq!(reply.problem(), (401, "unauthenticated"));
        let socket = app.stranger().get(&format!("/ws?{query}={key}")).await;
        assert_ne!(socket.status, 101);
    }
    let mut socket = app.stranger().raw_socket().await;
    socket.say(json!({"type": "auth", "token": key})).await;
    assert_eq!(socket.closed().await, 4401);
    let browser = app.stranger().with("cookie", &cookie).with("origin", "http://localhost:8000");
    let mut socket = browser.raw_socket().await;
    assert_eq!(socket.closed().await, 4401);
    // A header that is there wins over a cookie that would be let in.
    let own = format!("jarvis_access={}", ada.token.as_deref().unwrap());
    let both = program.clone().with("cookie", &own).with("sec-fetch-site", "same-origin");
    assert_eq!(both.get("/auth/keys").await.problem(), (403, "session_required"));
    // Nor does it renew or end anything.
    let refresh = app.stranger().post("/auth/refresh", json!({"refresh_token": key})).await;
    assert!(matches!(refresh.status, 401 | 422), "{}", refresh.text);
    assert_eq!(program.post("/auth/logout", json!({})).await.status, 204);
    assert_eq!((program.get("/auth/me").await.status, ada.get("/auth/me").await.status), (200, 200));
    app.stop().await;
}

#[tokio::test]
async fn keys_that_were_changed_or_made_up_are_refused() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let key = program(&app, &ada, &["read"]).await.token.unwrap();
    let flipped = |place: usize| {
        let mut bytes = key.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let mut forged: Vec<String> = (4..key.len()).map(flipped).collect();
    forged.extend((0..20).map(|_| ApiKey::generate().unwrap().expose().to_owned()));
    forged.extend([
        key[..key.len() - 1].to_owned(),
        format!("{key}A"),
        format!("{key}="),
        format!("{key} {key}"),
        format!("{key},{key}"),
        key[4..].to_owned(),
        key.to_uppercase(),
        key.to_lowercase(),
        key.replacen("jrv_", "jrt_", 1),
        key.replacen("jrv_", "JRV_", 1),
        format!("jrv_{key}"),
        "jrv_".to_owned(),
        "jrv_null".to_owned(),
        "jrv_' OR '1'='1".to_owned(),
        format!("jrv_{}", "A".repeat(48)),
        format!("jrv_{}", "A".repeat(8_000)),
    ]);
    assert!(forged.len() > 80);
    for token in forged {
        assert_ne!(token, key);
        let reply = app.stranger().with_token(&token).get("/auth/me").await;
        assert!(
            matches!(reply.problem(), (401, "unauthenticated") | (429, "rate_limited")),
            "{token}: {}",
            reply.text
        );
    }
    assert_eq!(app.stranger().with_token(&key).get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn on_the_socket_too_a_key_does_what_its_scopes_say() {
    let app = TestApp::start().await;
    let ada = app.user("ada", Role::Admin).await;
    let id = empty_conversation(&ada).await;
    for scope in ["read", "admin"] {
        let mut socket = program(&app, &ada, &[scope]).await.socket().await;
        socket.say(json!({"type": "subscribe", "conversation_id": id})).await;
        socket.until("subscribed").await;
        for frame in [
            json!({"type": "message", "message": "hi", "conversation_id": id}),
            json!({"message": "hi"}),
            json!({"type": "stop", "conversation_id": id}),
        ] {
            socket.say(frame.clone()).await;
            assert_eq!(socket.refusal().await["code"], "insufficient_scope", "{frame}");
        }
    }
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM messages").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn the_last_use_of_a_key_is_noted_once_a_minute() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let program = program(&app, &ada, &["read"]).await;
    let noted =
        async || ada.get("/auth/keys").await.json["items"][0]["last_used_at"].as_str().map(str::to_owned);
    assert_eq!(noted().await, None);
    program.get("/auth/me").await;
    let first = noted().await;
    assert!(first.is_some());
    app.clock.advance(Duration::from_secs(59));
    program.get("/auth/me").await;
    assert_eq!(noted().await, first);
    app.clock.advance(Duration::from_secs(1));
    program.get("/auth/me").await;
    assert!(noted().await > first);
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_key_is_out_at_once_with_all_it_has_open() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let reply = made(&ada, json!({"name": "lost", "scopes": ["chat"]})).await.json;
    let lost = app.stranger().with_token(reply["key"].as_str().unwrap());
    let path = format!("/auth/keys/{}", reply["id"].as_str().unwrap());
    let other = program(&app, &ada, &["chat"]).await;
    let (mut socket, mut page, mut kept) = (lost.socket().await, ada.socket().await, other.socket().await);
    let mut stream = lost.stream(json!({"message": "Secrets?"})).await;
    let call = app.next_call().await;
    call.text("One, ").await;
    while stream.next().await.unwrap().0 != "message.delta" {}
    // Not by somebody else, whoever that is.
    let (bob, root) = (app.bob().await, app.user("root", Role::Superuser).await);
    for stranger in [&bob, &root] {
        assert_eq!(stranger.delete(&path).await.problem(), (404, "not_found"));
    }
    assert_eq!(lost.get("/auth/me").await.status, 200);
    let asked = Instant::now();
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(socket.closed().await, 4403);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    call.text("two.").await;
    call.stop().await;
    assert_eq!(stream.all().await, []);
    is_out(&lost).await;
    assert_eq!(ada.delete(&path).await.problem(), (404, "not_found"));
    for socket in [&mut page, &mut kept] {
        socket.say(json!({"type": "ping"})).await;
        socket.until("pong").await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_key_is_never_more_than_its_owner() {
    let app = TestApp::start().await;
    let (ada, root) = (app.ada().await, app.user("root", Role::Superuser).await);
    let refused = ada.post("/auth/keys", json!({"name": "x", "scopes": ["admin"]})).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let admin = app.user("admin", Role::Admin).await;
    let program = program(&app, &admin, &["admin"]).await;
    assert_eq!(program.get("/admin/users").await.status, 200);
    let id = admin.get("/auth/me").await.id();
    assert_eq!(root.patch(&format!("/admin/users/{id}"), json!({"role": "user"})).await.status, 200);
    assert_eq!(program.get("/admin/users").await.problem(), (403, "forbidden"));
    assert_eq!(program.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_key_of_somebody_who_must_enrol_a_second_factor_opens_nothing() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let ada = app.ada().await;
    let program = program(&app, &ada, &["chat", "read"]).await;
    let mut socket = program.socket().await;
    app.execute("UPDATE users SET role = 'admin' WHERE username = 'ada'").await;
    for reply in [program.get("/models").await, program.post("/chat", json!({"message": "hi"})).await] {
        assert_eq!(reply.problem(), (403, "second_factor_enrolment_required"));
    }
    socket.say(json!({"type": "message", "message": "hi"})).await;
    assert_eq!(socket.closed().await, 4403);
    assert_eq!(program.raw_socket().await.closed().await, 4403);
    app.stop().await;
}

#[tokio::test]
async fn whoever_tries_keys_is_slowed_and_keeps_nobody_out() {
    let app = TestApp::start().await;
    let good = program(&app, &app.ada().await, &["read"]).await;
    let mut answers = Vec::new();
    for _ in 0..60 {
        let wrong = ApiKey::generate().unwrap();
        answers.push(app.stranger().with_token(wrong.expose()).get("/auth/me").await.status);
    }
    assert!(answers[..40].iter().all(|status| *status == 401), "{answers:?}");
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    assert_eq!(good.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_key_proves_nothing_about_who_is_there() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    let ada = app.ada().await;
    let program = program(&app, &root, &["chat", "read", "admin"]).await;
    let id = ada.get("/auth/me").await.id();
    for reply in [
        program.post("/auth/keys", json!({"name": "child", "scopes": ["admin"]})).await,
        program.get("/auth/keys").await,
        program.post("/admin/invites", json!({"role": "superuser"})).await,
        program.patch(&format!("/admin/users/{id}"), json!({"role": "superuser"})).await,
        program.delete(&format!("/admin/users/{id}")).await,
        program.post(&format!("/admin/users/{id}/reset-2fa"), json!({})).await,
    ] {
        assert_eq!(reply.problem(), (403, "session_required"));
    }
    assert_eq!(program.delete(&format!("/admin/users/{id}/sessions")).await.status, 204);
    assert_eq!(ada.get("/auth/me").await.status, 401);
    app.stop().await;
}
