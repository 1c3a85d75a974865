//! What does not fit is told plainly, and is never our fault.

use serde_json::{Value, json};

use super::in_page;
use crate::support::TestApp;

/// Values that are no text of any use.
fn odd() -> Vec<Value> {
    vec![Value::Null, json!(7), json!(true), json!([]), json!({}), json!(["x"]), json!({"a": 1})]
}

#[tokio::test]
async fn a_field_that_is_missing_or_of_another_kind_is_named() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let stranger = in_page(&app.stranger());
    let fields = [
        (&ada, "/auth/2fa/totp/confirm", "code"),
        (&ada, "/auth/passkeys/register/start", "name"),
        (&ada, "/auth/passkeys/register/finish", "flow"),
        (&ada, "/auth/passkeys/prove/finish", "flow"),
        (&stranger, "/auth/passkeys/login/finish", "flow"),
    ];
    for (client, path, field) in fields {
        for value in odd() {
            let reply = client.post(path, json!({field: value, "credential": {}})).await;
            assert_eq!(reply.problem(), (422, "invalid"), "{path} {value}");
        }
        assert_eq!(client.post(path, json!({})).await.problem(), (422, "invalid"), "{path}");
        assert_eq!(client.post(path, json!([])).await.problem().0, 422, "{path}");
    }
    for value in odd().into_iter().filter(|value| !value.is_null()) {
        let reply = stranger.post("/auth/passkeys/login/start", json!({"flow": value})).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{value}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_flow_that_never_was_is_over() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let stranger = in_page(&app.stranger());
    let long = "jrf_".repeat(5_000);
    let well_formed = jarvis_crypto::OpaqueToken::generate("jrf_").unwrap();
    for flow in ["", "jrf_", "null", "'; DROP TABLE auth_flows; --", "a\u{0}b", &long, well_formed.expose()] {
        let body = json!({"flow": flow, "credential": {}});
        for path in ["/auth/passkeys/register/finish", "/auth/passkeys/prove/finish"] {
            assert_eq!(ada.post(path, body.clone()).await.problem(), (409, "flow_over"), "{path}");
        }
        let reply = stranger.post("/auth/passkeys/login/finish", body).await;
        assert_eq!(reply.problem(), (409, "flow_over"), "{flow:?}");
        let reply = stranger.post("/auth/passkeys/login/start", json!({"flow": flow})).await;
        assert_eq!(reply.problem(), (409, "flow_over"), "{flow:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_so() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let part = |value: Value| json!({"id": value, "rawId": value, "type": "public-key", "response": value});
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let answers = odd().into_iter().chain(odd().into_iter().map(part)).chain([
        part(json!("AAAA")),
        part(json!("\u{0}")),
        nested(60),
    ]);
    for answer in answers {
        let begun = ada.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
        let body = json!({"flow": begun.json["flow"], "credential": answer});
        let reply = ada.post("/auth/passkeys/register/finish", body).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{answer}");
        let begun = in_page(&app.stranger()).post("/auth/passkeys/login/start", json!({})).await;
        let body = json!({"flow": begun.json["flow"], "credential": answer});
        let reply = in_page(&app.stranger()).post("/auth/passkeys/login/finish", body).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{answer}");
    }
    // Deeper than any body may be: no JSON to us.
    let body = json!({"flow": "x", "credential": nested(100)});
    let reply = ada.post("/auth/passkeys/register/finish", body).await;
    assert_eq!(reply.problem(), (400, "malformed_json"));
    app.stop().await;
}

#[tokio::test]
async fn names_of_passkeys_have_bounds() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    for name in ["", "   ", "a\nb", "a\u{0}b", "\u{7f}", &"x".repeat(61)] {
        let reply = ada.post("/auth/passkeys/register/start", json!({"name": name})).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{name:?}");
        assert_eq!(reply.json["errors"][0]["field"], "name");
    }
    for name in ["Téléphone d'Ada", "鍵", &"é".repeat(60)] {
        let reply = ada.post("/auth/passkeys/register/start", json!({"name": name})).await;
        assert_eq!(reply.status, 200, "{name:?}");
    }
    app.stop().await;
}
