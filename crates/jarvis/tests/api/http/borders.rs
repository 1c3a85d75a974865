//! Which names we answer to, and which other sites may read.

use reqwest::Method;
use serde_json::json;

use super::{answers_to, is_guarded, statuses};
use crate::support::{Client, TestApp};

#[tokio::test]
async fn only_our_own_names_are_answered_with_or_without_a_port() {
    let app = TestApp::start().await;
    for host in ["127.0.0.1", "localhost", "LocalHost:1", "[::1]", "[::1]:8000"] {
        assert_eq!(app.stranger().with("host", host).get("/health/live").await.status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "[::2]",
        "127.0.0.1:x",
        "localhost@evil.example",
    ] {
        let client = app.stranger().with("host", host).with("x-forwarded-host", "localhost");
        for path in ["/health/live", "/", "/nothing", "/ws"] {
            let reply = client.get(path).await;
            assert_eq!(reply.problem(), (400, "host_refused"), "{host} {path}");
            is_guarded(&reply);
        }
        let login = client.post("/auth/login", json!({})).await;
        assert_eq!(login.problem(), (400, "host_refused"), "{host}");
    }
    app.stop().await;
}

#[tokio::test]
async fn no_host_and_two_hosts_are_refused() {
    let app = TestApp::start().await;
    for hosts in [
        "",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host:\r\n",
    ] {
        let request = format!("GET /health/live HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let answer = answers_to(&app, request).await;
        assert_eq!(statuses(&answer), [400], "{hosts:?}");
        assert!(answer.contains("host_refused"), "{answer}");
    }
    let answer = answers_to(&app, "GET /health/live HTTP/1.0\r\n\r\n").await;
    assert_eq!(statuses(&answer), [400]);
    let answer = answers_to(&app, "GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(statuses(&answer), [200]);
    app.stop().await;
}

#[tokio::test]
async fn the_names_are_the_operators_choice() {
    let app = TestApp::start_with(&[("TRUSTED_HOSTS", "jarvis.example")]).await;
    let named = |host: &str| app.stranger().with("host", host);
    assert_eq!(named("jarvis.example").get("/health/live").await.status, 200);
    assert_eq!(named("JARVIS.example:8443").get("/health/live").await.status, 200);
    assert_eq!(named("localhost").get("/health/live").await.problem(), (400, "host_refused"));
    app.stop().await;

    let app = TestApp::start_with(&[("PUBLIC_URL", "https://jarvis.example")]).await;
    let named = |host: &str| app.stranger().with("host", host);
    assert_eq!(named("jarvis.example").get("/health/live").await.status, 200);
    assert_eq!(named("www.jarvis.example").get("/health/live").await.status, 400);
    app.stop().await;
}

const LISTED: &str = "https://app.example";

async fn preflight(app: &TestApp, origin: &str) -> crate::support::Reply {
    let client = app.stranger().with("origin", origin);
    let request = client.request(Method::OPTIONS, "/conversations");
    let request = request.header("access-control-request-method", "POST");
    Client::send(request.header("access-control-request-headers", "content-type")).await
}

#[tokio::test]
async fn a_listed_origin_may_ask_and_read() {
    let app = TestApp::start_with(&[("CORS_ORIGINS", LISTED)]).await;
    let reply = preflight(&app, LISTED).await;
    assert_eq!(reply.status, 204);
    is_guarded(&reply);
    assert_eq!(reply.headers["access-control-allow-origin"], LISTED);
    assert_eq!(reply.headers["access-control-allow-credentials"], "true");
    assert_eq!(reply.headers["access-control-allow-methods"], "GET, POST, PUT, DELETE, PATCH, OPTIONS");
    assert_eq!(
        reply.headers["access-control-allow-headers"],
        "Content-Type, Authorization, Accept, Origin, Idempotency-Key"
    );
    assert_eq!(reply.headers["vary"], "origin");
    let ada = app.ada().await;
    for path in ["/auth/me", "/nothing"] {
        let reply = ada.clone().with("origin", LISTED).get(path).await;
        assert_eq!(reply.headers["access-control-allow-origin"], LISTED, "{path}");
        assert!(reply.headers.get_all("vary").iter().any(|value| value == "origin"), "{path}");
    }
    // Its page may change things with the visitor's cookie too.
    let cookie = format!("jarvis_access={}", ada.token.clone().unwrap());
    let page = app.stranger().with("origin", LISTED).with("cookie", &cookie);
    assert_eq!(page.post("/conversations", json!({})).await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn an_origin_that_only_resembles_a_listed_one_may_not() {
    let app = TestApp::start_with(&[("CORS_ORIGINS", LISTED)]).await;
    let ada = app.ada().await;
    for origin in [
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil.example",
        "https://evilapp.example",
        "https://sub.app.example",
        "https://APP.example",
        "https://app.example/",
        "null",
        "*",
        "",
    ] {
        let reply = preflight(&app, origin).await;
        assert_eq!(reply.problem(), (403, "origin_refused"), "{origin}");
        let read = ada.clone().with("origin", origin).get("/auth/me").await;
        assert_eq!(read.status, 200, "{origin}");
        for reply in [reply, read] {
            assert!(!reply.headers.contains_key("access-control-allow-origin"), "{origin}");
            assert!(!reply.headers.contains_key("access-control-allow-credentials"), "{origin}");
            assert_eq!(reply.headers["vary"], "origin");
        }
    }
    app.stop().await;
}
