//! Health and metrics: what the people and programs that run a Jarvis ask.

use axum::body::Body;
use jarvis::server;
use serde_json::json;
use tower::ServiceExt;

use crate::support::TestApp;

const METRICS_TOKEN: &str = "mT7qX2vLk9RzB4nWc8YpJ5sHd3GfEa6U";

#[tokio::test]
async fn a_whole_jarvis_is_healthy() {
    let app = TestApp::start().await;
    app.clock.advance(std::time::Duration::from_secs(90));
    let reply = app.stranger().get("/health").await;
    assert_eq!(reply.status, 200);
    let database = if app.on_postgres() { "postgresql" } else { "sqlite" };
    assert_eq!(
        reply.json,
        json!({
            "status": "healthy",
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_seconds": 90,
            "services": {
                "database": {"status": "healthy", "detail": database},
                "cache": {"status": "healthy", "detail": "memory"},
                "llm": {"status": "healthy", "detail": "a model is ready"},
            },
        })
    );
    for path in ["/health/live", "/health/ready"] {
        let reply = app.stranger().get(path).await;
        assert_eq!((reply.status, reply.json), (200, json!({"status": "ok"})), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn without_a_model_server_it_is_degraded_and_still_ready() {
    let app = TestApp::start().await;
    app.script.set_reachable(false);
    let reply = app.stranger().get("/health").await;
    assert_eq!((reply.status, reply.json["status"].as_str()), (200, Some("degraded")));
    assert_eq!(reply.json["services"]["llm"]["status"], "degraded");
    assert_eq!(reply.json["services"]["database"]["status"], "healthy");
    assert_eq!(app.stranger().get("/health/ready").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn without_its_database_it_is_unhealthy_and_nobody_is_signed_out() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    app.app.db.close().await;
    let reply = app.stranger().get("/health").await;
    assert_eq!((reply.status, reply.json["status"].as_str()), (503, Some("unhealthy")));
    assert_eq!(reply.json["services"]["database"]["status"], "unhealthy");
    for client in [app.stranger(), ada.clone()] {
        let reply = client.get("/health/ready").await;
        assert_eq!(reply.problem(), (503, "unavailable"));
    }
    // A 401 would make the page forget who is signed in.
    let reply = ada.get("/auth/me").await;
    assert_eq!(reply.problem(), (503, "unavailable"));
    assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let login = json!({"username": "ada", "password": crate::support::PASSWORD});
    assert_eq!(app.stranger().post("/auth/login", login).await.problem(), (503, "unavailable"));
    assert_eq!(app.stranger().get("/health/live").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_jarvis_that_stops_is_alive_and_not_ready() {
    let app = TestApp::start().await;
    // Its listener closes when it stops, so the question is put to the router itself.
    let router = server::router(app.app.clone());
    let ask = async |path: &str| {
        let request = http::Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    };
    assert_eq!(ask("/health/ready").await.status(), 200);
    app.app.tasks.stopping().cancel();
    let answer = ask("/health/ready").await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(ask("/health/live").await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn the_metrics_are_for_this_machine_and_for_holders_of_the_token() {
    let app = TestApp::start_with(&[("METRICS_TOKEN", METRICS_TOKEN)]).await;
    let reply = app.stranger().get("/metrics").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let ada = app.ada().await;
    let cut = &METRICS_TOKEN[1..];
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let proxied = app.stranger().with(header, "127.0.0.1");
        assert_eq!(proxied.get("/metrics").await.problem(), (403, "forbidden"), "{header}");
        for token in ["", "x", cut, ada.token.as_deref().unwrap()] {
            let wrong = proxied.clone().with("authorization", &format!("Bearer {token}"));
            assert_eq!(wrong.get("/metrics").await.problem(), (403, "forbidden"), "{header} {token}");
        }
        assert_eq!(proxied.clone().with_token(METRICS_TOKEN).get("/metrics").await.status, 200, "{header}");
    }
    // The token is for the metrics and nothing else.
    assert_eq!(app.stranger().with_token(METRICS_TOKEN).get("/auth/me").await.status, 401);
    app.stop().await;
}

#[tokio::test]
async fn without_a_metrics_token_no_token_opens_the_metrics() {
    let app = TestApp::start().await;
    let proxied = app.stranger().with("x-forwarded-for", "203.0.113.7");
    for line in ["Bearer ", "Bearer", "Bearer null", ""] {
        let reply = proxied.clone().with("authorization", line).get("/metrics").await;
        assert_eq!(reply.problem(), (403, "forbidden"), "{line:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_metrics_count_by_route_and_hold_nothing_personal() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let id = ada.post("/conversations", json!({})).await.id();
    assert_eq!(ada.get(&format!("/conversations/{id}")).await.status, 200);
    assert_eq!(app.stranger().get("/nothing-of-the-kind").await.status, 404);
    app.stranger().post("/auth/login", json!({"username": "ada", "password": "wrong"})).await;
    let text = app.stranger().get("/metrics").await.text;
    for line in [
        "jarvis_requests_total{method=\"GET\",route=\"/conversations/{id}\"}",
        "jarvis_requests_errors_total{method=\"GET\",route=\"-\"}",
        "jarvis_response_time_seconds_bucket{method=\"GET\",route=\"/conversations/{id}\",le=\"0.001\"}",
        "jarvis_auth_attempts_total{outcome=\"accepted\"}",
        "jarvis_auth_attempts_total{outcome=\"refused\"}",
        "jarvis_active_connections ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for personal in ["ada", &id, "nothing-of-the-kind"] {
        assert!(!text.contains(personal), "{personal}\n{text}");
    }
    app.stop().await;
}
