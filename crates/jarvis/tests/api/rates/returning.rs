//! What a stranger uses up at an address does not lock out who is signed in behind the same address.

use jarvis_crypto::OpaqueToken;
use reqwest::Method;
use serde_json::json;

use super::limits;
use crate::support::{Client, PASSWORD, Reply, TestApp};

/// Where they all are.
const HOUSE: &str = "127.1.9.1";

/// Uses up what the address may ask as a stranger.
async fn exhaust(app: &TestApp) -> Client {
    let stranger = app.stranger().from(HOUSE);
    while stranger.get("/auth/setup").await.status == 200 {}
    stranger
}

/// Signs ada in as a browser: a client with nothing, her access cookie and her refresh cookie.
async fn browser(app: &TestApp) -> (Client, String, String) {
    let client = app.stranger().from(HOUSE).with("sec-fetch-site", "same-origin");
    let login = client.post("/auth/login", json!({"username": "ada", "password": PASSWORD})).await;
    assert_eq!(login.status, 200, "{}", login.text);
    let (access, refresh) = pair(&login);
    (client, access, refresh)
}

fn pair(reply: &Reply) -> (String, String) {
    let cookies = reply.cookies();
    let named = |name: &str| {
        let line = cookies.iter().find(|line| line.starts_with(name)).unwrap();
        line.split(';').next().unwrap().to_owned()
    };
    (named("jarvis_access="), named("jarvis_refresh="))
}

/// What asking for a socket is answered with, from the client's own address.
async fn connect(client: &Client) -> u16 {
    let mut request = client.request(Method::GET, "/ws").header("origin", "http://localhost:8000");
    let headers = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn who_is_signed_in_renews_connects_and_signs_out_although_a_stranger_used_up_the_address() {
    let app = TestApp::start_with(&limits("10", "600", "6")).await;
    app.ada().await;
    let (client, access, refresh) = browser(&app).await;
    let stranger = exhaust(&app).await;
    assert_eq!(connect(&client.clone().with("cookie", &access)).await, 101);
    assert_eq!(connect(&stranger).await, 429);
    let renewed = client.clone().with("cookie", &refresh).post("/auth/refresh", json!({})).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    assert_eq!(renewed.headers["x-rate-limit-limit"], "600");
    // The access token has run out: the refresh cookie alone says whose session it is.
    let (_, refresh) = pair(&renewed);
    assert_eq!(client.clone().with("cookie", &refresh).post("/auth/logout", json!({})).await.status, 204);
    assert_eq!(stranger.get("/auth/setup").await.status, 429);
    // The session has ended: what it left behind opens nothing here any more.
    for (path, cookie) in [("/auth/refresh", &refresh), ("/auth/logout", &refresh), ("/auth/logout", &access)]
    {
        assert_eq!(client.clone().with("cookie", cookie).post(path, json!({})).await.status, 429, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_stranger_without_an_allowance_gets_no_more_tries_by_showing_made_up_credentials() {
    let app = TestApp::start_with(&limits("10", "600", "6")).await;
    app.ada().await;
    let stranger = exhaust(&app).await;
    for _ in 0..20 {
        let refresh = OpaqueToken::generate("jrt_").unwrap().expose().to_owned();
        let cookie = format!("jarvis_access=e30.e30.e30; jarvis_refresh={refresh}");
        let guest = stranger.clone().with("cookie", &cookie).with("sec-fetch-site", "same-origin");
        for path in ["/auth/refresh", "/auth/logout"] {
            assert_eq!(guest.post(path, json!({})).await.problem(), (429, "rate_limited"), "{path}");
        }
        assert_eq!(connect(&guest).await, 429);
        assert_eq!(connect(&stranger.clone().with_token("e30.e30.e30")).await, 429);
    }
    app.stop().await;
}

#[tokio::test]
async fn who_is_signed_in_has_no_more_there_than_their_own_allowance_and_nothing_elsewhere() {
    let app = TestApp::start_with(&limits("10", "9", "6")).await;
    app.ada().await;
    let (client, access, refresh) = browser(&app).await;
    let ada = client.with("cookie", &format!("{access}; {refresh}"));
    exhaust(&app).await;
    // What is for strangers alone stays closed.
    assert_eq!(ada.get("/auth/setup").await.status, 429);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(connect(&ada).await);
    }
    assert_eq!((&statuses[..9], &statuses[9..]), (&[101; 9][..], &[429; 3][..]));
    app.stop().await;
}
