//! The web app: which paths are its own, and how its files are sent.

use reqwest::Method;

use super::is_guarded;
use crate::support::{Client, TestApp};

const BROWSER: &str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn the_page_is_sent_under_a_strict_policy() {
    let app = TestApp::start().await;
    let page = app.stranger().with("accept", BROWSER).get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text.starts_with("<!doctype html>"), "{}", page.text);
    is_guarded(&page);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for rule in [
        "script-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    // The page is not for keeping without asking again; it names the files of one build.
    assert!(["no-cache", "no-store"].contains(&page.headers["cache-control"].to_str().unwrap()));
    app.stop().await;
}

#[tokio::test]
async fn the_files_of_the_page_are_kept_for_ever_and_guarded() {
    let app = TestApp::start().await;
    let page = app.stranger().get("/").await;
    let names: Vec<&str> = page.text.split('"').filter(|text| text.starts_with("/assets/")).collect();
    // A binary without the web app says so instead.
    assert!(!names.is_empty() || page.text.contains("make web"), "{}", page.text);
    for name in names {
        let file = app.stranger().with("accept", BROWSER).get(name).await;
        assert_eq!(file.status, 200, "{name}");
        is_guarded(&file);
        assert_eq!(file.headers["cache-control"], "public, max-age=31536000, immutable");
        assert!(!file.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{name}");
        let again =
            app.stranger().with("if-none-match", file.headers["etag"].to_str().unwrap()).get(name).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{name}");
        // What the browser keeps has its policy already: another here would replace it.
        assert!(!again.headers.contains_key("content-security-policy"), "{name}");
        assert_eq!(again.headers["x-content-type-options"], "nosniff");
    }
    let gone = app.stranger().with("accept", BROWSER).get("/assets/gone-12345678.js").await;
    assert_eq!(gone.problem(), (404, "not_found"));
    app.stop().await;
}

#[tokio::test]
async fn a_path_of_the_page_gives_the_page_to_a_browser_alone() {
    let app = TestApp::start().await;
    let page = app.stranger().with("accept", BROWSER).get("/").await;
    for path in
        ["/setup", "/c/01a202f6-9c47-748e-ab19-d6261ae385b4", "/settings/account", "/authors", "/Chat"]
    {
        let reply = app.stranger().with("accept", BROWSER).get(path).await;
        assert_eq!((reply.status, &reply.text), (200, &page.text), "{path}");
        is_guarded(&reply);
        for accept in ["*/*", "application/json"] {
            let reply = app.stranger().with("accept", accept).get(path).await;
            assert_eq!(reply.problem(), (404, "not_found"), "{path}");
        }
        let reply = app.stranger().with("accept", BROWSER).post(path, serde_json::json!({})).await;
        assert_eq!(reply.problem(), (404, "not_found"), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_name_of_the_api_never_gives_the_page() {
    let app = TestApp::start().await;
    let names = [
        "admin",
        "audio",
        "auth",
        "chat",
        "conversations",
        "docs",
        "export",
        "health",
        "import",
        "messages",
        "metrics",
        "models",
        "openapi.json",
        "search",
        "v1",
        "ws",
    ];
    for name in names {
        for path in [format!("/{name}/nothing/at/all"), format!("//{name}/nothing")] {
            let reply = app.stranger().with("accept", BROWSER).get(&path).await;
            assert_eq!(reply.problem(), (404, "not_found"), "{path}");
            is_guarded(&reply);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn nothing_outside_the_page_can_be_read() {
    let app = TestApp::start().await;
    for path in [
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2fCargo.toml",
        "/assets/..%5c..%5cCargo.toml",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/.env",
        "/data/jarvis.db",
        "/index.html.gz",
        "/.git/HEAD",
        "/assets/",
        "/%00",
        "/%ff",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = super::answers_to(&app, request).await;
        assert_eq!(super::statuses(&answer), [404], "{path}: {answer}");
    }
    app.stop().await;
}

#[tokio::test]
async fn head_says_what_get_would_without_a_body() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for path in ["/", "/health/live", "/health", "/auth/me", "/openapi.json", "/nothing"] {
        let get = ada.clone().with("accept-encoding", "identity").get(path).await;
        let request = ada.clone().with("accept-encoding", "identity").request(Method::HEAD, path);
        let head = Client::send(request).await;
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.headers["content-type"], get.headers["content-type"], "{path}");
        is_guarded(&head);
    }
    let stranger = Client::send(app.stranger().request(Method::HEAD, "/auth/me")).await;
    assert_eq!(stranger.status, 401);
    app.stop().await;
}

/// A cache in between, which goes by what a path looks like, must find nothing of anybody's to keep.
#[tokio::test]
async fn a_private_path_dressed_up_as_a_file_is_not_there() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for path in ["/auth/me/x.css", "/auth/me;.js", "/auth/me.css", "/auth/me%2fx.css", "/auth/me%00.png"] {
        for client in [&ada, &ada.clone().with("accept", BROWSER)] {
            let reply = client.get(path).await;
            assert_eq!(
                (reply.status, &reply.headers["cache-control"]),
                (404, &"no-store".parse().unwrap()),
                "{path}"
            );
            assert!(!reply.text.contains("ada@example.org"), "{path}");
        }
    }
    app.stop().await;
}
