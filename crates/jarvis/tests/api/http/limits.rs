//! How large a head may be, and how long a client may take. Time is the runtime's and moved by hand.

use std::time::Duration;

use tokio::time::{Instant, pause, resume};

use super::{Wire, answers_to, statuses};
use crate::support::TestApp;

/// Longer than any limit. It passes at once where the clock is not the real one.
const LONG: Duration = Duration::from_secs(300);

fn head(extra: &str) -> String {
    format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{extra}\r\n")
}

#[tokio::test]
async fn a_head_of_more_than_sixteen_kilobytes_is_refused() {
    let app = TestApp::start().await;
    let fits = format!("X-Filler: {}\r\n", "x".repeat(15 * 1024));
    assert_eq!(statuses(&answers_to(&app, head(&fits)).await), [200]);
    let large = format!("X-Filler: {}\r\n", "x".repeat(17 * 1024));
    assert_eq!(statuses(&answers_to(&app, head(&large)).await), [431]);
    let many = "X-Filler: some forty bytes of nothing at all\r\n".repeat(90) + &large;
    assert_eq!(statuses(&answers_to(&app, head(&many)).await), [431]);
    let path = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(17 * 1024));
    assert_eq!(statuses(&answers_to(&app, path).await), [431]);
    app.stop().await;
}

#[tokio::test]
async fn more_than_a_hundred_headers_are_refused() {
    let app = TestApp::start().await;
    // Two are in every head.
    assert_eq!(statuses(&answers_to(&app, head(&"X: y\r\n".repeat(98))).await), [200]);
    assert_eq!(statuses(&answers_to(&app, head(&"X: y\r\n".repeat(99))).await), [431]);
    app.stop().await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let app = TestApp::start().await;
    for begun in ["", "GET", "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut wire = Wire::open(&app).await;
        wire.write(begun).await;
        app.stranger().get("/health/live").await;
        pause();
        let started = Instant::now();
        let answer = wire.read_all(LONG).await;
        let waited = started.elapsed();
        resume();
        assert_eq!(answer, "", "{begun:?}");
        assert!((9..=11).contains(&waited.as_secs()), "{begun:?}: {waited:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_head_that_drips_is_cut_at_the_same_moment() {
    let app = TestApp::start().await;
    let mut wire = Wire::open(&app).await;
    wire.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n").await;
    app.stranger().get("/health/live").await;
    pause();
    let started = Instant::now();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        wire.write("X: y\r\n").await;
    }
    assert_eq!(wire.read_all(LONG).await, "");
    let waited = started.elapsed();
    resume();
    assert!((9..=11).contains(&waited.as_secs()), "{waited:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_body_that_drips_is_answered_with_a_problem_and_cut() {
    let app = TestApp::start().await;
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let mut wire = Wire::open(&app).await;
        wire.write(format!(
            "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 100\r\n\r\n"
        ))
        .await;
        app.stranger().get("/health/live").await;
        pause();
        let started = Instant::now();
        for _ in 0..9 {
            tokio::time::sleep(Duration::from_secs(3)).await;
            wire.write("a").await;
        }
        let answer = wire.read_all(LONG).await;
        let waited = started.elapsed();
        resume();
        assert_eq!(statuses(&answer), [408], "{kind}");
        assert!(
            answer.contains("application/problem+json") && answer.contains("request_timeout"),
            "{answer}"
        );
        assert!((29..=31).contains(&waited.as_secs()), "{waited:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let app = TestApp::start().await;
    let mut wire = Wire::open(&app).await;
    wire.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    app.stranger().get("/health/live").await;
    pause();
    let started = Instant::now();
    let answer = wire.read_all(LONG).await;
    let waited = started.elapsed();
    resume();
    assert_eq!(statuses(&answer), [200]);
    assert!((9..=11).contains(&waited.as_secs()), "{waited:?}");
    app.stop().await;
}
