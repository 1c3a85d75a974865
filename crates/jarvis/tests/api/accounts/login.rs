//! Signing in: who gets in, and what those who do not get in learn.

use reqwest::Method;
use serde_json::json;

use crate::support::{Client, PASSWORD, Reply, TestApp};

/// An answer without what differs from request to request.
fn told(reply: &Reply) -> (u16, String) {
    let id = reply.json["request_id"].as_str().unwrap();
    (reply.status, reply.text.replace(id, "-"))
}

#[tokio::test]
async fn one_signs_in_by_name_or_address_in_any_case() {
    let app = TestApp::start().await;
    app.ada().await;
    for login in ["ada", "ADA", " Ada ", "ada@example.org", "ADA@Example.ORG"] {
        let body = json!({"username": login, "password": PASSWORD});
        let json = app.stranger().post("/auth/login", body).await;
        let form = app.stranger().request(Method::POST, "/auth/login");
        let form = Client::send(form.form(&[("username", login), ("password", PASSWORD)])).await;
        for reply in [json, form] {
            assert_eq!(reply.status, 200, "{login}: {}", reply.text);
            assert_eq!(reply.json["token_type"], "bearer");
            assert_eq!(reply.json["expires_in"], 1800);
            assert_eq!(reply.json["user"]["username"], "ada");
            let token = reply.json["access_token"].as_str().unwrap();
            assert_eq!(app.stranger().with_token(token).get("/auth/me").await.status, 200);
            assert!(!reply.text.contains("jrt_"), "{}", reply.text);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn an_unknown_name_a_wrong_password_and_a_disabled_account_are_one_answer() {
    let app = TestApp::start().await;
    app.ada().await;
    app.bob().await;
    app.execute("UPDATE users SET is_active = FALSE WHERE username = 'bob'").await;
    let try_in = async |name: &str, password: &str| {
        app.stranger().post("/auth/login", json!({"username": name, "password": password})).await
    };
    let expected = try_in("nobody", PASSWORD).await;
    assert_eq!(expected.problem(), (401, "invalid_credentials"));
    let expected_headers: Vec<_> = expected.headers.keys().collect();
    let long = "x".repeat(5000);
    for (name, password) in [
        ("nobody@example.org", PASSWORD),
        ("ada", "lantern orchard winter 43"),
        ("ada", ""),
        ("ada", &long),
        (&long, PASSWORD),
        ("", ""),
        ("ada\u{0}", PASSWORD),
        ("а\u{0000}da", "x\u{0}"),
        ("' OR '1'='1", PASSWORD),
        ("%", PASSWORD),
        ("bob", PASSWORD),
        ("bob@example.org", PASSWORD),
        ("bob", "wrong"),
    ] {
        let reply = try_in(name, password).await;
        assert_eq!(told(&reply), told(&expected), "{name:?}");
        assert_eq!(reply.headers.keys().collect::<Vec<_>>(), expected_headers, "{name:?}");
    }
    app.execute("UPDATE users SET is_active = TRUE WHERE username = 'bob'").await;
    assert_eq!(try_in("bob", PASSWORD).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_sign_in_of_the_wrong_shape_is_told_so() {
    let app = TestApp::start().await;
    app.ada().await;
    for body in [
        json!({}),
        json!({"username": "ada"}),
        json!({"password": PASSWORD}),
        json!({"username": "ada", "password": null}),
        json!({"username": ["ada"], "password": PASSWORD}),
        json!({"username": "ada", "password": PASSWORD, "role": "admin"}),
        json!([]),
    ] {
        let reply = app.stranger().post("/auth/login", body.clone()).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{body}");
        assert!(reply.cookies().is_empty());
    }
    let form = async |kind: &str, body: &'static str| {
        let request = app.stranger().request(Method::POST, "/auth/login").header("content-type", kind);
        Client::send(request.body(body)).await
    };
    let kind = "application/x-www-form-urlencoded";
    for body in ["", "username=ada", "username=ada&username=ada&password=x", "username=ada&password=x&role=1"]
    {
        assert_eq!(form(kind, body).await.problem(), (422, "invalid"), "{body}");
    }
    let whole = "username=ada&password=lantern+orchard+winter+42";
    assert_eq!(form("application/x-www-form-urlencoded; charset=utf-8", whole).await.status, 200);
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/xml"] {
        assert_eq!(form(kind, whole).await.problem(), (415, "unsupported_media_type"), "{kind}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
    let plain = TestApp::start().await;
    plain.ada().await;
    let login = json!({"username": "ada", "password": PASSWORD});
    let reply = plain.stranger().post("/auth/login", login.clone()).await;
    assert_eq!(
        attributes(&reply),
        [
            "jarvis_access=..; Path=/; Max-Age=1800; HttpOnly; SameSite=Strict",
            "jarvis_refresh=..; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict",
        ]
    );
    let values: Vec<_> = reply.cookies().iter().map(|line| value(line).to_owned()).collect();
    assert_eq!(values[0], reply.json["access_token"].as_str().unwrap());
    assert!(values[1].starts_with("jrt_") && values[1].len() == 52, "{values:?}");
    plain.stop().await;

    let https = TestApp::start_with(&[("PUBLIC_URL", "https://jarvis.example")]).await;
    https.ada().await;
    let reply = https.stranger().post("/auth/login", login).await;
    assert_eq!(
        attributes(&reply),
        [
            "__Host-jarvis_access=..; Path=/; Max-Age=1800; HttpOnly; SameSite=Strict; Secure",
            "__Host-jarvis_refresh=..; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure",
        ]
    );
    let access = value(&reply.cookies()[0]).to_owned();
    let with = |name: &str| https.stranger().with("cookie", &format!("{name}={access}"));
    assert_eq!(with("__Host-jarvis_access").get("/auth/me").await.status, 200);
    // Any host below ours could set a cookie without the prefix.
    assert_eq!(with("jarvis_access").get("/auth/me").await.problem(), (401, "unauthenticated"));
    https.stop().await;
}

/// The `Set-Cookie` lines without the values.
fn attributes(reply: &Reply) -> Vec<String> {
    reply.cookies().iter().map(|line| line.replace(value(line), "..")).collect()
}

fn value(line: &str) -> &str {
    line.split(['=', ';']).nth(1).unwrap()
}

#[tokio::test]
async fn there_is_no_account_until_somebody_makes_one() {
    let app = TestApp::start().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
    for name in ["admin", "root", "jarvis", "user", "test", "guest"] {
        for (number, password) in [name, "password", "changeme"].into_iter().enumerate() {
            let client = app.stranger().from(&format!("127.3.{number}.1"));
            let reply = client.post("/auth/login", json!({"username": name, "password": password})).await;
            assert_eq!(reply.problem(), (401, "invalid_credentials"), "{name}");
        }
    }
    app.stop().await;
}
