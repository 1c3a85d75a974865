//! Who comes in through a provider, and what account they get.

use jarvis::users::Role;
use serde_json::json;

use super::{
    IDENTITIES, PEOPLE, Provider, house, leave, location, nothing_happened, open_house, refusal, signed_in,
    through, way,
};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn somebody_new_gets_an_account_and_is_known_again() {
    let (app, provider) = open_house().await;
    let reply = through(&app, &provider, "ada.lovelace").await;
    assert_eq!(location(&reply), "/c/one");
    let cookies = reply.cookies();
    assert!(
        cookies
            .iter()
            .any(|line| line.starts_with("jarvis_refresh=jrt_") && line.contains("SameSite=Strict"))
    );
    let (client, me) = signed_in(&app, &reply).await;
    assert_eq!((&me["username"], &me["email"]), (&json!("ada-lovelace"), &json!("ada.lovelace@example.org")));
    assert_eq!((&me["role"], &me["is_verified"]), (&json!("user"), &json!(false)));
    let devices = client.get("/auth/sessions").await.json;
    assert_eq!(devices["items"][0]["how"], "oidc");

    // The address changes there, and nothing here: a person is a subject.
    provider.twist().claims = json!({"email": "owner@example.org"});
    let (_, again) = signed_in(&app, &through(&app, &provider, "ada.lovelace").await).await;
    assert_eq!((&again["id"], &again["email"]), (&me["id"], &me["email"]));
    assert_eq!([app.count(PEOPLE).await, app.count(IDENTITIES).await], [2, 1]);
    app.stop().await;
}

