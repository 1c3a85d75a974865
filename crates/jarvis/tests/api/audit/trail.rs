//! What stays when people go, and when the clock goes back.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use jarvis::clock::Timestamp;
use jarvis::users::Role;
use serde_json::json;

use super::{since, size, verify};
use crate::support::TestApp;

const KNOWN: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_events WHERE data IS NOT NULL";

#[tokio::test]
async fn of_somebody_who_leaves_nothing_is_kept_but_that_it_happened() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    for (name, by_admin) in [("ada", false), ("bob", true)] {
        let person = app.user(name, Role::User).await;
        let id = person.get("/auth/me").await.id();
        person.patch("/auth/me", json!({"email": format!("{name}@elsewhere.example")})).await;
        root.patch(&format!("/admin/users/{id}"), json!({"role": "admin"})).await;
        app.stranger().post("/auth/login", json!({"username": name, "password": "wrong"})).await;
        app.app.audit.settle(false).await.unwrap();
        // One more, which is not written down yet.
        app.stranger().post("/auth/login", json!({"username": name, "password": "wrong"})).await;
        app.app.audit.checkpoint().await.unwrap();
        let person = app.sign_in(name).await;
        let (before, known) = (size(&app).await, app.count(KNOWN).await);
        assert!(known > 5);
        let gone = if by_admin {
            root.delete(&format!("/admin/users/{id}")).await
        } else {
            person.delete("/auth/me").await
        };
        assert_eq!(gone.status, 204, "{}", gone.text);
        app.clock.advance(Duration::from_secs(61));
        app.app.audit.settle(true).await.unwrap();
        let about: Vec<_> = since(&app, 0)
            .await
            .into_iter()
            .filter(|e| [&e.actor, &e.subject].into_iter().flatten().any(|p| p.id.to_string() == id))
            .collect();
        assert!(about.len() >= 6, "{}", about.len());
        for event in &about {
            let by_root = event.actor.as_ref().is_some_and(|actor| actor.id.to_string() != id);
            // What an admin did is the admin's; and what never had anything was not erased.
            assert!(!event.erased || (!by_root && event.kind != "account_deleted"), "{event:?}");
            let is_bare = event.address.is_none() && event.agent.is_none() && event.details.is_empty();
            assert!(by_root || is_bare, "{event:?}");
            assert!(!format!("{event:?}").contains(name), "{event:?}");
        }
        assert!(about.iter().any(|event| event.kind == "account_deleted" && event.seq > before));
        assert!(about.iter().filter(|event| event.erased).count() >= 3);
        let hidden = app
            .count("SELECT CAST(COUNT(*) AS BIGINT) FROM audit_events WHERE data LIKE '%elsewhere.example%'")
            .await;
        assert_eq!(hidden, 0);
        verify(&app).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_jumps_back_dates_nothing_before_what_was() {
    let app = TestApp::start().await;
    app.ada().await;
    app.app.audit.checkpoint().await.unwrap();
    let first = since(&app, 0).await.last().unwrap().at;
    // The clock of another process is a day behind.
    let late = jarvis::clock::Clock::fixed(
        Timestamp::from_micros(first.micros()).minus(Duration::from_secs(86_400)),
    );
    let behind = app.beside_at(late).await;
    behind.audit.note(jarvis::audit::Event::failed(jarvis::audit::Kind::HostRefused));
    behind.audit.settle(true).await.unwrap();
    behind.audit.checkpoint().await.unwrap();
    let times: Vec<Timestamp> = since(&app, 0).await.iter().map(|event| event.at).collect();
    assert!(times.is_sorted() && *times.last().unwrap() == first, "{times:?}");
    assert_eq!(verify(&app).await.vouched_for, size(&app).await);
    behind.db.close().await;
    app.stop().await;
}

#[tokio::test]
async fn checkpoints_are_kept_in_a_file_of_the_owners() {
    let app = TestApp::start().await;
    app.ada().await;
    app.app.audit.checkpoint().await.unwrap();
    // Nothing has come since: no other.
    app.app.audit.checkpoint().await.unwrap();
    let path = app.folder().join("audit").join("checkpoints.jsonl");
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    for (place, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
        assert_eq!(
            std::fs::metadata(place).unwrap().permissions().mode() & 0o777,
            mode,
            "{}",
            place.display()
        );
    }
    app.bob().await;
    app.app.audit.checkpoint().await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    assert_eq!(verify(&app).await.checkpoints, 4);
    app.stop().await;
}
