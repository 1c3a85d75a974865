//! Adding and removing ways into an account that one is signed in to, and proving through them who is there.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Away, IDENTITIES, Provider, back_as, come_back, house, leave, location, open_house, refusal, signed_in,
    through, way,
};
use crate::support::{Client, PASSWORD, TestApp};

async fn begin(client: &Client, what: &str, body: Value) -> Away {
    way(&client.post(&format!("/auth/oidc/oidc/{what}"), body).await)
}

async fn link(app: &TestApp, provider: &Provider, client: &Client, sub: &str) {
    let away = begin(client, "link", json!({})).await;
    assert_eq!(location(&back_as(app, provider, &away, sub).await), "/settings/security");
}

async fn identities(client: &Client) -> Vec<Value> {
    client.get("/auth/identities").await.json["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn who_is_signed_in_adds_a_provider_and_comes_in_by_it() {
    let (app, provider) = house(&[("REGISTRATION", "closed")]).await;
    let ada = app.ada().await;
    link(&app, &provider, &ada, "248289761001").await;
    let listed = identities(&ada).await;
    assert_eq!((&listed[0]["issuer"], &listed[0]["provider"]), (&json!(provider.issuer()), &json!("oidc")));
    assert_eq!(listed[0]["label"], "248289761001@example.org");
    let (client, me) = signed_in(&app, &through(&app, &provider, "248289761001").await).await;
    assert_eq!(me["username"], "ada");
    // Once more is no fault, and is no second one.
    link(&app, &provider, &client, "248289761001").await;
    assert_eq!(app.count(IDENTITIES).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn linking_needs_a_recent_proof_and_a_session_that_still_is() {
    let (app, provider) = open_house().await;
    let ada = app.ada().await;
    let away = begin(&ada, "link", json!({})).await;
    ada.post("/auth/logout", json!({})).await;
    assert_eq!(refusal(&back_as(&app, &provider, &away, "eve").await), "unauthenticated");
    assert_eq!(app.count(IDENTITIES).await, 0);

    let ada = app.sign_in("ada").await;
    app.clock.advance(Duration::from_secs(300));
    let reply = ada.post("/auth/oidc/oidc/link", json!({})).await;
    assert_eq!(reply.problem(), (403, "recent_proof_required"));
    assert!(reply.cookies().is_empty());
    app.stop().await;
}

/// Eve begins to link, and brings Ada's browser to finish it: else Ada's provider would open Eve's account, or Eve's Ada's.
#[tokio::test]
async fn what_one_has_begun_another_does_not_finish() {
    let (app, provider) = open_house().await;
    let (ada, eve) = (app.ada().await, app.user("eve", jarvis::users::Role::User).await);
    let (adas, eves) = (begin(&ada, "link", json!({})).await, begin(&eve, "link", json!({})).await);
    let code = provider.grant(&eves.url, "ada-there");
    let answer = format!("code={code}&state={}", eves.state());
    for cookie in ["other=1", &adas.cookie] {
        assert_eq!(refusal(&come_back(&app.stranger(), cookie, &answer).await), "flow_over");
    }
    // Nor is a sign-in taken for a link: the person is who the provider says, and no account changes.
    let sign_in = leave(&app.stranger(), "").await;
    let (_, me) = signed_in(&app, &back_as(&app, &provider, &sign_in, "somebody").await).await;
    assert_eq!(me["username"], "somebody");
    assert_eq!((identities(&ada).await.len(), identities(&eve).await.len()), (0, 0));
    app.stop().await;
}

#[tokio::test]
async fn an_identity_that_is_somebody_elses_stays_theirs() {
    let (app, provider) = open_house().await;
    let (client, me) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    let eve = app.user("eve", jarvis::users::Role::User).await;
    let away = begin(&eve, "link", json!({})).await;
    let reply = back_as(&app, &provider, &away, "ada").await;
    assert_eq!(location(&reply), "/settings/security#error=identity_taken");
    assert!(identities(&eve).await.is_empty());
    assert_eq!(identities(&client).await.len(), 1);
    assert_eq!(signed_in(&app, &through(&app, &provider, "ada").await).await.1["id"], me["id"]);
    app.stop().await;
}

#[tokio::test]
async fn the_last_way_in_stays_until_there_is_a_password() {
    let (app, provider) = open_house().await;
    let (ada, me) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    assert_eq!(ada.get("/auth/identities").await.json["has_password"], false);
    let path = format!("/auth/identities/{}", identities(&ada).await[0]["id"].as_str().unwrap());
    assert_eq!(ada.delete(&path).await.problem(), (409, "last_way_in"));
    assert_eq!(identities(&ada).await.len(), 1);
    // Another one will do,
    link(&app, &provider, &ada, "ada-at-work").await;
    assert_eq!(ada.delete(&path).await.status, 204);
    signed_in(&app, &through(&app, &provider, "ada-at-work").await).await;
    // and so will a password, which may be set while the proof is recent.
    let path = format!("/auth/identities/{}", identities(&ada).await[0]["id"].as_str().unwrap());
    assert_eq!(ada.delete(&path).await.problem(), (409, "last_way_in"));
    let reply = ada.post("/auth/password", json!({"new_password": PASSWORD})).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    assert_eq!(ada.delete(&path).await.status, 204);
    let again = app.sign_in("ada").await;
    assert_eq!(again.get("/auth/me").await.json["id"], me["id"]);
    app.stop().await;
}

#[tokio::test]
async fn a_first_password_needs_a_recent_proof_and_a_later_one_the_first() {
    let (app, provider) = open_house().await;
    let (ada, _) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    let new = json!({"new_password": PASSWORD});
    assert_eq!(
        ada.post("/auth/password", json!({"current_password": "x", "new_password": PASSWORD}))
            .await
            .problem(),
        (409, "no_password")
    );
    app.clock.advance(Duration::from_secs(300));
    assert_eq!(ada.post("/auth/password", new.clone()).await.problem(), (403, "recent_proof_required"));
    assert_eq!(ada.post("/auth/prove", json!({"password": ""})).await.problem(), (409, "no_password"));
    let away = begin(&ada, "prove", json!({})).await;
    back_as(&app, &provider, &away, "ada").await;
    // It did not say when it asked: that is no proof.
    assert_eq!(ada.post("/auth/password", new.clone()).await.problem(), (403, "recent_proof_required"));
    provider.twist().claims = json!({"auth_time": app.clock.now().seconds()});
    let away = begin(&ada, "prove", json!({})).await;
    assert_eq!(location(&back_as(&app, &provider, &away, "ada").await), "/settings/security");
    assert_eq!(ada.post("/auth/password", new.clone()).await.status, 204);
    assert_eq!(ada.post("/auth/password", new).await.problem(), (422, "invalid"));
    app.stop().await;
}

#[tokio::test]
async fn a_provider_proves_only_what_it_has_just_asked() {
    let (app, provider) = open_house().await;
    let ada = app.ada().await;
    assert_eq!(ada.post("/auth/oidc/oidc/prove", json!({})).await.problem(), (404, "not_found"));
    link(&app, &provider, &ada, "ada").await;
    app.clock.advance(Duration::from_secs(300));
    let now = app.clock.now().seconds();
    for (name, auth_time, sub, code) in [
        ("unsaid", json!(null), "ada", "provider_not_recent"),
        ("before", json!(now - 61), "ada", "provider_not_recent"),
        ("to come", json!(now + 61), "ada", "provider_not_recent"),
        ("somebody else", json!(now), "eve", "provider_another_person"),
    ] {
        let away = begin(&ada, "prove", json!({"return_to": "/settings/people"})).await;
        assert_eq!((away.query("prompt"), away.query("max_age")), ("login".into(), "0".into()));
        provider.twist().claims = json!({"auth_time": auth_time});
        let reply = back_as(&app, &provider, &away, sub).await;
        assert_eq!(location(&reply), format!("/settings/people#error={code}"), "{name}");
        assert_eq!(
            ada.post("/auth/oidc/oidc/link", json!({})).await.problem(),
            (403, "recent_proof_required")
        );
    }
    // Another session than the one that asked is not proved by it.
    let other = app.sign_in("ada").await;
    app.clock.advance(Duration::from_secs(300));
    let away = begin(&ada, "prove", json!({})).await;
    provider.twist().claims = json!({"auth_time": app.clock.now().seconds()});
    assert_eq!(location(&back_as(&app, &provider, &away, "ada").await), "/settings/security");
    assert_eq!(other.post("/auth/oidc/oidc/link", json!({})).await.problem(), (403, "recent_proof_required"));
    assert_eq!(ada.post("/auth/oidc/oidc/link", json!({})).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn who_loses_an_identity_loses_what_came_in_by_it() {
    let (app, provider) = open_house().await;
    let ada = app.ada().await;
    link(&app, &provider, &ada, "ada").await;
    let (thief, _) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    let path = format!("/auth/identities/{}", identities(&ada).await[0]["id"].as_str().unwrap());
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(thief.get("/auth/me").await.problem(), (401, "unauthenticated"));
    assert_eq!(ada.get("/auth/me").await.status, 200);
    assert_eq!(ada.delete(&path).await.problem(), (404, "not_found"));
    app.stop().await;
}

#[tokio::test]
async fn nobody_links_without_end() {
    let (app, provider) = open_house().await;
    let ada = app.ada().await;
    for number in 0..20 {
        link(&app, &provider, &ada, &format!("ada-{number}")).await;
    }
    let away = begin(&ada, "link", json!({})).await;
    let reply = back_as(&app, &provider, &away, "one-more").await;
    assert_eq!(location(&reply), "/settings/security#error=too_many_identities");
    assert_eq!(app.count(IDENTITIES).await, 20);
    app.stop().await;
}
