//! `POST /auth/token`: what OAuth2 clients rely on (RFC 6749, 4.3, 5 and 6).

use reqwest::Method;
use serde_json::{Value, json};

use super::with_tab;
use crate::support::{Client, PASSWORD, Reply};

async fn ask(client: &Client, form: &[(&str, &str)]) -> Reply {
    Client::send(client.request(Method::POST, "/auth/token").form(form)).await
}

/// The refusal of section 5.2.
fn refusal(reply: &Reply) -> (u16, &str) {
    assert_eq!(reply.headers["content-type"], "application/json");
    assert!(reply.headers["cache-control"] == "no-store" && reply.headers["pragma"] == "no-cache");
    assert!(reply.json["error_description"].is_string() && reply.cookies().is_empty());
    (reply.status, reply.json["error"].as_str().unwrap())
}

const GOOD: [(&str, &str); 3] = [("grant_type", "password"), ("username", "ada"), ("password", PASSWORD)];

#[tokio::test]
async fn a_client_gets_tokens_with_a_password_and_renews_them() {
    let (app, _) = with_tab().await;
    let extra = [("client_id", "swagger"), ("scope", ""), ("client_secret", "")];
    let reply = ask(&app.stranger(), &[GOOD.as_slice(), &extra].concat()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.headers["cache-control"] == "no-store" && reply.headers["pragma"] == "no-cache");
    assert!(reply.cookies().is_empty());
    assert_eq!(
        (&reply.json["token_type"], &reply.json["expires_in"], &reply.json["scope"]),
        (&json!("bearer"), &json!(1800), &json!("chat read admin"))
    );
    let me = async |reply: &Reply| {
        let token = reply.json["access_token"].as_str().unwrap();
        app.stranger().with_token(token).get("/auth/me").await.status
    };
    assert_eq!(me(&reply).await, 200);
    let refresh = reply.json["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let renewed = ask(&app.stranger(), &form).await;
    assert_eq!((renewed.status, me(&renewed).await), (200, 200));
    assert!(renewed.cookies().is_empty());
    // The rules of refresh tokens are the same here.
    let next = renewed.json["refresh_token"].as_str().unwrap();
    assert_eq!(
        ask(&app.stranger(), &[("grant_type", "refresh_token"), ("refresh_token", next)]).await.status,
        200
    );
    assert_eq!(refusal(&ask(&app.stranger(), &form).await), (400, "invalid_grant"));
    assert_eq!(me(&renewed).await, 401);
    app.stop().await;
}

#[tokio::test]
async fn refusals_have_the_form_that_clients_know() {
    let (app, _) = with_tab().await;
    let cases: [(&[(&str, &str)], &str); 12] = [
        (&[], "invalid_request"),
        (&[("grant_type", "")], "unsupported_grant_type"),
        (&[("grant_type", "authorization_code")], "unsupported_grant_type"),
        (&[("grant_type", "client_credentials")], "unsupported_grant_type"),
        (&[("grant_type", "PASSWORD")], "unsupported_grant_type"),
        (&[("grant_type", "password")], "invalid_request"),
        (&[("grant_type", "password"), ("username", "ada")], "invalid_request"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("grant_type", "password"), ("grant_type", "password")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "jrt_x")], "invalid_grant"),
        (&[("grant_type", "password"), ("username", "ada"), ("password", "wrong")], "invalid_grant"),
        (&[("grant_type", "password"), ("username", "no\0body"), ("password", "x")], "invalid_grant"),
    ];
    for (form, error) in cases {
        assert_eq!(refusal(&ask(&app.stranger(), form).await), (400, error), "{form:?}");
    }
    let json = app.stranger().post("/auth/token", json!({"grant_type": "password"})).await;
    assert_eq!(refusal(&json), (400, "invalid_request"));
    let bytes = app.stranger().request(Method::POST, "/auth/token");
    let bytes =
        bytes.header("content-type", "application/x-www-form-urlencoded").body(vec![0xff, 0xfe, b'=']);
    assert_eq!(refusal(&Client::send(bytes).await), (400, "invalid_request"));
    app.stop().await;
}

#[tokio::test]
async fn guesses_here_count_like_guesses_elsewhere() {
    let (app, _) = with_tab().await;
    let elsewhere = app.stranger().from("127.1.1.1");
    for _ in 0..3 {
        let wrong = json!({"username": "ada", "password": "wrong"});
        assert_eq!(elsewhere.post("/auth/login", wrong).await.status, 401);
    }
    let wrong = [("grant_type", "password"), ("username", "ada"), ("password", "wrong")];
    for _ in 0..2 {
        assert_eq!(refusal(&ask(&elsewhere, &wrong).await), (400, "invalid_grant"));
    }
    let reply = ask(&elsewhere, &GOOD).await;
    assert_eq!(refusal(&reply), (429, "temporarily_unavailable"));
    assert_eq!(reply.headers["retry-after"], "1");
    app.stop().await;
}

#[tokio::test]
async fn a_program_renews_with_its_token_in_the_body_and_a_browser_with_its_cookie() {
    let (app, tab) = with_tab().await;
    let refresh = async |client: &Client, token: &str| {
        client.post("/auth/refresh", json!({"refresh_token": token})).await
    };
    let reply = refresh(&app.stranger(), &tab.refresh).await;
    assert_eq!((reply.status, reply.cookies().len()), (200, 0));
    let next = reply.json["refresh_token"].as_str().unwrap().to_owned();
    assert!(next.starts_with("jrt_") && next != tab.refresh);
    assert_eq!(refresh(&app.stranger(), &next).await.status, 200);
    for body in
        [json!({"refresh_token": 7}), json!({"refresh_token": [next]}), json!({"token": next}), json!([])]
    {
        assert_eq!(
            app.stranger().post("/auth/refresh", body.clone()).await.problem(),
            (422, "invalid"),
            "{body}"
        );
    }
    for body in [json!({}), json!({"refresh_token": null}), json!({"refresh_token": ""})] {
        let reply = app.stranger().post("/auth/refresh", body.clone()).await;
        assert_eq!(reply.problem(), (401, "unauthenticated"), "{body}");
    }
    let bare = app.stranger().request(Method::POST, "/auth/refresh");
    assert_eq!(Client::send(bare).await.problem(), (401, "unauthenticated"));
    app.stop().await;
}

#[test]
fn the_description_says_how_to_sign_in_and_what_is_public() {
    let document = serde_json::to_value(jarvis::server::openapi()).unwrap();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["oauth2"]["flows"]["password"]["tokenUrl"], "/auth/token");
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    assert_eq!(document["security"], json!([{"oauth2": []}, {"bearer": []}]));
    assert_eq!(document["paths"]["/auth/login"]["post"]["security"], json!([]));
    assert_eq!(document["paths"]["/auth/me"]["get"]["security"], Value::Null);
}
