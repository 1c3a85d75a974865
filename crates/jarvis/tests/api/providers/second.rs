//! A provider's word is one factor: whoever has a second one here shows it here, whatever the provider asked for.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SESSIONS, back_as, house, leave, location, open_house, signed_in, through, way};
use crate::factors::enrol;
use crate::support::{Reply, TestApp};

/// The flow in the address of the page that asks for the second step.
pub(crate) fn step(reply: &Reply) -> String {
    let to = location(reply);
    let cookies = reply.cookies();
    assert!(cookies.iter().all(|line| line.starts_with("jarvis_flow=;")), "{cookies:?}");
    let (page, fragment) = to.split_once("#step=").unwrap_or_else(|| panic!("{to}"));
    assert_eq!(page, "/sign-in?next=%2Fc%2Fone");
    fragment.split_once("&methods=totp,recovery_code").unwrap().0.to_owned()
}

pub(crate) async fn finish(app: &TestApp, flow: &str, otp: &str) -> Reply {
    app.stranger().post("/auth/oidc/finish", json!({"flow": flow, "otp": otp})).await
}

#[tokio::test]
async fn who_has_a_second_factor_shows_it() {
    let (app, provider) = open_house().await;
    let (ada, _) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    let (telephone, codes) = enrol(&app, &ada).await;
    // What the provider asked for does not count.
    provider.twist().claims = json!({"amr": ["mfa", "otp", "hwk"], "acr": "phrh"});
    let flow = step(&through(&app, &provider, "ada").await);
    assert_eq!(app.count(SESSIONS).await, 1);
    for wrong in ["", " ", "000", &telephone.wrong(&app)] {
        assert_eq!(finish(&app, &flow, wrong).await.problem(), (401, "invalid_code"), "{wrong:?}");
    }
    let reply = finish(&app, &flow, &telephone.code(&app)).await;
    assert_eq!((reply.status, &reply.json["user"]["username"]), (200, &json!("ada")), "{}", reply.text);
    assert!(reply.cookies().iter().any(|line| line.starts_with("jarvis_refresh=jrt_")));
    // The flow is over, whatever comes with it.
    assert_eq!(finish(&app, &flow, &codes[0]).await.problem(), (409, "flow_over"));

    let flow = step(&through(&app, &provider, "ada").await);
    assert_eq!(finish(&app, &flow, &codes[1]).await.status, 200);
    let flow = step(&through(&app, &provider, "ada").await);
    assert_eq!(finish(&app, &flow, &codes[1]).await.problem(), (401, "invalid_code"));
    app.stop().await;
}

#[tokio::test]
async fn a_password_s_flow_is_not_a_providers() {
    let (app, provider) = open_house().await;
    let ada = app.ada().await;
    let (telephone, _) = enrol(&app, &ada).await;
    let asked = app
        .stranger()
        .post("/auth/login", json!({"username": "ada", "password": crate::support::PASSWORD}))
        .await;
    let flow = asked.json["flow"].as_str().unwrap();
    // Its password may have been changed meanwhile: there it comes with the code.
    assert_eq!(finish(&app, flow, &telephone.code(&app)).await.problem(), (409, "flow_over"));
    for flow in ["", "jrf_", "nonsense", "jrf_\0"] {
        assert_eq!(finish(&app, flow, "123456").await.problem(), (409, "flow_over"));
    }
    for body in [json!({}), json!({"flow": null, "otp": 1}), json!({"flow": "x"}), json!([])] {
        let status = app.stranger().post("/auth/oidc/finish", body).await.status;
        assert!((400..=422).contains(&status), "{status}");
    }
    let _ = provider;
    app.stop().await;
}

#[tokio::test]
async fn a_flow_dies_with_its_identity_and_with_its_person() {
    let (app, provider) = open_house().await;
    let (ada, _) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    let (_, codes) = enrol(&app, &ada).await;
    let away = way(&ada.post("/auth/oidc/oidc/link", json!({})).await);
    back_as(&app, &provider, &away, "ada-at-work").await;
    let flow = step(&through(&app, &provider, "ada-at-work").await);
    let listed: Value = ada.get("/auth/identities").await.json;
    let work = listed["items"][1]["id"].as_str().unwrap();
    assert_eq!(ada.delete(&format!("/auth/identities/{work}")).await.status, 204);
    assert_eq!(finish(&app, &flow, &codes[0]).await.problem(), (409, "flow_over"));

    let flow = step(&through(&app, &provider, "ada").await);
    app.execute("UPDATE users SET is_active = FALSE WHERE username = 'ada'").await;
    assert_eq!(finish(&app, &flow, &codes[1]).await.problem(), (403, "account_disabled"));
    let sessions =
        app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM sessions WHERE ended_at IS NULL AND how = 'oidc'");
    assert_eq!(sessions.await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_provider_proves_with_the_code_where_one_is_on() {
    let (app, provider) = open_house().await;
    let (ada, _) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    let (telephone, _) = enrol(&app, &ada).await;
    app.clock.advance(Duration::from_secs(300));
    let refused = ada.post("/auth/oidc/oidc/prove", json!({})).await;
    assert_eq!(refused.problem(), (401, "second_factor_required"));
    let refused = ada.post("/auth/oidc/oidc/prove", json!({"otp": telephone.wrong(&app)})).await;
    assert_eq!(refused.problem(), (401, "invalid_code"));
    assert!(refused.cookies().is_empty());
    let away = way(&ada.post("/auth/oidc/oidc/prove", json!({"otp": telephone.code(&app)})).await);
    // The code alone was not it.
    assert_eq!(ada.post("/auth/oidc/oidc/link", json!({})).await.problem(), (403, "recent_proof_required"));
    provider.twist().claims = json!({"auth_time": app.clock.now().seconds()});
    assert_eq!(location(&back_as(&app, &provider, &away, "ada").await), "/settings/security");
    assert_eq!(ada.post("/auth/oidc/oidc/link", json!({})).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn who_must_enrol_enrols_first() {
    let (app, provider) = house(&[("REQUIRE_2FA", "all")]).await;
    let reply = through(&app, &provider, "ada").await;
    let cookies = reply.cookies();
    let token = cookies.iter().find_map(|line| line.strip_prefix("jarvis_access=")).unwrap();
    let ada = app.stranger().with_token(token.split(';').next().unwrap());
    assert_eq!(ada.get("/conversations").await.problem(), (403, "second_factor_enrolment_required"));
    enrol(&app, &ada).await;
    assert_eq!(ada.get("/conversations").await.status, 200);
    let _ = leave(&app.stranger(), "").await;
    app.stop().await;
}