#[tokio::test]
async fn nobody_is_found_by_an_e_mail_address() {
    let (app, provider) = open_house().await;
    for email in ["owner@example.org", "OWNER@Example.ORG"] {
        provider.twist().claims = json!({"email": email, "email_verified": true});
        assert_eq!(refusal(&through(&app, &provider, "eve").await), "email_taken");
    }
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn the_subject_is_compared_letter_by_letter() {
    let (app, provider) = open_house().await;
    let mut people = Vec::new();
    for (place, subject) in ["ada", "Ada", "ada ", "ada%"].into_iter().enumerate() {
        provider.twist().claims = json!({"sub": subject, "email": format!("ada{place}@example.org")});
        people.push(signed_in(&app, &through(&app, &provider, "ada").await).await.1["id"].clone());
    }
    people.dedup();
    assert_eq!(people.len(), 4);
    app.stop().await;
}

#[tokio::test]
async fn where_nobody_registers_nobody_new_comes_in() {
    for mode in ["invite", "closed"] {
        let (app, provider) = house(&[("REGISTRATION", mode)]).await;
        assert_eq!(refusal(&through(&app, &provider, "eve").await), "registration_closed");
        assert_eq!(provider.asked("/me"), 0);
        nothing_happened(&app).await;
        app.stop().await;
    }
}

#[tokio::test]
async fn the_first_account_is_never_made_through_a_provider() {
    let provider = Provider::start().await;
    let app = TestApp::start_with(&provider.settings()).await;
    provider.keep_time(&app.clock);
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "registration_closed");
    assert_eq!(app.count(PEOPLE).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number() {
    let (app, provider) = open_house().await;
    app.ada().await;
    provider.twist().claims = json!({"preferred_username": "ADA", "email": "countess@example.org"});
    let (_, me) = signed_in(&app, &through(&app, &provider, "1").await).await;
    assert_eq!(me["username"], "ADA-2");
    app.stop().await;
}

#[tokio::test]
async fn an_address_that_is_not_in_the_token_is_asked_for() {
    let (app, provider) = open_house().await;
    provider.twist().claims = json!({"email": null});
    let (_, me) = signed_in(&app, &through(&app, &provider, "ada").await).await;
    assert_eq!(me["email"], "ada@info.example");
    // Not twice: who is known needs none.
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    assert_eq!(provider.asked("/me"), 1);

    provider.twist().user_info = json!({"sub": "ada"});
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted");
    for email in [json!(null), json!("no address"), json!("ада@example.org"), json!("a\0@example.org")] {
        provider.twist().user_info = json!({"email": email});
        assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_no_email");
    }
    // A token that would end its header's line.
    provider.twist().access_token = Some("a\r\nx: y");
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_no_email");
    assert_eq!(app.count(PEOPLE).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn who_is_disabled_stays_out() {
    let (app, provider) = open_house().await;
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    app.execute("UPDATE users SET is_active = FALSE WHERE username = 'ada'").await;
    assert_eq!(refusal(&through(&app, &provider, "ada").await), "account_disabled");
    assert_eq!(app.count(super::SESSIONS).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_opens_the_door_once_and_gives_its_role() {
    let (app, provider) = house(&[("REGISTRATION", "invite")]).await;
    let owner = app.sign_in("owner").await;
    let invite =
        async |body| owner.post("/admin/invites", body).await.json["code"].as_str().unwrap().to_owned();
    let stranger = app.stranger();
    let join = async |code: &str, sub: &str| {
        let away = way(&stranger.post("/auth/oidc/oidc/join", json!({"invite": code})).await);
        super::back_as(&app, &provider, &away, sub).await
    };
    let code = invite(json!({"role": "admin"})).await;
    let (_, me) = signed_in(&app, &join(&code, "ada").await).await;
    assert_eq!(me["role"], "admin");
    assert_eq!(refusal(&join(&code, "eve").await), "invite_invalid");

    let bound = invite(json!({"role": "user", "email": "bob@example.org"})).await;
    assert_eq!(refusal(&join(&bound, "eve").await), "invite_invalid");
    signed_in(&app, &join(&bound, "bob").await).await;

    for bad in ["", "jri_x", "nonsense"] {
        let reply = stranger.post("/auth/oidc/oidc/join", json!({"invite": bad})).await;
        assert_eq!(reply.problem(), (403, "invite_invalid"));
    }
    // The code is in the browser, where only we can read it.
    let spare = invite(json!({"role": "user"})).await;
    let away = way(&stranger.post("/auth/oidc/oidc/join", json!({"invite": spare})).await);
    assert!(!away.url.as_str().contains(&spare) && !away.cookie.contains(&spare));
    // Who has an account does not use it up.
    signed_in(&app, &join(&spare, "bob").await).await;
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM invites WHERE used_at IS NULL").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn an_account_without_a_password_is_not_opened_by_any() {
    let (app, provider) = open_house().await;
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    for password in ["", " ", PASSWORD, "!"] {
        let reply =
            app.stranger().post("/auth/login", json!({"username": "ada", "password": password})).await;
        assert_eq!(reply.problem(), (401, "invalid_credentials"));
    }
    app.stop().await;
}

#[tokio::test]
async fn who_signs_in_anew_leaves_no_session_behind() {
    let (app, provider) = open_house().await;
    let ada = app.ada().await;
    let away =
        leave(&app.stranger().with("cookie", &format!("jarvis_access={}", ada.token.as_ref().unwrap())), "")
            .await;
    // Going there ends nothing yet.
    assert_eq!(ada.get("/auth/me").await.status, 200);
    signed_in(&app, &super::back_as(&app, &provider, &away, "eve").await).await;
    assert_eq!(ada.get("/auth/me").await.problem(), (401, "unauthenticated"));
    app.stop().await;
}

#[tokio::test]
async fn making_accounts_is_counted_as_registering_is() {
    let (app, provider) = open_house().await;
    let mut last = String::new();
    for number in 0..52 {
        let reply = through(&app, &provider, &format!("sock-{number}")).await;
        last = location(&reply);
    }
    assert_eq!(last, "/sign-in#error=rate_limited");
    app.stop().await;
}

#[tokio::test]
async fn there_is_nothing_to_see_where_nobody_vouches() {
    let app = TestApp::start().await;
    assert_eq!(app.stranger().get("/auth/providers").await.json["items"], json!([]));
    assert_eq!(app.stranger().get("/auth/oidc/oidc/start").await.problem(), (404, "not_found"));
    let ada = app.user("ada", Role::User).await;
    assert_eq!(ada.get("/auth/identities").await.json, json!({"items": [], "has_password": true}));
    assert_eq!(ada.post("/auth/oidc/oidc/link", json!({})).await.problem(), (404, "not_found"));
    app.stop().await;
}

#[tokio::test]
async fn an_invitation_is_no_licence_to_ask_for_addresses() {
    let (app, provider) = house(&[("REGISTRATION", "invite")]).await;
    let owner = app.sign_in("owner").await;
    let invite = owner.post("/admin/invites", json!({"role": "user"})).await.json["code"].clone();
    let stranger = app.stranger();
    let mut refusals = Vec::new();
    for number in 0..25 {
        let away = way(&stranger.post("/auth/oidc/oidc/join", json!({"invite": invite})).await);
        let sub = if number % 2 == 0 { "owner" } else { "OWNER" };
        refusals.push(refusal(&super::back_as(&app, &provider, &away, sub).await));
    }
    assert_eq!(
        (refusals[0].as_str(), refusals[24].as_str()),
        ("email_taken", "rate_limited"),
        "{refusals:?}"
    );
    app.stop().await;
}
