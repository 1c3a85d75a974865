//! What a browser is told on the way.

use serde_json::json;

use super::{Away, Provider, back_as, leave, location, signed_in};
use crate::support::TestApp;

#[tokio::test]
async fn behind_tls_the_cookie_is_tied_to_the_host_and_the_address_is_the_public_one() {
    let provider = Provider::start().await;
    let public = [("PUBLIC_URL", "https://jarvis.example"), ("TRUSTED_HOSTS", "127.0.0.1,jarvis.example")];
    let settings: Vec<_> = provider.settings().into_iter().chain(public).collect();
    let app = TestApp::start_with(&settings).await;
    provider.keep_time(&app.clock);
    app.user("owner", jarvis::users::Role::Superuser).await;
    let sent = app.stranger().get("/auth/oidc/oidc/start").await;
    let [line] = sent.cookies().try_into().unwrap();
    assert!(line.starts_with("__Host-jarvis_flow="), "{line}");
    assert!(line.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"), "{line}");
    let away = Away::of(&sent, &location(&sent));
    assert_eq!(away.query("redirect_uri"), "https://jarvis.example/auth/oidc/oidc/callback");
    let reply = back_as(&app, &provider, &away, "ada").await;
    assert_eq!(location(&reply), "/");
    assert!(reply.cookies().iter().any(|line| line.starts_with("__Host-jarvis_access=ey")));
    app.stop().await;
}

#[tokio::test]
async fn what_is_asked_for_is_little_and_nothing_of_it_can_be_read_in_the_cookie() {
    let (app, provider) = super::open_house().await;
    let away = leave(&app.stranger(), "?return_to=/c/secret-place").await;
    assert_eq!((away.query("scope"), away.query("response_type")), ("openid email".into(), "code".into()));
    let host = app.stranger().url("/auth/oidc/oidc/callback");
    assert_eq!(away.query("redirect_uri"), host);
    for secret in [away.state(), away.query("nonce"), "secret-place".to_owned()] {
        assert!(!away.cookie.contains(&secret));
    }
    assert!(away.state().len() >= 43 && away.query("nonce").len() >= 43);
    let other = leave(&app.stranger(), "").await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(away.query(name), other.query(name));
    }
    assert!(away.url.as_str().starts_with(&format!("{}/authorize?", provider.issuer())));
    app.stop().await;
}

#[tokio::test]
async fn nothing_on_the_way_is_kept_by_anybody_in_between() {
    let (app, provider) = super::open_house().await;
    let sent = app.stranger().get("/auth/oidc/oidc/start").await;
    let away = Away::of(&sent, &location(&sent));
    let reply = back_as(&app, &provider, &away, "ada").await;
    for answer in [&sent, &reply] {
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    }
    app.stop().await;
}

/// The browser's mark does not come along from a provider's page; it is known again all the same.
#[tokio::test]
async fn a_browser_that_is_known_keeps_its_mark() {
    let (app, provider) = super::open_house().await;
    let page = app.stranger().with("sec-fetch-site", "same-origin");
    app.ada().await;
    let login = json!({"username": "ada", "password": crate::support::PASSWORD});
    let first = page.post("/auth/login", login).await;
    let cookies = first.cookies();
    let mark = cookies.iter().find(|line| line.starts_with("jarvis_device=jrd_")).unwrap();
    let mark = mark.split(';').next().unwrap();
    let away = leave(&page.clone().with("cookie", mark), "").await;
    let reply = back_as(&app, &provider, &away, "eve").await;
    signed_in(&app, &reply).await;
    assert!(!reply.cookies().iter().any(|line| line.starts_with("jarvis_device")), "{:?}", reply.cookies());
    // One without a mark gets one.
    let reply = back_as(&app, &provider, &leave(&page, "").await, "eve").await;
    assert!(reply.cookies().iter().any(|line| line.starts_with("jarvis_device=jrd_")));
    app.stop().await;
}

#[tokio::test]
async fn each_button_has_a_name() {
    let (app, _provider) = super::house(&[("OIDC_NAME", "Société")]).await;
    let listed = app.stranger().get("/auth/providers").await.json;
    assert_eq!(listed["items"], json!([{"id": "oidc", "name": "Société"}]));
    app.stop().await;
}
