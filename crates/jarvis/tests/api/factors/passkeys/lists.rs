//! What one's passkeys are called, and for which name they are made.

use serde_json::json;

use super::super::{factors, login};
use super::{add_passkey, begin_login, finish_login};
use crate::support::TestApp;

#[tokio::test]
async fn passkeys_are_renamed_and_removed_by_their_owner_alone() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (mut key, made) = add_passkey(&ada, "blue key").await;
    add_passkey(&bob, "red key").await;
    let path = format!("/auth/passkeys/{}", made.id());
    assert_eq!(bob.patch(&path, json!({"name": "mine"})).await.problem(), (404, "not_found"));
    assert_eq!(bob.delete(&path).await.problem(), (404, "not_found"));
    let renamed = ada.patch(&path, json!({"name": "  old key "})).await;
    assert_eq!((renamed.status, renamed.json["name"].as_str()), (200, Some("old key")));
    let other = begin_login(&app, json!({})).await;
    let other = finish_login(&app, &other, key.get(&other.json["options"])).await;
    let other = app.stranger().with_token(other.json["access_token"].as_str().unwrap());
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.delete(&path).await.problem(), (404, "not_found"));
    assert_eq!(other.get("/auth/me").await.problem(), (401, "unauthenticated"));
    assert_eq!(factors(&ada).await["recovery_codes_left"], 0);
    let begun = begin_login(&app, json!({})).await;
    let gone = finish_login(&app, &begun, key.get(&begun.json["options"])).await;
    assert_eq!(gone.problem(), (401, "passkey_refused"));
    assert_eq!(login(&app, None).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_address_of_digits_is_told_to_come_by_a_name() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for origin in ["http://127.0.0.1:8000", "http://localhost:9999", "https://localhost:8000"] {
        let page = ada.clone().with("origin", origin);
        let refused = page.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
        assert_eq!(refused.problem(), (409, "passkeys_need_a_name"), "{origin}");
        assert!(refused.json["detail"].as_str().unwrap().contains("http://localhost"));
        assert_eq!(page.post("/auth/passkeys/prove/start", json!({})).await.status, 409);
    }
    let stranger = app.stranger().with("origin", "http://127.0.0.1:8000");
    let refused = stranger.post("/auth/passkeys/login/start", json!({})).await;
    assert_eq!(refused.problem(), (409, "passkeys_need_a_name"));
    app.stop().await;
    // With a public address that name counts, wherever the page says it is.
    let app = TestApp::start_with(&[("PUBLIC_URL", "https://jarvis.example")]).await;
    let ada = app.ada().await;
    let begun = ada.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
    assert_eq!(begun.json["options"]["rp"]["id"], "jarvis.example");
    app.stop().await;
}

#[tokio::test]
async fn the_page_may_use_passkeys() {
    let app = TestApp::start().await;
    let policy = app.stranger().get("/health/live").await.headers["permissions-policy"].clone();
    let policy = policy.to_str().unwrap().to_owned();
    for feature in ["publickey-credentials-create", "publickey-credentials-get"] {
        assert!(policy.contains(&format!("{feature}=(self)")), "{policy}");
    }
    app.stop().await;
}
