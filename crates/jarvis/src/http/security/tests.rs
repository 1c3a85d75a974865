use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use tower::ServiceExt;

use super::*;
use crate::http::stack::Stack;

const OWN: &str = "127.0.0.1:8000";

/// The server's stack, round a handler that always agrees.
async fn answer(request: Request) -> Response {
    let borders = Arc::new(Borders {
        origins: vec!["https://jarvis.example".to_owned(), "http://localhost:8000".to_owned()],
        hosts: vec![
            "127.0.0.1".to_owned(),
            "localhost".to_owned(),
            "[::1]".to_owned(),
            "jarvis.example".to_owned(),
        ],
        proxies: vec!["10.0.0.0/8".parse().unwrap()],
        only_through_proxies: false,
    });
    let app = Router::new()
        .route("/", any(async || "ok"))
        .route(
            "/page",
            get(async || ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")], "")),
        )
        .route("/kept", get(async || StatusCode::NOT_MODIFIED))
        .layer(Stack::new(borders));
    app.oneshot(request).await.unwrap()
}

fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

async fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
    let mut all = vec![("host", OWN)];
    all.extend_from_slice(headers);
    answer(request(method, "/", &all)).await.status().as_u16()
}

async fn status_for_hosts(hosts: &[&str]) -> u16 {
    let headers: Vec<(&str, &str)> = hosts.iter().map(|host| ("host", *host)).collect();
    answer(request("GET", "/", &headers)).await.status().as_u16()
}

const SOCKET: [(&str, &str); 2] = [("connection", "upgrade"), ("upgrade", "WebSocket")];
const COOKIE: (&str, &str) = ("cookie", "session=1");

#[tokio::test]
async fn a_page_that_the_browser_kept_keeps_its_policy() {
    let kept = answer(request("GET", "/kept", &[("host", OWN)])).await;
    assert_eq!(kept.status(), 304);
    assert!(!kept.headers().contains_key(CONTENT_SECURITY_POLICY));
}

#[tokio::test]
async fn only_our_own_names_are_answered() {
    for host in [OWN, "127.0.0.1", "LOCALHOST:1234", "[::1]:8000", "[::1]", "Jarvis.Example"] {
        assert_eq!(status_for_hosts(&[host]).await, 200, "{host}");
    }
    let foreign = [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8000",
        "localhost.",
        "user@localhost",
        "localhost:",
        "localhost:http",
        "localhost:99999",
        "::1",
        "[::2]",
        "",
        "localhost, evil.example",
        "localhost/",
        "xlocalhost",
    ];
    for host in foreign {
        assert_eq!(status_for_hosts(&[host]).await, 400, "{host:?}");
    }
    assert_eq!(status_for_hosts(&[]).await, 400);
    assert_eq!(status_for_hosts(&["localhost", "localhost"]).await, 400);
    assert_eq!(status_for_hosts(&["localhost", "evil.example"]).await, 400);
}

#[tokio::test]
async fn http2_names_its_host_in_the_authority() {
    let send = async |uri: &str, headers: &[(&str, &str)]| {
        let mut request = request("GET", uri, headers);
        *request.version_mut() = Version::HTTP_2;
        answer(request).await.status().as_u16()
    };
    assert_eq!(send("https://jarvis.example/", &[]).await, 200);
    assert_eq!(send("https://evil.example/", &[]).await, 400);
    assert_eq!(send("https://jarvis.example/", &[("host", "evil.example")]).await, 400);
    assert_eq!(send("https://jarvis.example/", &[("host", "localhost")]).await, 400);
    assert_eq!(send("https://jarvis.example/", &[("host", "jarvis.example")]).await, 200);
}

#[tokio::test]
async fn odd_requests_are_refused() {
    assert_eq!(status("TRACE", &[]).await, 405);
    assert_eq!(status("CONNECT", &[]).await, 405);
    assert_eq!(status("POST", &[("content-length", "0"), ("transfer-encoding", "chunked")]).await, 400);
    assert_eq!(status("POST", &[("x-http-method-override", "DELETE")]).await, 400);
    let absolute = request("GET", "http://127.0.0.1:8000/", &[("host", OWN)]);
    assert_eq!(answer(absolute).await.status().as_u16(), 400);
    assert_eq!(status("GET", &[]).await, 200);
}

#[tokio::test]
async fn a_change_with_a_cookie_needs_to_come_from_us() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(status(method, &[COOKIE]).await, 403, "{method}");
        assert_eq!(status(method, &[COOKIE, ("sec-fetch-site", "same-origin")]).await, 200, "{method}");
    }
    for site in ["same-site", "cross-site", "none", "same-origin, same-origin", ""] {
        assert_eq!(status("POST", &[COOKIE, ("sec-fetch-site", site)]).await, 403, "{site}");
    }
    let two = [COOKIE, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
    assert_eq!(status("POST", &two).await, 403);
    for origin in ["https://jarvis.example", "http://localhost:8000", "http://127.0.0.1:8000"] {
        assert_eq!(status("POST", &[COOKIE, ("origin", origin)]).await, 200, "{origin}");
    }
}

