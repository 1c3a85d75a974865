//! What is another person's does not exist: not for their neighbour, not for an admin, not for a key.

use jarvis::users::Role;
use serde_json::{Value, json};

use super::expected::{Expected, table};
use crate::support::{Client, TestApp};
use crate::talk::conversation;

/// A passkey of Ada's, put there without its ceremony: for SQLite and for PostgreSQL.
const PASSKEY: &str = "01a202f6-9c47-748e-ab19-d6261ae385b5";
const PASSKEY_OF_ADA: (&str, &str) = (
    "INSERT INTO passkeys (id, user_id, credential_id, name, credential, created_at)
     SELECT X'01A202F69C47748EAB19D6261AE385B5', id, X'01', 'hers', '{}', 1 FROM users WHERE username = 'ada'",
    "INSERT INTO passkeys (id, user_id, credential_id, name, credential, created_at)
     SELECT '01a202f6-9c47-748e-ab19-d6261ae385b5', id, '\\x01', 'hers', '{}', 1 FROM users WHERE username = 'ada'",
);

/// And an identity of hers.
const IDENTITY: &str = "01a202f6-9c47-748e-ab19-d6261ae385b6";
const IDENTITY_OF_ADA: (&str, &str) = (
    "INSERT INTO identities (id, user_id, issuer, subject, label, created_at)
     SELECT X'01A202F69C47748EAB19D6261AE385B6', id, 'https://id.example', '1', 'hers', 1 FROM users WHERE username = 'ada'",
    "INSERT INTO identities (id, user_id, issuer, subject, label, created_at)
     SELECT '01a202f6-9c47-748e-ab19-d6261ae385b6', id, 'https://id.example', '1', 'hers', 1 FROM users WHERE username = 'ada'",
);

/// A body that fits, so that nothing but the owner is left to refuse for.
fn body(row: &Expected) -> Value {
    match (row.method.as_str(), row.path) {
        ("PATCH", "/conversations/{id}") => json!({"title": "mine now"}),
        ("POST", "/conversations/{id}/messages") => json!({"message": "mine now"}),
        ("PATCH", "/auth/passkeys/{id}") => json!({"name": "mine now"}),
        _ => json!({}),
    }
}

async fn tried(client: &Client, row: &Expected, id: &str) -> (u16, String) {
    let request = client.request(row.method.clone(), &row.path.replace("{id}", id));
    let reply = Client::send(request.json(&body(row))).await;
    let (status, code) = reply.problem();
    (status, code.to_owned())
}

async fn key(app: &TestApp, owner: &Client, scopes: Value) -> Client {
    let reply = owner.post("/auth/keys", json!({"name": "stranger", "scopes": scopes})).await;
    app.stranger().with_token(reply.json["key"].as_str().unwrap())
}

#[tokio::test]
async fn what_is_another_persons_does_not_exist() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let conversation = conversation(&mut app, &ada, "hello", "hi").await;
    let lamp = ada.post("/auth/keys", json!({"name": "lamp", "scopes": ["read"]})).await.json;
    let session = ada.get("/auth/sessions").await.json["items"][0]["id"].as_str().unwrap().to_owned();
    let root = app.user("root", Role::Superuser).await;
    app.execute(if app.on_postgres() { PASSKEY_OF_ADA.1 } else { PASSKEY_OF_ADA.0 }).await;
    app.execute(if app.on_postgres() { IDENTITY_OF_ADA.1 } else { IDENTITY_OF_ADA.0 }).await;
    let invite = root.post("/admin/invites", json!({"role": "admin"})).await.id();
    let (bob, admin) = (app.bob().await, app.user("admin", Role::Admin).await);
    let programs = [
        key(&app, &root, json!(["chat", "read", "admin"])).await,
        key(&app, &bob, json!(["chat", "read"])).await,
    ];
    let mut tested = 0;
    for row in table() {
        let (id, strangers) = match row.object {
            None => continue,
            // Who may look after whom is in people/rights.rs.
            Some("person") => continue,
            Some("conversation") => {
                (conversation.as_str(), vec![&bob, &admin, &root, &programs[0], &programs[1]])
            }
            Some("key") => (lamp["id"].as_str().unwrap(), vec![&bob, &admin, &root]),
            Some("session") => (session.as_str(), vec![&bob, &admin, &root]),
            Some("passkey") => (PASSKEY, vec![&bob, &admin, &root]),
            Some("identity") => (IDENTITY, vec![&bob, &admin, &root]),
            // A greater invitation than an admin may give.
            Some("invite") => (invite.as_str(), vec![&admin]),
            Some(other) => panic!("make a {other} for {row:?}"),
        };
        for stranger in strangers {
            assert_eq!(tried(stranger, &row, id).await, (404, "not_found".to_owned()), "{row:?}");
            tested += 1;
        }
    }
    assert!(tested >= 45, "{tested}");

    let kept = "SELECT CAST(COUNT(*) AS BIGINT) FROM passkeys WHERE name = 'hers'";
    assert_eq!(app.count(kept).await, 1);
    let kept = "SELECT CAST(COUNT(*) AS BIGINT) FROM identities WHERE label = 'hers'";
    assert_eq!(app.count(kept).await, 1);
    // Nothing of that has changed anything.
    assert_eq!(ada.get(&format!("/conversations/{conversation}")).await.json["title"], "hello");
    assert_eq!(ada.messages(&conversation).await.len(), 2);
    assert_eq!(app.stranger().with_token(lamp["key"].as_str().unwrap()).get("/auth/me").await.status, 200);
    assert_eq!(root.get("/admin/invites").await.json["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

/// The same by other ways than the path: in a body, and on the socket.
#[tokio::test]
async fn another_persons_conversation_is_not_reached_through_a_side_door() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "hello", "hi").await;
    let root = app.user("root", Role::Superuser).await;
    let program = key(&app, &root, json!(["chat", "read", "admin"])).await;
    for client in [&app.bob().await, &root, &program] {
        let body = json!({"message": "mine now", "conversation_id": id});
        assert_eq!(client.post("/chat", body).await.problem(), (404, "not_found"));
        let mut socket = client.socket().await;
        for kind in ["subscribe", "stop", "message"] {
            socket.say(json!({"type": kind, "conversation_id": id, "message": "x"})).await;
            let frame = socket.next().await;
            assert_eq!(frame["type"], "error", "{kind}: {frame}");
        }
        socket.say(json!({"type": "subscribe", "conversation_id": id})).await;
        assert_eq!(socket.next().await["code"], "not_found");
    }
    assert_eq!(ada.get(&format!("/conversations/{id}")).await.status, 200);
    app.stop().await;
}
