//! Many at once, and faults in between.

use futures_util::future::join_all;
use jarvis::audit::{Event, Kind};
use jarvis::users::Role;
use serde_json::json;

use super::{kinds_since, size, verify};
use crate::support::TestApp;

/// Twenty people change things at once, two admins change the same people, and notes are written between: nobody waits for ever, nothing is
/// lost, nothing is twice.
#[tokio::test]
async fn changes_at_the_same_time_follow_each_other_in_one_chain() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    let second = app.user("second", Role::Superuser).await;
    let ada = app.ada().await;
    let id = ada.get("/auth/me").await.id();
    let before = size(&app).await;
    let beside = app.beside().await;
    let keys = (0..20).map(|number| {
        let ada = ada.clone();
        async move {
            let made = ada.post("/auth/keys", json!({"name": format!("{number}"), "scopes": ["read"]})).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let gone = ada.delete(&format!("/auth/keys/{}", made.id())).await;
            assert_eq!(gone.status, 204, "{}", gone.text);
        }
    });
    let roles =
        [(&root, "admin"), (&second, "user"), (&root, "user"), (&second, "admin")].map(|(by, role)| {
            let (by, id) = (by.clone(), id.clone());
            async move {
                for _ in 0..5 {
                    let invite = by.post("/admin/invites", json!({"role": "user"})).await;
                    assert_eq!(invite.status, 201, "{role} {id}: {}", invite.text);
                    let gone = by.delete(&format!("/admin/invites/{}", invite.id())).await;
                    assert_eq!(gone.status, 204, "{}", gone.text);
                }
            }
        });
    // Another process on the same database.
    let others = async {
        for number in 0..20 {
            beside.audit.note(Event::failed(Kind::HostRefused).with("number", number));
            beside.audit.settle(false).await.unwrap();
        }
    };
    futures_util::join!(join_all(keys), join_all(roles), others);
    let kinds = kinds_since(&app, before).await;
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    let counts = ["key_made", "keys_revoked", "invite_made", "invite_revoked", "host_refused"].map(count);
    assert_eq!(counts, [20, 20, 20, 20, 20], "{kinds:?}");
    app.app.audit.checkpoint().await.unwrap();
    assert_eq!(verify(&app).await.entries, size(&app).await);
    beside.db.close().await;
    app.stop().await;
}

#[tokio::test]
async fn a_change_without_its_event_does_not_happen() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    // Nothing can be appended any more.
    app.execute("UPDATE audit_head SET size = size - 1").await;
    let request = ada.request(reqwest::Method::POST, "/auth/keys");
    let reply = request.json(&json!({"name": "lamp", "scopes": ["read"]})).send().await.unwrap();
    assert_eq!(reply.status(), 500);
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM api_keys").await, 0);
    app.stop().await;
}
