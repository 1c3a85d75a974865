//! Who is behind a proxy, and who only says so.

use serde_json::json;

use crate::support::{Client, TestApp};

/// 127.0.0.1, where most clients of these tests are, is a proxy; 127.1.0.1 is somebody.
async fn start() -> TestApp {
    TestApp::start_with(&[("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8,2001:db8:1::/64")]).await
}

/// A program whose key works from one network alone.
async fn bound_to(app: &TestApp, ada: &Client, network: &str) -> Client {
    let form = json!({"name": "bound", "scopes": ["read"], "addresses": [network]});
    let reply = ada.post("/auth/keys", form).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    app.stranger().with_token(reply.json["key"].as_str().unwrap())
}

fn with_all(client: &Client, headers: &[(&str, &str)]) -> Client {
    headers.iter().fold(client.clone(), |client, (name, value)| client.with(name, value))
}

#[tokio::test]
async fn the_nearest_address_that_is_no_proxys_is_the_callers() {
    let app = start().await;
    let ada = app.ada().await;
    let program = bound_to(&app, &ada, "203.0.113.7").await;
    for inside in [
        &[("x-forwarded-for", "203.0.113.7")][..],
        &[("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.1.2.3")],
        &[
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-for", "10.1.2.3"),
        ],
        &[("x-forwarded-for", "::ffff:203.0.113.7, 2001:db8:1::9")],
        &[("forwarded", "for=6.6.6.6, for=\"203.0.113.7:99\";proto=https, for=10.0.0.1")],
        &[("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")],
    ] {
        assert_eq!(with_all(&program, inside).get("/auth/me").await.status, 200, "{inside:?}");
        with_all(&program, inside).socket().await;
    }
    for outside in [
        &[][..],
        &[("x-forwarded-for", "203.0.113.7, 6.6.6.6")],
        &[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "6.6.6.6")],
        &[("x-forwarded-for", "203.0.113.7, 6.6.6.6, 10.0.0.1")],
        &[("forwarded", "for=203.0.113.7, for=6.6.6.6")],
        &[("forwarded", "for=203.0.113.7, proto=https")],
        &[("x-real-ip", "203.0.113.7")],
        &[("x-client-ip", "203.0.113.7")],
        &[("true-client-ip", "203.0.113.7")],
        &[("cf-connecting-ip", "203.0.113.7")],
        &[("x-forwarded-for", "[2001:db8::7]")],
    ] {
        assert_eq!(with_all(&program, outside).get("/auth/me").await.status, 401, "{outside:?}");
    }
    let program = bound_to(&app, &ada, "2001:db8::/64").await;
    let v6 = with_all(&program, &[("x-forwarded-for", "[2001:db8::7]:443")]);
    assert_eq!(v6.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn what_anybody_else_says_of_being_a_proxy_is_not_looked_at() {
    let app = start().await;
    let ada = app.ada().await;
    let program = bound_to(&app, &ada, "203.0.113.7").await.from("127.1.0.1");
    let own = bound_to(&app, &ada, "127.1.0.1").await.from("127.1.0.1");
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-for", "203.0.113.7, 127.0.0.1"),
        ("forwarded", "for=203.0.113.7"),
        // Not even whether it makes sense.
        ("x-forwarded-for", "nonsense"),
        ("forwarded", "for=\""),
        ("x-forwarded-proto", "gopher"),
    ] {
        assert_eq!(program.clone().with(name, value).get("/auth/me").await.status, 401, "{name}: {value}");
        assert_eq!(own.clone().with(name, value).get("/auth/me").await.status, 200, "{name}: {value}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_a_proxy_says_unclearly_is_refused() {
    let app = start().await;
    let ada = app.ada().await;
    for unclear in [
        &[("x-forwarded-for", "")][..],
        &[("x-forwarded-for", "unknown")],
        &[("x-forwarded-for", "203.0.113.7, nonsense")],
        &[("x-forwarded-for", "203.0.113.7; 10.0.0.1")],
        &[("x-forwarded-for", "203.0.113.7\u{fc}")],
        &[("forwarded", "for=\"203.0.113.7")],
        &[("forwarded", "for=203.0.113.7;for=6.6.6.6")],
        // The client's own, which a proxy that knows the other header lets pass.
        &[("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=6.6.6.6")],
        &[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "gopher")],
        &[("forwarded", "for=203.0.113.7;proto=http"), ("x-forwarded-proto", "https")],
    ] {
        for path in ["/auth/me", "/health/live", "/nothing"] {
            let reply = with_all(&ada, unclear).get(path).await;
            assert_eq!(reply.problem(), (400, "bad_request"), "{unclear:?}");
            assert!(!reply.text.contains("203.0") && !reply.text.contains("6.6.6"), "{}", reply.text);
        }
        assert_eq!(with_all(&ada, unclear).try_socket().await.err(), Some(400), "{unclear:?}");
    }
    app.stop().await;
}

/// Attempts at as many accounts, until one is told to wait.
async fn attempts(client: impl Fn(usize) -> Client) -> usize {
    for count in 0..150 {
        let form = json!({"username": format!("nobody-{count}"), "password": "not this one at all"});
        if client(count).post("/auth/login", form).await.status == 429 {
            return count;
        }
    }
    150
}

#[tokio::test]
async fn attempts_are_counted_for_who_is_behind_the_proxy() {
    let app = start().await;
    let from = |address: &str| app.stranger().with("x-forwarded-for", address);
    let allowed = attempts(|_| from("203.0.113.7")).await;
    assert!(allowed < 100, "{allowed}");
    // Another network has its own.
    let login = json!({"username": "somebody", "password": "not this one at all"});
    assert_eq!(from("198.51.100.7").post("/auth/login", login).await.status, 401);
    // Who is no proxy gains nothing by being somebody else each time.
    let stranger = app.stranger().from("127.1.0.1");
    let forged = |count: usize| stranger.clone().with("x-forwarded-for", &format!("198.51.{count}.7"));
    assert!(attempts(forged).await <= allowed);
    app.stop().await;
}

#[tokio::test]
async fn the_metrics_take_no_proxy_for_this_machine() {
    let token = "mT7qX2vLk9RzB4nWc8YpJ5sHd3GfEa6U";
    let app = TestApp::start_with(&[("TRUSTED_PROXIES", "127.0.0.1"), ("METRICS_TOKEN", token)]).await;
    for address in [None, Some("127.0.0.1"), Some("::1"), Some("::ffff:127.0.0.1"), Some("203.0.113.7")] {
        let proxy = app.stranger();
        let proxy = address.map_or(proxy.clone(), |address| proxy.with("x-forwarded-for", address));
        assert_eq!(proxy.get("/metrics").await.problem(), (403, "forbidden"), "{address:?}");
        assert_eq!(proxy.with_token(token).get("/metrics").await.status, 200, "{address:?}");
    }
    let local = app.stranger().from("127.0.0.2");
    assert_eq!(local.get("/metrics").await.status, 200);
    for name in ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"]
    {
        assert_eq!(local.clone().with(name, "127.0.0.1").get("/metrics").await.status, 403, "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn https_to_the_proxy_is_https() {
    const HSTS: &str = "strict-transport-security";
    let settings = [
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("PUBLIC_URL", "https://jarvis.example"),
        ("CORS_ORIGINS", "https://x.example"),
    ];
    let app = TestApp::start_with(&settings).await;
    let named = |client: Client| client.with("host", "jarvis.example").with("x-forwarded-for", "203.0.113.7");
    let https = named(app.stranger()).with("x-forwarded-proto", "https");
    for path in ["/health/live", "/auth/me", "/", "/nothing"] {
        let reply = https.get(path).await;
        assert_eq!(reply.headers[HSTS], "max-age=31536000; includeSubDomains", "{path}");
    }
    for (client, why) in [
        (named(app.stranger()), "says nothing"),
        (named(app.stranger()).with("x-forwarded-proto", "http"), "http"),
        (named(app.stranger().from("127.1.0.1")).with("x-forwarded-proto", "https"), "not a proxy"),
        (
            app.stranger().with("host", "localhost").with("x-forwarded-proto", "https"),
            "this machine's own name",
        ),
    ] {
        assert!(!client.get("/health/live").await.headers.contains_key(HSTS), "{why}");
    }
    // A page of the same name by plain http is another origin.
    let cookie = https.clone().with("cookie", "__Host-jarvis_access=x").with("sec-fetch-site", "same-site");
    let own = |origin: &str| cookie.clone().with("origin", origin);
    assert_eq!(own("https://jarvis.example").post("/auth/logout", json!({})).await.status, 204);
    assert_eq!(
        own("http://jarvis.example").post("/auth/logout", json!({})).await.problem(),
        (403, "origin_refused")
    );
    app.stop().await;
}
