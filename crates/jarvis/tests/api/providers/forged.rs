//! What a hostile provider says, or somebody between, is not believed: nobody comes in and nothing is made.

use std::time::Duration;

use serde_json::{Value, json};

use super::provider::{Reply, Sign};
use super::{back_as, leave, location, nothing_happened, open_house, refusal, signed_in, through};

#[tokio::test]
async fn an_id_token_that_is_not_right_lets_nobody_in() {
    let (app, provider) = open_house().await;
    let now = app.clock.now().seconds();
    let claims: [(&str, Value); 14] = [
        ("another nonce", json!({"nonce": "replayed"})),
        ("no nonce", json!({"nonce": null})),
        ("another audience", json!({"aud": "somebody-else"})),
        ("a second audience", json!({"aud": ["jarvis", "somebody-else"]})),
        ("no audience", json!({"aud": null})),
        ("another party", json!({"azp": "somebody-else"})),
        ("another issuer", json!({"iss": "https://id.example"})),
        ("the issuer with a slash", json!({"iss": format!("{}/", provider.issuer())})),
        ("ran out", json!({"exp": now})),
        ("never runs out", json!({"exp": null})),
        ("runs out in words", json!({"exp": "tomorrow"})),
        ("no subject", json!({"sub": null})),
        ("an empty subject", json!({"sub": ""})),
        ("a subject with a NUL", json!({"sub": "a\0b"})),
    ];
    for (name, claims) in claims {
        provider.twist().claims = claims;
        assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted", "{name}");
    }
    provider.twist().claims = json!({"sub": "x".repeat(256)});
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted");
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn a_signature_that_is_not_the_providers_lets_nobody_in() {
    let (app, provider) = open_house().await;
    for (name, sign, header) in [
        ("none", Sign::Nobody, json!({})),
        ("NONE", Sign::Nobody, json!({"alg": "NONE"})),
        ("none, said to be ES256", Sign::Nobody, json!({"alg": "ES256"})),
        ("the public key as a secret", Sign::PublicKey, json!({})),
        ("the client's secret", Sign::ClientSecret, json!({})),
        ("another key", Sign::Stranger, json!({})),
        ("another key of another name", Sign::Stranger, json!({"kid": "two"})),
        ("a key that comes along", Sign::Stranger, json!({"kid": null, "jwk": {"kty": "EC"}})),
        ("said to be RSA", Sign::Own, json!({"alg": "RS256"})),
        ("something critical", Sign::Own, json!({"crit": ["exp"]})),
        ("of another type", Sign::Own, json!({"typ": "at+jwt"})),
    ] {
        {
            let mut twist = provider.twist();
            (twist.sign, twist.header) = (sign, header);
        }
        assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted", "{name}");
    }
    nothing_happened(&app).await;
    // It was not for anything else.
    *provider.twist() = Default::default();
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    app.stop().await;
}

#[tokio::test]
async fn a_provider_that_names_another_issuer_is_not_asked_anything() {
    let (app, provider) = open_house().await;
    for issuer in ["https://id.example".to_owned(), format!("{}/", provider.issuer())] {
        provider.twist().metadata = json!({"issuer": issuer});
        let reply = app.stranger().get("/auth/oidc/oidc/start").await;
        assert_eq!(location(&reply), "/sign-in#error=provider_unavailable");
        assert!(reply.cookies().is_empty());
        app.clock.advance(Duration::from_secs(10));
    }
    assert_eq!(provider.asked("/keys"), 0);
    app.stop().await;
}

#[tokio::test]
async fn a_provider_sends_nobody_where_a_browser_would_run_something() {
    for page in
        ["javascript:alert(1)", "data:text/html,x", "http://id.example/authorize", "ftp://id.example/"]
    {
        let (app, provider) = open_house().await;
        provider.twist().metadata = json!({"authorization_endpoint": page});
        let reply = app.stranger().get("/auth/oidc/oidc/start").await;
        assert_eq!(location(&reply), "/sign-in#error=provider_distrusted", "{page}");
        app.stop().await;
    }
}

#[tokio::test]
async fn a_provider_makes_us_ask_nobody_else() {
    let (app, provider) = open_house().await;
    let inside = "http://169.254.169.254/latest/meta-data";
    provider.twist().metadata = json!({"jwks_uri": inside});
    let reply = app.stranger().get("/auth/oidc/oidc/start").await;
    assert_eq!(location(&reply), "/sign-in#error=provider_unavailable");
    app.clock.advance(Duration::from_secs(10));
    provider.twist().metadata = json!({"token_endpoint": inside});
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_unavailable");
    // Nor by way of a redirect.
    app.clock.advance(Duration::from_secs(600));
    provider.twist().metadata = json!({});
    provider.twist().replies.insert("/token", Reply::Elsewhere(format!("{}/me", provider.issuer())));
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted");
    assert_eq!(provider.asked("/me"), 0);
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn what_are_no_tokens_let_nobody_in() {
    let (app, provider) = open_house().await;
    for (reply, code) in [
        (Reply::Huge, "provider_unavailable"),
        (Reply::Text(503, "{}"), "provider_unavailable"),
        (Reply::Text(200, "{}"), "provider_distrusted"),
        (Reply::Text(200, "<html>"), "provider_distrusted"),
        (Reply::Text(200, "[[[[[[[[[[[[[[[["), "provider_distrusted"),
        (Reply::Text(200, r#"{"access_token":"x","token_type":"Bearer"}"#), "provider_distrusted"),
        (
            Reply::Text(200, r#"{"access_token":"x","token_type":"Bearer","id_token":"a.b.c"}"#),
            "provider_distrusted",
        ),
        (
            Reply::Text(400, r#"{"error":"invalid_client","error_description":"\u001b[31m"}"#),
            "provider_distrusted",
        ),
    ] {
        provider.twist().replies.insert("/token", reply);
        assert_eq!(refusal(&through(&app, &provider, "eve").await), code);
    }
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn a_provider_that_says_nonsense_of_itself_is_left_alone_for_a_while() {
    let (app, provider) = open_house().await;
    const SELF: &str = "/.well-known/openid-configuration";
    for (path, reply) in [
        (SELF, Reply::Huge),
        (SELF, Reply::Text(404, "{}")),
        (SELF, Reply::Text(500, "{}")),
        (SELF, Reply::Text(200, "null")),
        ("/keys", Reply::Huge),
        ("/keys", Reply::Text(200, "[]")),
    ] {
        provider.twist().replies.insert(path, reply);
        let before = provider.asked(SELF);
        for _ in 0..3 {
            let reply = app.stranger().get("/auth/oidc/oidc/start").await;
            assert_eq!(location(&reply), "/sign-in#error=provider_unavailable");
        }
        assert_eq!(provider.asked(SELF), before + 1, "strangers make us ask once");
        provider.twist().replies.clear();
        app.clock.advance(Duration::from_secs(10));
    }
    // And then it is asked again.
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    app.stop().await;
}

#[tokio::test]
async fn a_provider_that_never_answers_keeps_nobody_waiting() {
    let (app, provider) = open_house().await;
    let away = leave(&app.stranger(), "").await;
    provider.twist().replies.insert("/token", Reply::Never);
    let began = std::time::Instant::now();
    assert_eq!(refusal(&back_as(&app, &provider, &away, "eve").await), "provider_unavailable");
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    nothing_happened(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn new_keys_are_found_and_looked_for_at_most_once_a_minute() {
    let (app, provider) = open_house().await;
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    assert_eq!(provider.asked("/keys"), 1);
    provider.twist().kid = Some("two");
    signed_in(&app, &through(&app, &provider, "ada").await).await;
    assert_eq!(provider.asked("/keys"), 2);
    // Names of keys that were never there.
    for _ in 0..3 {
        provider.twist().header = json!({"kid": "never"});
        assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted");
    }
    assert_eq!(provider.asked("/keys"), 2);
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(refusal(&through(&app, &provider, "eve").await), "provider_distrusted");
    assert_eq!(provider.asked("/keys"), 3);
    app.stop().await;
}
