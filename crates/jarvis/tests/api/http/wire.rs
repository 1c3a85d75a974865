//! Bytes that only an attack, or a proxy that was fooled, sends. None of them may hide a second request.

use super::{answers_to, statuses};
use crate::support::TestApp;

/// What an attacker hides behind the first request.
const HIDDEN: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn what_is_not_plainly_one_request_is_refused_and_the_connection_closed() {
    let app = TestApp::start().await;
    let post = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let chunks = "2\r\n{}\r\n0\r\n\r\n";
    for head in [
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: 2, 2\r\n\r\n{}",
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: 0x2\r\n\r\n{}",
        "Content-Length: 99999999999999999999\r\n\r\n{}",
        "Content-Length : 2\r\n\r\n{}",
        "Content-Length: 2\r\n folded\r\n\r\n{}",
        &format!("Transfer-Encoding: identity\r\n\r\n{chunks}"),
        &format!("Transfer-Encoding: xchunked\r\n\r\n{chunks}"),
        &format!("Transfer-Encoding: chunked, identity\r\n\r\n{chunks}"),
        &format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{chunks}"),
        &format!("Transfer-Encoding : chunked\r\n\r\n{chunks}"),
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}",
        "X A: b\r\nContent-Length: 2\r\n\r\n{}",
    ] {
        let answer = answers_to(&app, format!("{post}{head}{HIDDEN}")).await;
        assert_eq!(statuses(&answer), [400], "{head:?}: {answer}");
    }
    app.stop().await;
}

/// RFC 9112 section 6.1: such a request may be served by its chunks alone, if the connection is closed after it.
#[tokio::test]
async fn two_lengths_never_leave_a_second_request_behind() {
    let app = TestApp::start().await;
    let lengths = ["Content-Length: 6\r\n", "Transfer-Encoding: chunked\r\n"];
    for (first, second) in [(lengths[0], lengths[1]), (lengths[1], lengths[0])] {
        let request = format!(
            "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{first}{second}\r\n\
             2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"
        );
        let answer = answers_to(&app, request).await;
        assert_eq!(statuses(&answer), [422], "{first:?}: {answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    app.stop().await;
}

#[tokio::test]
async fn requests_meant_for_a_proxy_are_refused_and_the_connection_closed() {
    let app = TestApp::start().await;
    for (line, status) in [
        ("GET http://localhost/health/live HTTP/1.1", 400),
        ("GET http://evil.example/ HTTP/1.1", 400),
        ("GET https://localhost/health/live HTTP/1.1", 400),
        ("POST http://localhost/auth/login HTTP/1.1", 400),
        ("CONNECT localhost:80 HTTP/1.1", 405),
        ("TRACE /health/live HTTP/1.1", 405),
        ("GET /health/live HTTP/1.1\r\nX-HTTP-Method-Override: DELETE", 400),
        ("POST /health/live HTTP/1.1\r\nX-Method-Override: GET", 400),
        ("POST /health/live HTTP/1.1\r\nX-HTTP-Method: GET", 400),
    ] {
        let answer = answers_to(&app, format!("{line}\r\nHost: localhost\r\n\r\n{HIDDEN}")).await;
        assert_eq!(statuses(&answer), [status], "{line}: {answer}");
        assert!(answer.contains("application/problem+json"), "{line}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{line}: {answer}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_not_http_is_told_so_and_the_connection_closed() {
    let app = TestApp::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET /\r\n\r\n",
        b"GET /health/live HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /health live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"hello\r\n\r\n",
        b"\0\0\0\0",
    ] {
        let answer = answers_to(&app, bytes).await;
        assert_eq!(statuses(&answer), [400], "{bytes:?}: {answer}");
    }
    // HTTP/2 is for a proxy with TLS: its preface gets no answer in a language that its sender does not read.
    assert_eq!(answers_to(&app, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "");
    assert_eq!(app.stranger().get("/health/live").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn two_requests_sent_at_once_are_answered_in_turn() {
    let app = TestApp::start().await;
    let last = "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = answers_to(&app, format!("{HIDDEN}{HIDDEN}{last}")).await;
    assert_eq!(statuses(&answer), [200, 200, 404]);
    app.stop().await;
}
