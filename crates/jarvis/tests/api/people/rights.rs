//! Who may look after whom, and who stays whatever happens.

use jarvis::users::Role;
use serde_json::json;

use super::id;
use crate::support::{Client, Reply, TestApp};

/// Everything that can be done to another account, the gentlest first.
async fn attempts(actor: &Client, target: &str) -> Vec<Reply> {
    let path = format!("/admin/users/{target}");
    vec![
        actor.delete(&format!("{path}/sessions")).await,
        actor.post(&format!("{path}/reset-2fa"), json!({})).await,
        actor.patch(&path, json!({"is_active": false})).await,
        actor.patch(&path, json!({"is_active": true})).await,
        actor.delete(&path).await,
    ]
}

#[tokio::test]
async fn an_admin_looks_after_users_alone() {
    let app = TestApp::start().await;
    let admin = app.user("admin", Role::Admin).await;
    let (other, root) = (app.user("other", Role::Admin).await, app.user("root", Role::Superuser).await);
    for target in [&other, &root] {
        for reply in attempts(&admin, &id(target).await).await {
            assert_eq!(reply.problem(), (403, "forbidden"));
        }
        assert_eq!(target.get("/auth/me").await.json["is_active"], true);
    }
    let ada = app.ada().await;
    let ada_path = format!("/admin/users/{}", id(&ada).await);
    for role in ["admin", "superuser"] {
        assert_eq!(
            admin.patch(&ada_path, json!({"role": role})).await.problem(),
            (403, "forbidden"),
            "{role}"
        );
        // Nor in the shadow of something that is allowed.
        let both = json!({"is_active": false, "role": role});
        assert_eq!(admin.patch(&ada_path, both).await.problem(), (403, "forbidden"), "{role}");
    }
    assert_eq!(ada.get("/auth/me").await.json["role"], "user");
    for reply in attempts(&admin, &id(&ada).await).await {
        assert!(matches!(reply.status, 200 | 204), "{}", reply.text);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_user_looks_after_nobody() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let target = id(&bob).await;
    let path = format!("/admin/users/{target}");
    let mut replies = attempts(&ada, &target).await;
    replies.push(ada.get("/admin/users").await);
    replies.push(ada.get(&path).await);
    replies.push(ada.patch(&path, json!({"role": "admin"})).await);
    replies.push(ada.get("/admin/invites").await);
    replies.push(ada.post("/admin/invites", json!({"role": "user"})).await);
    for reply in replies {
        assert_eq!(reply.problem(), (403, "forbidden"));
    }
    assert_eq!(bob.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn nobody_changes_their_own_account_here() {
    let app = TestApp::start().await;
    let (admin, root) = (app.user("admin", Role::Admin).await, app.user("root", Role::Superuser).await);
    app.user("second", Role::Superuser).await;
    for actor in [&admin, &root] {
        let own = id(actor).await;
        for reply in attempts(actor, &own).await {
            assert_eq!(reply.problem(), (403, "not_yourself"));
        }
        for role in ["user", "admin", "superuser"] {
            let reply = actor.patch(&format!("/admin/users/{own}"), json!({"role": role})).await;
            assert_eq!(reply.problem(), (403, "not_yourself"));
        }
        assert_eq!(actor.get("/auth/me").await.status, 200);
    }
    app.stop().await;
}

/// Two superusers who go for each other at the same moment, by each of the ways there are.
#[tokio::test]
async fn of_two_superusers_who_unseat_each_other_at_once_one_stays() {
    for way in ["demote", "disable", "delete", "one of each"] {
        for round in 0..3 {
            let app = TestApp::start().await;
            let (one, two) = (app.user("one", Role::Superuser).await, app.user("two", Role::Superuser).await);
            let strike = async |actor: &Client, way: &str, path: &str| match way {
                "demote" => actor.patch(path, json!({"role": "user"})).await.status,
                "disable" => actor.patch(path, json!({"is_active": false})).await.status,
                _ => actor.delete(path).await.status,
            };
            let (path_one, path_two) =
                (format!("/admin/users/{}", id(&one).await), format!("/admin/users/{}", id(&two).await));
            let ways = if way == "one of each" { ("disable", "delete") } else { (way, way) };
            let (a, b) = tokio::join!(strike(&one, ways.0, &path_two), strike(&two, ways.1, &path_one));
            let won = [a, b].into_iter().filter(|status| matches!(status, 200 | 204)).count();
            assert_eq!(won, 1, "{way}, round {round}: {a} {b}");
            let left = "SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE role = 'superuser' AND is_active";
            assert_eq!(app.count(left).await, 1, "{way}, round {round}: {a} {b}");
            app.stop().await;
        }
    }
}

/// Many who strike at once, not only each at the other: in a ring.
#[tokio::test]
async fn in_a_ring_of_superusers_somebody_stays() {
    let app = TestApp::start().await;
    let mut ring = Vec::new();
    for name in ["one", "two", "three", "four", "five", "six"] {
        let client = app.user(name, Role::Superuser).await;
        let path = format!("/admin/users/{}", id(&client).await);
        ring.push((client, path));
    }
    let strikes = ring.iter().enumerate().map(|(place, (client, _))| {
        let path = &ring[(place + 1) % ring.len()].1;
        client.patch(path, json!({"role": "user"}))
    });
    let replies = futures_util::future::join_all(strikes).await;
    let won = replies.iter().filter(|reply| reply.status == 200).count();
    let left = "SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE role = 'superuser' AND is_active";
    let left = app.count(left).await;
    assert!(left >= 1, "{replies:?}");
    assert_eq!(usize::try_from(left).unwrap() + won, ring.len(), "{replies:?}");
    app.stop().await;
}

#[tokio::test]
async fn the_last_superuser_is_not_unseated_by_a_disabled_one() {
    let app = TestApp::start().await;
    let (one, two) = (app.user("one", Role::Superuser).await, app.user("two", Role::Superuser).await);
    let (path_one, path_two) =
        (format!("/admin/users/{}", id(&one).await), format!("/admin/users/{}", id(&two).await));
    assert_eq!(one.patch(&path_two, json!({"is_active": false})).await.status, 200);
    assert_eq!(two.patch(&path_one, json!({"role": "user"})).await.problem(), (401, "unauthenticated"));
    // From the shell, where no role is asked for, the rule is the same.
    use jarvis::people::{By, Changes};
    let last = app.app.people.find("one").await.unwrap();
    for changes in [
        Changes { role: Some(Role::Admin), ..Changes::default() },
        Changes { is_active: Some(false), ..Changes::default() },
    ] {
        let refused = app.app.people.update(By::Operator, last, changes).await;
        assert!(
            matches!(refused, Err(jarvis::error::Error::Conflict(jarvis::error::Why::LastSuperuser))),
            "{refused:?}"
        );
    }
    assert!(app.app.people.delete(By::Operator, last).await.is_err());
    // Disabled, the second does not count; enabled, it does.
    assert_eq!(one.patch(&path_two, json!({"is_active": true})).await.status, 200);
    let changes = Changes { is_active: Some(false), ..Changes::default() };
    app.app.people.update(By::Operator, last, changes).await.unwrap();
    assert_eq!(one.get("/auth/me").await.status, 401);
    app.stop().await;
}
