//! The list of devices: what it shows, and ending what is on it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tab, with_tab};
use crate::support::PASSWORD;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn items(reply: &crate::support::Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn everybody_sees_where_they_are_signed_in_and_nothing_of_others() {
    let (app, tab) = with_tab().await;
    app.bob().await;
    app.clock.advance(Duration::from_secs(60));
    let firefox = app.stranger().with("user-agent", FIREFOX);
    let reply = firefox.post("/auth/login", json!({"username": "ada", "password": PASSWORD})).await;
    let firefox = Tab::keep(app.stranger(), &reply);
    let list = items(&firefox.program().get("/auth/sessions").await);
    assert_eq!(list.len(), 3);
    let newest = &list[0];
    assert_eq!(
        (&newest["agent"], &newest["address"], &newest["how"], &newest["current"]),
        (&json!("Firefox on Linux"), &json!("127.0.0.x"), &json!("password"), &json!(true))
    );
    for field in ["id", "created_at", "last_seen_at", "expires_at"] {
        assert!(newest[field].is_string(), "{field}");
    }
    assert_eq!(list.iter().filter(|session| session["current"] == true).count(), 1);
    assert!(!list.iter().any(|session| session.to_string().contains("127.0.0.1")));
    // What has ended or run out is not there.
    tab.program().post("/auth/logout", json!({})).await;
    assert_eq!(items(&firefox.program().get("/auth/sessions").await).len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn one_device_is_signed_out_or_all_others() {
    let (app, here) = with_tab().await;
    let (there, third) = (Tab::open(&app, "ada").await, Tab::open(&app, "ada").await);
    let own = items(&there.program().get("/auth/sessions").await);
    let id = own.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap();
    let path = format!("/auth/sessions/{id}");
    let bob = app.bob().await;
    assert_eq!(bob.delete(&path).await.problem(), (404, "not_found"));
    assert_eq!(there.me().await, 200);
    assert_eq!(here.program().delete(&path).await.status, 204);
    assert_eq!((here.me().await, there.me().await, third.me().await), (200, 401, 200));
    there.is_refused().await;
    assert_eq!(here.program().delete(&path).await.problem(), (404, "not_found"));
    assert_eq!(here.program().delete("/auth/sessions/x").await.problem(), (404, "not_found"));
    assert_eq!(here.program().delete("/auth/sessions").await.status, 204);
    assert_eq!((here.me().await, third.me().await), (200, 401));
    assert_eq!(bob.get("/auth/me").await.status, 200);
    assert_eq!(items(&here.program().get("/auth/sessions").await).len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_device_was_seen_within_a_minute_and_not_every_request_is_written() {
    let (app, tab) = with_tab().await;
    let seen = async || items(&tab.program().get("/auth/sessions").await)[0]["last_seen_at"].clone();
    let first = seen().await;
    app.clock.advance(Duration::from_secs(59));
    tab.me().await;
    app.app.accounts.store_seen().await.unwrap();
    assert_eq!(seen().await, first);
    app.clock.advance(Duration::from_secs(1));
    tab.me().await;
    app.app.accounts.store_seen().await.unwrap();
    assert_ne!(seen().await, first);
    app.stop().await;
}

#[tokio::test]
async fn the_device_used_least_lately_gives_way_to_the_hundred_and_first() {
    let (app, first) = with_tab().await;
    for _ in 0..100 {
        app.clock.advance(Duration::from_secs(1));
        Tab::open(&app, "ada").await;
    }
    assert_eq!(first.me().await, 401);
    let living = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL";
    assert_eq!(app.count(living).await, 100);
    app.stop().await;
}
