//! What must fit together: the browser, the state, the provider, the moment. Login CSRF, mix-up, replay.

use std::time::Duration;

use serde_json::json;

use super::provider::Provider;
use super::{
    Away, back_as, come_back, leave, location, nothing_happened, open_house, refusal, signed_in, through,
};
use crate::support::TestApp;

#[tokio::test]
async fn an_answer_counts_in_the_browser_that_asked_and_nowhere_else() {
    let (app, provider) = open_house().await;
    let [mine, eves] = [leave(&app.stranger(), "").await, leave(&app.stranger(), "").await];
    let code = provider.grant(&eves.url, "eve");
    let answer = format!("code={code}&state={}", eves.state());
    // Eve's answer in somebody's browser who has begun nothing, or something else: nobody becomes Eve without knowing.
    for cookie in [
        "other=1",
        &mine.cookie,
        &format!("{}; {}", mine.cookie, eves.cookie),
        "jarvis_flow=",
        "jarvis_flow=AAAA",
    ] {
        let reply = come_back(&app.stranger(), cookie, &answer).await;
        assert_eq!(refusal(&reply), "flow_over", "{cookie}");
        // What the other has begun goes on.
        assert!(reply.cookies().is_empty());
    }
    for state in ["", "x", &mine.state(), &format!("{}x", eves.state())] {
        let reply = come_back(&app.stranger(), &eves.cookie, &format!("code={code}&state={state}")).await;
        assert_eq!(refusal(&reply), "flow_over", "{state}");
    }
    assert_eq!(
        refusal(&come_back(&app.stranger(), &eves.cookie, &format!("code={code}")).await),
        "flow_over"
    );
    assert_eq!(provider.asked("/token"), 0);
    nothing_happened(&app).await;
    let (_, me) = signed_in(&app, &come_back(&app.stranger(), &eves.cookie, &answer).await).await;
    assert_eq!(me["username"], "eve");
    app.stop().await;
}

