//! Made, used alone, after the password, and as a fresh proof.

use std::time::Duration;

use serde_json::json;

use super::super::{codes_of, enrol, factors, login};
use super::{add_passkey, authenticator, begin_login, finish_login, in_page};
use crate::support::TestApp;

#[tokio::test]
async fn a_passkey_alone_signs_in() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, made) = add_passkey(&ada, "blue key").await;
    assert_eq!(made.json["name"], "blue key");
    assert_eq!(codes_of(&made).len(), 10);
    let begun = begin_login(&app, json!({})).await;
    assert_eq!(begun.json["options"]["rpId"], "localhost");
    assert_eq!(begun.json["options"]["userVerification"], "required");
    // Tells nobody which passkeys there are.
    assert_eq!(begun.json["options"]["allowCredentials"], json!([]));
    let reply = finish_login(&app, &begun, key.get(&begun.json["options"])).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json["user"]["username"], "ada");
    assert_eq!(reply.json["user"]["two_factor"], true);
    assert_eq!(reply.cookies().len(), 2);
    let client = app.stranger().with_token(reply.json["access_token"].as_str().unwrap());
    let listed = factors(&client).await;
    assert_eq!(listed["passkeys"][0]["name"], "blue key");
    assert!(listed["passkeys"][0]["last_used_at"].is_string());
    assert_eq!(listed["totp"], false);
    // Proved just now.
    assert_eq!(client.post("/auth/2fa/recovery-codes", json!({})).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn the_browser_is_asked_for_one_that_needs_no_name_and_verifies_its_owner() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let (key, _) = add_passkey(&ada, "first").await;
    let begun = ada.post("/auth/passkeys/register/start", json!({"name": "second"})).await;
    let options = &begun.json["options"];
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["rp"], json!({"id": "localhost", "name": "Jarvis"}));
    assert_eq!(options["user"]["name"], "ada");
    // The device that has one already says so instead of making another.
    assert_eq!(options["excludeCredentials"][0]["id"], authenticator::encode(&key.id));
    app.stop().await;
}

#[tokio::test]
async fn after_the_password_a_passkey_is_the_second_step() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (mut adas, _) = add_passkey(&ada, "blue key").await;
    let (mut bobs, _) = add_passkey(&bob, "red key").await;
    let asked = login(&app, None).await;
    assert_eq!(asked.problem(), (401, "second_factor_required"));
    assert_eq!(asked.json["methods"], json!(["passkey", "recovery_code"]));
    let flow = json!({"flow": asked.json["flow"]});
    let begun = begin_login(&app, flow.clone()).await;
    let allowed = begun.json["options"]["allowCredentials"].as_array().unwrap();
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0]["id"], authenticator::encode(&adas.id));
    // Bob's passkey is a good one, and no second step of Ada's.
    let reply = finish_login(&app, &begun, bobs.get(&begun.json["options"])).await;
    assert_eq!(reply.problem(), (401, "passkey_refused"));
    // The prompt was closed: asking again works while the password is remembered.
    let begun = begin_login(&app, flow.clone()).await;
    // An authenticator that was told whom it is for need not say so.
    adas.user = None;
    let reply = finish_login(&app, &begun, adas.get(&begun.json["options"])).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json["user"]["username"], "ada");
    // That sign-in is over.
    let again = in_page(&app.stranger()).post("/auth/passkeys/login/start", flow).await;
    assert_eq!(again.problem(), (409, "flow_over"));
    app.stop().await;
}

#[tokio::test]
async fn the_second_step_waits_five_minutes() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    let asked = login(&app, None).await;
    let begun = begin_login(&app, json!({"flow": asked.json["flow"]})).await;
    app.clock.advance(Duration::from_secs(5 * 60));
    let late = in_page(&app.stranger())
        .post("/auth/passkeys/login/start", json!({"flow": asked.json["flow"]}))
        .await;
    assert_eq!(late.problem(), (409, "flow_over"));
    let late = finish_login(&app, &begun, key.get(&begun.json["options"])).await;
    assert_eq!(late.problem(), (409, "flow_over"));
    app.app.accounts.sweep().await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM auth_flows").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_passkey_proves_again_who_is_there() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let other = in_page(&app.sign_in("ada").await);
    let nothing = ada.post("/auth/passkeys/prove/start", json!({})).await;
    assert_eq!(nothing.problem(), (401, "passkey_refused"));
    enrol(&app, &ada).await;
    let (mut key, made) = add_passkey(&ada, "blue key").await;
    assert!(made.json.get("recovery_codes").is_none(), "the sheet that she has stays good");
    assert_eq!(other.get("/auth/me").await.status, 401);
    app.clock.advance(Duration::from_secs(6 * 60));
    let renew = || ada.post("/auth/2fa/recovery-codes", json!({}));
    assert_eq!(renew().await.problem(), (403, "recent_proof_required"));
    let begun = ada.post("/auth/passkeys/prove/start", json!({})).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let credential = key.get(&begun.json["options"]);
    // Of another session of hers it proves nothing, and the challenge is spent.
    let login = begin_login(&app, json!({})).await;
    let second = finish_login(&app, &login, key.get(&login.json["options"])).await;
    let second = in_page(&app.stranger().with_token(second.json["access_token"].as_str().unwrap()));
    let body = json!({"flow": begun.json["flow"], "credential": credential});
    assert_eq!(second.post("/auth/passkeys/prove/finish", body).await.problem(), (409, "flow_over"));
    let begun = ada.post("/auth/passkeys/prove/start", json!({})).await;
    let body = json!({"flow": begun.json["flow"], "credential": key.get(&begun.json["options"])});
    assert_eq!(ada.post("/auth/passkeys/prove/finish", body.clone()).await.status, 204);
    assert_eq!(renew().await.status, 200);
    assert_eq!(ada.post("/auth/passkeys/prove/finish", body).await.problem(), (409, "flow_over"));
    app.stop().await;
}
