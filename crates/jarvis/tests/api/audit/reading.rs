//! Who may read the trail, and how it is found in it what one looks for.

use jarvis::users::Role;
use serde_json::{Value, json};

use super::{kinds_since, size};
use crate::support::{Client, TestApp};

async fn items(client: &Client, query: &str) -> Vec<Value> {
    let reply = client.get(&format!("/admin/audit{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["items"].as_array().unwrap().clone()
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_event_says_who_did_what_to_whom_from_where_and_how_it_ended() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    let ada = app.ada().await.get("/auth/me").await.id();
    let firefox = root.clone().with("user-agent", "Mozilla/5.0");
    let reply = firefox.patch(&format!("/admin/users/{ada}"), json!({"role": "admin"})).await;
    let request_id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
    let found = items(&root, "?kinds=role_changed").await;
    let [event] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(event["at"], "2026-11-18T11:06:40.000Z");
    assert_eq!(
        (&event["outcome"], &event["via"], &event["times"]),
        (&json!("success"), &json!("request"), &json!(1))
    );
    assert_eq!(event["actor"]["username"], "root");
    assert_eq!(event["subject"], json!({"id": ada, "username": "ada"}));
    assert_eq!((&event["address"], &event["agent"]), (&json!("127.0.0.x"), &json!("Mozilla/5.0")));
    assert_eq!(event["request_id"], request_id.as_str());
    assert_eq!(event["details"], json!({"from": "user", "to": "admin"}));
    assert_eq!(event["erased"], false);
    app.stop().await;
}

#[tokio::test]
async fn what_is_refused_is_told_with_the_reason() {
    let app = TestApp::start().await;
    let (root, ada) = (app.user("root", Role::Superuser).await, app.ada().await);
    let me = ada.get("/auth/me").await.id();
    let before = size(&app).await;
    let stranger = app.stranger();
    let login = |name: &str, password: &str| json!({"username": name, "password": password});
    assert_eq!(stranger.post("/auth/login", login("ada", "wrong")).await.status, 401);
    assert_eq!(stranger.post("/auth/login", login("nobody here", "wrong")).await.status, 401);
    assert_eq!(stranger.clone().with("host", "evil.example").get("/health").await.status, 400);
    let foreign = stranger.clone().with("origin", "https://evil.example");
    assert_eq!(foreign.post("/auth/login", login("ada", "wrong")).await.status, 403);
    assert_eq!(ada.get("/admin/users").await.status, 403);
    assert_eq!(ada.get("/conversations/01a202f6-9c47-748e-ab19-d6261ae385b4").await.status, 404);
    assert_eq!(ada.post("/chat", json!({"message": "<script>alert(1)</script>"})).await.status, 422);
    let told = super::since(&app, before).await;
    let told: Vec<(&str, Option<String>, Value)> = told
        .iter()
        .map(|e| {
            assert_eq!(e.outcome, "failure");
            let about = e.subject.as_ref().or(e.actor.as_ref());
            (e.kind.as_str(), about.map(|p| p.id.to_string()), json!(e.details))
        })
        .collect();
    let hers = || Some(me.clone());
    assert_eq!(
        told,
        [
            ("sign_in_failed", hers(), json!({"way": "password", "why": "password"})),
            // Never what was typed: it may have been the password.
            ("sign_in_failed", None, json!({"way": "password", "why": "unknown"})),
            ("host_refused", None, json!({"code": "host_refused", "route": "/health"})),
            ("origin_refused", None, json!({"code": "origin_refused", "route": "/auth/login"})),
            ("access_refused", hers(), json!({"code": "forbidden", "route": "/admin/users"})),
            ("access_refused", hers(), json!({"code": "not_found", "route": "/conversations/{id}"})),
            ("input_refused", hers(), json!({"code": "dangerous_content", "route": "/chat"})),
        ]
    );
    drop(root);
    app.stop().await;
}

#[tokio::test]
async fn a_page_follows_the_other_and_what_comes_meanwhile_is_told_to_who_asks_again() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    for _ in 0..5 {
        app.sign_in("root").await;
    }
    let all = items(&root, "?kinds=sign_in").await;
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by_key(|item| std::cmp::Reverse(item["seq"].as_i64())));
    let (mut paged, mut before) = (Vec::new(), String::new());
    loop {
        let page = root.get(&format!("/admin/audit?kinds=sign_in&limit=4{before}")).await.json;
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);

    app.app.audit.settle(true).await.unwrap();
    let latest = root.get("/admin/audit").await.json["latest"].as_i64().unwrap();
    let reply = root.get(&format!("/admin/audit?kinds=sign_in&after={latest}")).await.json;
    assert_eq!((&reply["items"], &reply["next"]), (&json!([]), &Value::Null));
    for _ in 0..3 {
        app.sign_in("root").await;
    }
    let two = root.get(&format!("/admin/audit?kinds=sign_in&limit=2&after={latest}")).await.json;
    let rest = two["latest"].as_i64().unwrap();
    let one = root.get(&format!("/admin/audit?kinds=sign_in&limit=2&after={rest}")).await.json;
    let seqs = |page: &Value| {
        page["items"].as_array().unwrap().iter().map(|i| i["seq"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((seqs(&two).len(), seqs(&one).len()), (2, 1), "{two} {one}");
    assert!(seqs(&two)[0] > seqs(&two)[1] && seqs(&one)[0] > seqs(&two)[0]);
    app.stop().await;
}

#[tokio::test]
async fn only_what_is_looked_for_is_found() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    let ada = app.ada().await.get("/auth/me").await.id();
    root.patch(&format!("/admin/users/{ada}"), json!({"is_active": false})).await;
    app.stranger().post("/auth/login", json!({"username": "ada", "password": "wrong"})).await;
    app.app.audit.settle(false).await.unwrap();
    let me = root.get("/auth/me").await.id();
    let about = items(&root, &format!("?subject={ada}")).await;
    assert_eq!(kinds(&about), ["sign_in_failed", "account_disabled", "sign_in", "account_made"]);
    assert_eq!(kinds(&items(&root, &format!("?subject={ada}&actor={me}")).await), ["account_disabled"]);
    assert_eq!(kinds(&items(&root, &format!("?subject={ada}&outcome=failure")).await), ["sign_in_failed"]);
    let two = "?kinds=sign_in_failed,account_disabled";
    assert_eq!(kinds(&items(&root, two).await), ["sign_in_failed", "account_disabled"]);
    assert_eq!(items(&root, "?until=2026-11-18T11:06:40Z").await, Vec::<Value>::new());
    assert_eq!(items(&root, "?kinds=account_disabled&from=2026-11-18T12:06:40%2B01:00").await.len(), 1);
    for bad in [
        "?kinds=sign",
        "?kinds=sign_in;",
        "?outcome=maybe",
        "?from=yesterday",
        "?until=2026-11-18",
        "?before=0",
        "?after=-1",
        "?before=3&after=3",
        "?limit=0",
        "?limit=201",
        "?limit=x",
        "?actor=ada",
        "?more=1",
    ] {
        let reply = root.get(&format!("/admin/audit{bad}")).await;
        assert!(matches!(reply.status, 400 | 422), "{bad}: {}", reply.text);
        assert_eq!(reply.problem().0, reply.status);
    }
    app.stop().await;
}

#[tokio::test]
async fn reading_is_an_event_itself_and_many_in_a_row_are_two() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    let before = size(&app).await;
    for _ in 0..20 {
        assert_eq!(root.get("/admin/audit").await.status, 200);
    }
    assert_eq!(root.get("/admin/users").await.status, 200);
    assert_eq!(kinds_since(&app, before).await, ["audit_read", "people_read"]);
    app.clock.advance(std::time::Duration::from_secs(60));
    let told = super::since(&app, before).await;
    assert_eq!(
        told.iter().map(|e| (e.kind.as_str(), e.times)).collect::<Vec<_>>(),
        [("audit_read", 1), ("people_read", 1), ("audit_read", 19)]
    );
    assert!(told.iter().all(|e| e.actor.as_ref().is_some_and(|p| p.username.as_deref() == Some("root"))));
    app.stop().await;
}

/// The data of one line as they stand there, to the byte.
fn raw(text: &str, seq: i64) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("{{\"seq\":{seq},"))).unwrap();
    let (_, rest) = line.split_once("\"data\":").unwrap();
    rest.split_once(",\"salt\":").unwrap().0.to_owned()
}