#[tokio::test]
async fn somebody_elses_code_in_ones_own_answer_is_refused() {
    let (app, provider) = open_house().await;
    let [mine, eves] = [leave(&app.stranger(), "").await, leave(&app.stranger(), "").await];
    // PKCE: the code was made for the verifier in the other browser.
    let code = provider.grant(&mine.url, "ada");
    let reply =
        come_back(&app.stranger(), &eves.cookie, &format!("code={code}&state={}", eves.state())).await;
    assert_eq!(refusal(&reply), "provider_distrusted");
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn an_answer_counts_once_even_where_the_provider_takes_its_code_twice() {
    let (app, provider) = open_house().await;
    provider.twist().lax = true;
    let away = leave(&app.stranger(), "").await;
    let code = provider.grant(&away.url, "ada");
    let answer = format!("code={code}&state={}", away.state());
    let first = come_back(&app.stranger(), &away.cookie, &answer).await;
    signed_in(&app, &first).await;
    assert!(first.cookies().iter().any(|line| line.starts_with("jarvis_flow=; Path=/; Max-Age=0")));
    for _ in 0..2 {
        let again = come_back(&app.stranger(), &away.cookie, &answer).await;
        assert_eq!(refusal(&again), "flow_over");
    }
    assert_eq!(app.count(super::SESSIONS).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn who_comes_back_after_ten_minutes_begins_again() {
    let (app, provider) = open_house().await;
    let away = leave(&app.stranger(), "").await;
    app.clock.advance(Duration::from_secs(600));
    assert_eq!(refusal(&back_as(&app, &provider, &away, "ada").await), "flow_over");
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn a_refusal_there_is_a_refusal_here_and_is_not_repeated() {
    let (app, _provider) = open_house().await;
    let away = leave(&app.stranger(), "").await;
    let answer = format!("error=access_denied&error_description=%3Cscript%3E&state={}", away.state());
    let reply = come_back(&app.stranger(), &away.cookie, &answer).await;
    assert_eq!(location(&reply), "/sign-in#error=provider_denied");
    assert_eq!(refusal(&come_back(&app.stranger(), "other=1", &answer).await), "flow_over");
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_a_mix_up() {
    let (app, provider) = open_house().await;
    for iss in ["https://id.example", "", "http%3A%2F%2F127.0.0.1"] {
        let away = leave(&app.stranger(), "").await;
        let answer = format!("code={}&state={}&iss={iss}", provider.grant(&away.url, "ada"), away.state());
        assert_eq!(refusal(&come_back(&app.stranger(), &away.cookie, &answer).await), "provider_distrusted");
    }
    assert_eq!(provider.asked("/token"), 0);
    // One that says it always says it: left out, somebody took it away.
    app.clock.advance(Duration::from_secs(600));
    provider.twist().metadata = json!({"authorization_response_iss_parameter_supported": true});
    assert_eq!(refusal(&through(&app, &provider, "ada").await), "provider_distrusted");
    nothing_happened(&app).await;
    let away = leave(&app.stranger(), "").await;
    let answer = format!("code={}&state={}", provider.grant(&away.url, "ada"), away.state());
    let answer = format!("{answer}&iss={}&session_state=x&scope=openid", provider.issuer());
    signed_in(&app, &come_back(&app.stranger(), &away.cookie, &answer).await).await;
    app.stop().await;
}

#[tokio::test]
async fn one_providers_answer_is_not_anothers() {
    let (good, evil) = (Provider::start().await, Provider::start().await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jarvis.toml");
    let table = |id: &str, provider: &Provider| {
        let issuer = provider.issuer();
        let secret = super::provider::SECRET;
        format!(
            "[[oidc]]\nid = \"{id}\"\nissuer = \"{issuer}\"\nclient_id = \"jarvis\"\nclient_secret = \"{secret}\"\n"
        )
    };
    std::fs::write(&file, table("oidc", &good) + &table("evil", &evil)).unwrap();
    let app =
        TestApp::start_with(&[("JARVIS_CONFIG", file.to_str().unwrap()), ("REGISTRATION", "open")]).await;
    app.user("owner", jarvis::users::Role::Superuser).await;
    good.keep_time(&app.clock);
    evil.keep_time(&app.clock);
    assert_eq!(app.stranger().get("/auth/providers").await.json["items"].as_array().unwrap().len(), 2);

    // Ada goes to the evil one, which sends her on to the good one and wants to be given the code that she comes back with.
    let sent = app.stranger().get("/auth/oidc/evil/start").await;
    let away = Away::of(&sent, &location(&sent));
    assert!(away.query("redirect_uri").ends_with("/auth/oidc/evil/callback"));
    let code = good.grant(&away.url, "ada");
    let answer = format!("code={code}&state={}", away.state());
    // At the good one's address: it was not there that she went.
    assert_eq!(refusal(&come_back(&app.stranger(), &away.cookie, &answer).await), "flow_over");
    // At the evil one's, where the good one never sends anybody; and it says whose answer it is.
    let client = app.stranger().with("cookie", &away.cookie);
    let path = format!("/auth/oidc/evil/callback?{answer}&iss={}", good.issuer());
    assert_eq!(refusal(&client.get(&path).await), "provider_distrusted");
    assert_eq!((good.asked("/token"), evil.asked("/token")), (0, 0));
    // A token of the good one, given out by the evil one.
    evil.twist().claims = json!({"iss": good.issuer()});
    let answer = format!("code={}&state={}", evil.grant(&away.url, "ada"), away.state());
    let reply = client.get(&format!("/auth/oidc/evil/callback?{answer}")).await;
    assert_eq!(refusal(&reply), "provider_distrusted");
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn who_comes_back_with_made_up_codes_is_slowed_down_and_nobody_else() {
    let (app, provider) = open_house().await;
    let eve = app.stranger().from("127.1.2.3");
    let away = leave(&eve, "").await;
    let answer = format!("code=made-up&state={}", away.state());
    let mut refusals = Vec::new();
    for _ in 0..55 {
        refusals.push(refusal(&come_back(&eve, &away.cookie, &answer).await));
    }
    assert_eq!(refusals[49], "provider_distrusted");
    assert_eq!(refusals[54], "rate_limited");
    assert!(provider.asked("/token") <= 51);
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    app.stop().await;
}

#[tokio::test]
async fn leaving_costs_nothing_and_is_never_closed() {
    let (app, provider) = open_house().await;
    for _ in 0..200 {
        leave(&app.stranger(), "").await;
    }
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM auth_flows").await, 0);
    assert_eq!(provider.asked("/keys"), 1);
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    app.stop().await;
}

#[tokio::test]
async fn another_site_does_not_send_people_through_the_door() {
    let (app, _provider) = open_house().await;
    for site in ["cross-site", "same-site"] {
        let reply = app.stranger().with("sec-fetch-site", site).get("/auth/oidc/oidc/start").await;
        assert_eq!((reply.status, location(&reply).as_str()), (302, "/sign-in"));
        assert!(reply.cookies().is_empty());
    }
    leave(&app.stranger().with("sec-fetch-site", "same-origin"), "").await;
    leave(&app.stranger().with("sec-fetch-site", "none"), "").await;
    app.stop().await;
}

#[tokio::test]
async fn one_goes_on_with_a_page_of_ours_and_nowhere_else() {
    let (app, provider) = open_house().await;
    for (asked, page) in [
        ("/c/one", "/c/one"),
        ("%2Fsettings%3Fx%3D1", "/settings?x=1"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https://evil.example", "/"),
        ("/%09/evil.example", "/"),
        ("/auth/oidc/oidc/start", "/"),
        ("/a%0d%0aset-cookie:x", "/"),
    ] {
        let away = leave(&app.stranger(), &format!("?return_to={asked}")).await;
        let reply = back_as(&app, &provider, &away, "ada").await;
        assert_eq!(location(&reply), page, "{asked}");
    }
    app.stop().await;
}

#[tokio::test]
async fn odd_questions_are_plain_problems() {
    let (app, _provider) = open_house().await;
    let stranger = app.stranger();
    assert_eq!(stranger.get("/auth/oidc/nobody/start").await.problem(), (404, "not_found"));
    assert_eq!(stranger.get("/auth/oidc/nobody/callback").await.problem(), (404, "not_found"));
    assert_eq!(stranger.get("/auth/oidc/%00/start").await.problem(), (404, "not_found"));
    assert_eq!(refusal(&stranger.get("/auth/oidc/oidc/callback").await), "flow_over");
    assert_eq!(stranger.get("/auth/oidc/oidc/callback?state=a&state=b").await.problem().0, 422);
    assert_eq!(stranger.get("/auth/oidc/oidc/start?return_to=/&x=1").await.problem().0, 422);
    let away = leave(&stranger, "").await;
    for code in ["", &"x".repeat(5_000), "%00"] {
        let reply = come_back(&stranger, &away.cookie, &format!("code={code}&state={}", away.state())).await;
        assert!(["flow_over", "provider_distrusted"].contains(&refusal(&reply).as_str()));
    }
    app.stop().await;
}
