//! How long, from where and how many: what bounds a key, and what one may not be made of.

use std::time::Duration;

use jarvis::users::Role;
use serde_json::{Value, json};

use super::{is_out, made, program};
use crate::held::meeting;
use crate::support::TestApp;

const DAY: Duration = Duration::from_secs(60 * 60 * 24);

#[tokio::test]
async fn a_key_ends_on_its_day() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let reply = made(&ada, json!({"name": "short", "scopes": ["read"], "expires_in_days": 1})).await;
    let short = app.stranger().with_token(reply.json["key"].as_str().unwrap());
    let forever = program(&app, &ada, &["read"]).await;
    app.clock.advance(DAY - Duration::from_secs(1));
    assert_eq!(short.get("/auth/me").await.status, 200);
    let mut socket = short.socket().await;
    app.clock.advance(Duration::from_secs(1));
    is_out(&short).await;
    // The socket that it opened does nothing any more.
    socket.say(json!({"type": "message", "message": "hi"})).await;
    assert_eq!(socket.closed().await, 4403);
    app.clock.advance(DAY * 1000);
    assert_eq!(forever.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_key_works_from_its_networks_alone() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for (addresses, inside) in [
        (json!(["127.0.0.0/8"]), true),
        (json!(["::ffff:127.0.0.1"]), true),
        (json!(["192.0.2.0/24", "127.0.0.1/32"]), true),
        (json!(["192.0.2.0/24"]), false),
        (json!(["127.0.0.2"]), false),
        (json!(["::/0"]), false),
        (json!(["0.0.0.0/0"]), true),
    ] {
        let reply = made(&ada, json!({"name": "x", "scopes": ["read"], "addresses": addresses})).await;
        let client = app.stranger().with_token(reply.json["key"].as_str().unwrap());
        // What a client says about where it is means nothing.
        let client = client.with("x-forwarded-for", "192.0.2.7").with("forwarded", "for=192.0.2.7");
        if inside {
            assert_eq!(client.get("/auth/me").await.status, 200, "{addresses}");
        } else {
            is_out(&client).await;
            assert_eq!(client.raw_socket().await.closed().await, 4401, "{addresses}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn making_and_deleting_keys_needs_a_recent_proof() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let id = made(&ada, json!({"name": "x", "scopes": ["read"]})).await.id();
    app.clock.advance(Duration::from_secs(5 * 60));
    for reply in [
        ada.post("/auth/keys", json!({"name": "y", "scopes": ["read"]})).await,
        ada.delete(&format!("/auth/keys/{id}")).await,
    ] {
        assert_eq!(reply.problem(), (403, "recent_proof_required"));
    }
    assert_eq!(ada.get("/auth/keys").await.json["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn the_keys_of_a_person_are_bounded_even_when_made_at_once() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for _ in 0..48 {
        made(&ada, json!({"name": "x", "scopes": ["read"]})).await;
    }
    let more = (0..6).map(|_| ada.post("/auth/keys", json!({"name": "x", "scopes": ["read"]})));
    let more = futures_util::future::join_all(more);
    let replies = meeting(&app, "LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE", 6, more).await;
    let refused = replies.iter().filter(|reply| reply.status == 409).map(|reply| reply.problem().1);
    assert_eq!(refused.collect::<Vec<_>>(), ["too_many_keys"; 4]);
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM api_keys").await, 50);
    app.bob().await.post("/auth/keys", json!({"name": "x", "scopes": ["read"]})).await;
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM api_keys").await, 51);
    app.stop().await;
}

#[tokio::test]
async fn a_key_that_means_nothing_is_a_clear_problem() {
    let app = TestApp::start().await;
    let ada = app.user("ada", Role::Admin).await;
    let with = |field: &str, value: Value| {
        let mut body = json!({"name": "x", "scopes": ["read"]});
        body[field] = value;
        body
    };
    let mut bodies =
        vec![json!({}), json!([]), json!(null), json!({"name": "x"}), json!({"scopes": ["read"]})];
    for name in
        [json!(null), json!(""), json!("  "), json!("a\0b"), json!("a\nb"), json!(7), json!("x".repeat(101))]
    {
        bodies.push(with("name", name));
    }
    for scopes in [
        json!(null),
        json!([]),
        json!("read"),
        json!(["all"]),
        json!(["read", "READ"]),
        json!([null]),
        json!(["*"]),
        json!([""]),
        json!({"read": true}),
    ] {
        bodies.push(with("scopes", scopes));
    }
    for days in [json!(0), json!(-1), json!(367), json!(1.5), json!("7"), json!(4294967297_u64)] {
        bodies.push(with("expires_in_days", days));
    }
    for addresses in [
        json!("127.0.0.1"),
        json!(["localhost"]),
        json!([""]),
        json!(["127.0.0.1/33"]),
        json!(["::/129"]),
        json!(["0x7f000001"]),
        json!([null]),
        json!(["127.0.0.1\0"]),
        json!(["127.0.0.1 10.0.0.0/8"]),
        json!(vec!["10.0.0.1"; 21]),
        json!(null),
    ] {
        bodies.push(with("addresses", addresses));
    }
    for extra in ["id", "key", "hash", "user_id", "prefix"] {
        bodies.push(with(extra, json!("x")));
    }
    for body in bodies {
        assert_eq!(ada.post("/auth/keys", body.clone()).await.problem(), (422, "invalid"), "{body}");
    }
    assert_eq!(ada.delete("/auth/keys/x").await.problem(), (404, "not_found"));
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM api_keys").await, 0);
    app.stop().await;
}