#[tokio::test]
async fn an_export_has_a_line_for_each_event_and_what_it_takes_to_check_it() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    for _ in 0..20 {
        app.sign_in("root").await;
    }
    let size = size(&app).await;
    let reply = root.get("/admin/audit/export").await;
    assert_eq!(
        (reply.status, reply.headers["content-type"].to_str().unwrap()),
        (200, "application/x-ndjson")
    );
    let lines: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|line| line["seq"].as_i64().unwrap()).collect::<Vec<_>>(),
        (1..=size).collect::<Vec<_>>()
    );
    for line in &lines {
        let hex = |name: &str| line[name].as_str().unwrap().to_owned();
        let salt = jarvis_crypto::ledger::hex::decode(&hex("salt")).unwrap();
        let at = line["seq"].as_i64().unwrap();
        let cloak = jarvis_crypto::ledger::cloak(&salt, raw(&reply.text, at).as_bytes());
        assert_eq!(jarvis_crypto::ledger::hex::encode(&cloak), hex("cloak"));
    }
    let some = root.get(&format!("/admin/audit/export?kinds=sign_in&after={}", size - 2)).await;
    assert_eq!(some.text.lines().count(), 2);
    let status = root.get("/admin/audit/status").await.json;
    assert_eq!((&status["vouched_for"], &status["checkpoint_at"]), (&json!(0), &Value::Null));
    app.app.audit.checkpoint().await.unwrap();
    let status = root.get("/admin/audit/status").await.json;
    assert_eq!(status["vouched_for"], status["size"]);
    app.stop().await;
}
