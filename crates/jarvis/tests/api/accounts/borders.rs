//! Where a credential may come from, and which site may use it.

use reqwest::Method;
use serde_json::json;

use super::with_tab;
use crate::support::Client;

#[tokio::test]
async fn the_cookie_alone_says_who_reads() {
    let (app, tab) = with_tab().await;
    let cookie = format!("theme=dark; jarvis_access={}", tab.access);
    let browser = app.stranger().with("cookie", &cookie);
    let me = browser.get("/auth/me").await;
    assert_eq!((me.status, me.json["username"].as_str()), (200, Some("ada")));
    assert_eq!(browser.get("/conversations").await.status, 200);
    // One that somebody planted beside ours makes it unclear which is meant.
    let planted = format!("jarvis_access={}; jarvis_access={}", tab.access, tab.access);
    let reply = app.stranger().with("cookie", &planted).get("/auth/me").await;
    assert_eq!(reply.problem(), (401, "unauthenticated"));
    app.stop().await;
}

#[tokio::test]
async fn a_change_with_a_cookie_needs_to_come_from_our_own_page() {
    let (app, tab) = with_tab().await;
    let cookie = format!("jarvis_access={}", tab.access);
    let own = format!("http://{}", app.address);
    let make = async |headers: &[(&str, &str)]| {
        let mut client = app.stranger().with("cookie", &cookie);
        for (name, value) in headers {
            client = client.with(name, value);
        }
        client.post("/conversations", json!({})).await
    };
    let tricks = [
        own.replace("127.0.0.1", "127.0.0.1.evil.example"),
        own.replace("http://", "https://"),
        format!("{own}/"),
        format!("{own}0"),
        format!("{own}@evil.example"),
        "http://127.0.0.1".to_owned(),
        "http://127.0.0.1:8000.evil.example".to_owned(),
        "http://evil.example?http://127.0.0.1:8000".to_owned(),
        "http://evillocalhost:8000".to_owned(),
        "HTTP://LOCALHOST:8000".to_owned(),
        "http://evil.example".to_owned(),
        "null".to_owned(),
        String::new(),
    ];
    let mut refused: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        vec![("referer", &own)],
        vec![("origin", &own), ("origin", "http://evil.example")],
        vec![("origin", "null"), ("sec-fetch-site", "same-origin")],
    ];
    refused.extend(tricks.iter().map(|origin| vec![("origin", origin.as_str())]));
    for headers in refused {
        assert_eq!(make(&headers).await.problem(), (403, "origin_refused"), "{headers:?}");
    }
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM conversations").await, 0);
    for headers in [
        [("sec-fetch-site", "same-origin")],
        [("origin", own.as_str())],
        // Of the list that the operator gave.
        [("origin", "http://localhost:8000")],
    ] {
        assert_eq!(make(&headers).await.status, 201, "{headers:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn every_unsafe_method_with_a_cookie_is_guarded() {
    let (app, tab) = with_tab().await;
    let id = tab.program().post("/conversations", json!({})).await.id();
    let path = format!("/conversations/{id}");
    let browser = app.stranger().with("cookie", &format!("jarvis_access={}", tab.access));
    assert_eq!(browser.patch(&path, json!({"title": "theirs"})).await.problem(), (403, "origin_refused"));
    assert_eq!(browser.delete(&path).await.problem(), (403, "origin_refused"));
    for path in ["/auth/logout", "/auth/refresh", "/auth/login"] {
        let reply = browser.post(path, json!({})).await;
        assert_eq!(reply.problem(), (403, "origin_refused"), "{path}");
    }
    assert_eq!(browser.get(&path).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn no_other_site_signs_a_visitor_in() {
    let (app, _tab) = with_tab().await;
    let request = app.stranger().with("origin", "http://evil.example").request(Method::POST, "/auth/login");
    let form = request.form(&[("username", "ada"), ("password", crate::support::PASSWORD)]);
    let reply = Client::send(form).await;
    assert_eq!(reply.problem(), (403, "origin_refused"));
    assert!(reply.cookies().is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_bearer_token_needs_no_origin() {
    let (app, tab) = with_tab().await;
    assert_eq!(tab.program().post("/conversations", json!({})).await.status, 201);
    let elsewhere = tab.program().with("origin", "http://evil.example").with("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.post("/conversations", json!({})).await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn a_token_counts_in_its_own_place_only() {
    let (app, tab) = with_tab().await;
    let token = &tab.access;
    for name in ["access_token", "token", "jarvis_access", "authorization"] {
        let reply = app.stranger().get(&format!("/auth/me?{name}={token}")).await;
        assert_eq!(reply.problem(), (401, "unauthenticated"), "{name}");
        let body = json!({name: token});
        let reply = app.stranger().post("/conversations", body).await;
        assert_eq!(reply.problem(), (401, "unauthenticated"), "{name}");
    }
    for line in [
        format!("Bearer  {token}"),
        format!("Bearer {token} "),
        format!("Bearer {token},x"),
        format!("Basic {token}"),
        format!("Token {token}"),
        token.clone(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
    ] {
        let trimmed = line.trim_end() == format!("Bearer {token}");
        let reply = app.stranger().with("authorization", &line).get("/auth/me").await;
        // White space round a header's value is not part of it (RFC 9110 section 5.5).
        assert_eq!(reply.status, if trimmed { 200 } else { 401 }, "{line}");
    }
    for name in ["x-access-token", "x-api-key", "x-authorization", "proxy-authorization"] {
        let reply = app.stranger().with(name, &format!("Bearer {token}")).get("/auth/me").await;
        assert_eq!(reply.status, 401, "{name}");
    }
    assert_eq!(
        app.stranger().with("authorization", &format!("bearer {token}")).get("/auth/me").await.status,
        200
    );
    app.stop().await;
}

#[tokio::test]
async fn two_authorization_headers_are_not_chosen_between() {
    let (app, tab) = with_tab().await;
    let line = format!("Bearer {}", tab.access);
    let twice = app.stranger().with("authorization", &line).with("authorization", &line);
    assert_eq!(twice.get("/auth/me").await.problem(), (401, "unauthenticated"));
    // A bad header is not forgiven for the sake of a good cookie.
    let cookie = format!("jarvis_access={}", tab.access);
    let both = app.stranger().with("authorization", "Bearer nonsense").with("cookie", &cookie);
    assert_eq!(both.get("/auth/me").await.problem(), (401, "unauthenticated"));
    app.stop().await;
}