/// Each is close to an allowed one.
const FOREIGN: [&str; 12] = [
    "null",
    "https://evil.example",
    "https://jarvis.example.evil.example",
    "https://evil-jarvis.example",
    "https://eviljarvis.example",
    "http://jarvis.example",
    "https://jarvis.example:444",
    "https://jarvis.example/",
    "https://JARVIS.example",
    "http://127.0.0.1:8001",
    "https://127.0.0.1:8000",
    "http://localhost:8000@evil.example",
];

#[tokio::test]
async fn a_foreign_origin_is_refused() {
    for origin in FOREIGN {
        assert_eq!(status("POST", &[COOKIE, ("origin", origin)]).await, 403, "{origin}");
        let both = [COOKIE, ("origin", origin), ("sec-fetch-site", "cross-site")];
        assert_eq!(status("POST", &both).await, 403, "{origin}");
    }
    let two = [COOKIE, ("origin", "https://jarvis.example"), ("origin", "https://evil.example")];
    assert_eq!(status("POST", &two).await, 403);
    assert_eq!(status("POST", &[COOKIE, ("origin", "null"), ("sec-fetch-site", "same-origin")]).await, 403);
}

#[tokio::test]
async fn a_foreign_form_cannot_sign_a_visitor_in_but_a_program_with_a_token_is_free() {
    assert_eq!(status("POST", &[("origin", "https://evil.example")]).await, 403);
    assert_eq!(status("POST", &[("origin", "null")]).await, 403);
    assert_eq!(status("POST", &[("origin", "app://desk"), ("authorization", "Bearer x")]).await, 200);
    assert_eq!(status("POST", &[]).await, 200);
    assert_eq!(status("POST", &[("authorization", "Bearer x"), COOKIE]).await, 403);
}

#[tokio::test]
async fn reading_needs_no_proof() {
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(status(method, &[COOKIE, ("origin", "https://evil.example")]).await, 200, "{method}");
    }
}

#[tokio::test]
async fn a_socket_is_opened_by_our_pages_and_by_programs_only() {
    let socket = async |more: &[(&str, &str)]| status("GET", &[&SOCKET[..], more].concat()).await;
    assert_eq!(socket(&[]).await, 200);
    assert_eq!(socket(&[COOKIE]).await, 403);
    assert_eq!(socket(&[COOKIE, ("origin", "https://jarvis.example")]).await, 200);
    assert_eq!(socket(&[COOKIE, ("sec-fetch-site", "same-origin")]).await, 200);
    for origin in FOREIGN {
        assert_eq!(socket(&[("origin", origin)]).await, 403, "{origin}");
        assert_eq!(socket(&[("origin", origin), ("authorization", "Bearer x")]).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn only_listed_origins_may_read() {
    let header = |response: &Response, name: HeaderName| {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    let listed = answer(request("GET", "/", &[("host", OWN), ("origin", "https://jarvis.example")])).await;
    assert_eq!(header(&listed, ACCESS_CONTROL_ALLOW_ORIGIN).as_deref(), Some("https://jarvis.example"));
    assert_eq!(header(&listed, ACCESS_CONTROL_ALLOW_CREDENTIALS).as_deref(), Some("true"));
    for origin in FOREIGN {
        let response = answer(request("GET", "/", &[("host", OWN), ("origin", origin)])).await;
        assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), None, "{origin}");
        assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_CREDENTIALS), None, "{origin}");
        assert_eq!(header(&response, VARY).as_deref(), Some("origin"));
    }
}

#[tokio::test]
async fn a_preflight_says_what_a_listed_origin_may_send() {
    let ask = async |origin: &str| {
        let headers = [("host", OWN), ("origin", origin), ("access-control-request-method", "DELETE")];
        answer(request("OPTIONS", "/", &headers)).await
    };
    let allowed = ask("https://jarvis.example").await;
    assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
    let headers = allowed.headers();
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_METHODS], "GET, POST, PUT, DELETE, PATCH, OPTIONS");
    assert_eq!(
        headers[ACCESS_CONTROL_ALLOW_HEADERS],
        "Content-Type, Authorization, Accept, Origin, Idempotency-Key"
    );
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://jarvis.example");
    let refused = ask("https://evil.example").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(!refused.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn every_answer_and_refusal_has_the_security_headers() {
    let answers = [
        request("GET", "/", &[("host", OWN)]),
        request("GET", "/nothing", &[("host", OWN)]),
        request("GET", "/", &[("host", "evil.example")]),
        request("POST", "/", &[("host", OWN), COOKIE]),
        request("TRACE", "/", &[("host", OWN)]),
    ];
    for request in answers {
        let response = answer(request).await;
        let headers = response.headers();
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
        assert_eq!(headers[CROSS_ORIGIN_OPENER_POLICY], "same-origin");
        assert_eq!(headers[CROSS_ORIGIN_RESOURCE_POLICY], "same-origin");
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        let permissions = headers[PERMISSIONS_POLICY].to_str().unwrap();
        assert!(permissions.contains("microphone=(self)") && permissions.contains("camera=()"));
    }
}

#[tokio::test]
async fn the_page_has_a_policy_without_inline_script_and_keeps_its_caching() {
    let page = answer(request("GET", "/page", &[("host", OWN)])).await;
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("  "));
    assert_eq!(page.headers()[CACHE_CONTROL], "no-cache");
}
