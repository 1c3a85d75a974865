//! How a session is renewed, and everything that ends it.

use std::time::Duration;

use serde_json::json;

use super::{Tab, cookie, with_tab};
use crate::support::{PASSWORD, TestApp};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How far two clocks may differ: a token is honoured that much longer.
const LEEWAY: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_keeps_the_session() {
    let (app, old) = with_tab().await;
    let reply = old.present().await;
    assert_eq!((reply.status, reply.json["expires_in"].as_u64()), (200, Some(1800)));
    assert_eq!(reply.json["user"]["username"], "ada");
    assert!(!reply.text.contains("jrt_"));
    let new = Tab::keep(app.stranger(), &reply);
    assert_ne!(new.refresh, old.refresh);
    assert_ne!(new.access, old.access);
    assert_eq!((new.me().await, old.me().await), (200, 200));
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM sessions WHERE ended_at IS NULL").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_back_ends_the_session() {
    let (app, first) = with_tab().await;
    let other = Tab::open(&app, "ada").await;
    let third = first.renew().await.renew().await;
    assert_eq!(third.me().await, 200);
    first.is_refused().await;
    // At once, for the access tokens that are out as well, and for whoever holds the newest refresh token.
    assert_eq!((first.me().await, third.me().await), (401, 401));
    third.is_refused().await;
    // Another sign-in of the same person has nothing to do with it.
    assert_eq!(other.me().await, 200);
    other.renew().await;
    assert_eq!(
        app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM sessions WHERE ended_why = 'token_replayed'").await,
        1
    );
    app.stop().await;
}

#[tokio::test]
async fn a_lost_reply_is_given_again_and_only_one_of_the_successors_goes_on() {
    let (app, first) = with_tab().await;
    let lost = first.renew().await;
    let kept = first.renew().await;
    assert_ne!(lost.refresh, kept.refresh);
    let next = kept.renew().await;
    assert_eq!(next.me().await, 200);
    lost.is_refused().await;
    assert_eq!(next.me().await, 401);
    next.is_refused().await;
    app.stop().await;
}

#[tokio::test]
async fn a_stolen_token_is_recognised_after_the_cleaner_has_been_there() {
    let (app, first) = with_tab().await;
    let owner = first.renew().await;
    app.clock.advance(6 * DAY);
    // Somebody replays the first token while its successor is unused, and is given another successor.
    let thief = first.renew().await;
    let owner = owner.renew().await;
    app.clock.advance(3 * DAY);
    app.app.accounts.sweep().await.unwrap();
    thief.is_refused().await;
    owner.is_refused().await;
    app.stop().await;
}

#[tokio::test]
async fn signing_in_again_leaves_no_session_behind() {
    let (app, old) = with_tab().await;
    let cookies = format!("jarvis_refresh={}; jarvis_refresh=planted", old.refresh);
    let client = app.stranger().with("cookie", &cookies).with("sec-fetch-site", "same-origin");
    let reply = client.post("/auth/login", json!({"username": "ada", "password": PASSWORD})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(old.me().await, 401);
    assert_eq!(Tab::keep(app.stranger(), &reply).me().await, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_planted_cookie_does_not_keep_a_session_alive() {
    let (app, tab) = with_tab().await;
    let cookies = format!("jarvis_access=planted; jarvis_refresh={}; jarvis_refresh=planted", tab.refresh);
    let client = app.stranger().with("cookie", &cookies).with("sec-fetch-site", "same-origin");
    assert_eq!(client.post("/auth/logout", json!({})).await.status, 204);
    assert_eq!(tab.me().await, 401);
    tab.is_refused().await;
    app.stop().await;
}

#[tokio::test]
async fn replies_are_not_lost_for_ever() {
    let (app, first) = with_tab().await;
    for _ in 0..8 {
        first.renew().await;
    }
    first.is_refused().await;
    assert_eq!(first.me().await, 401);
    app.stop().await;
}

#[tokio::test]
async fn two_tabs_that_renew_at_once_both_go_on() {
    let (app, tab) = with_tab().await;
    let (one, two) = tokio::join!(tab.renew(), tab.renew());
    assert_ne!(one.refresh, two.refresh);
    assert_eq!((one.me().await, two.me().await), (200, 200));
    app.stop().await;
}

#[tokio::test]
async fn of_two_successors_used_at_once_one_wins_and_then_the_session_ends() {
    let (app, tab) = with_tab().await;
    let (one, two) = tokio::join!(tab.renew(), tab.renew());
    let (a, b) = tokio::join!(one.present(), two.present());
    let mut answers = [a.status, b.status];
    answers.sort_unstable();
    assert_eq!(answers, [200, 401]);
    assert_eq!((one.me().await, two.me().await), (401, 401));
    app.stop().await;
}

#[tokio::test]
async fn an_access_token_lives_half_an_hour() {
    let (app, tab) = with_tab().await;
    app.clock.advance(30 * MINUTE + LEEWAY - Duration::from_secs(1));
    assert_eq!(tab.me().await, 200);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(tab.program().get("/auth/me").await.problem(), (401, "unauthenticated"));
    let renewed = tab.renew().await;
    assert_eq!((renewed.me().await, tab.me().await), (200, 401));
    app.stop().await;
}

#[tokio::test]
async fn a_refresh_token_lives_seven_days() {
    let (app, tab) = with_tab().await;
    app.clock.advance(7 * DAY - Duration::from_secs(1));
    let renewed = tab.renew().await;
    app.clock.advance(7 * DAY);
    renewed.is_refused().await;
    assert_eq!(renewed.me().await, 401);
    app.stop().await;
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_often_it_is_renewed() {
    let (app, mut tab) = with_tab().await;
    for _ in 0..15 {
        app.clock.advance(6 * DAY - Duration::from_secs(1));
        tab = tab.renew().await;
    }
    assert_eq!(tab.me().await, 200);
    app.clock.advance(Duration::from_secs(15));
    // The access token would still be good for half an hour.
    assert_eq!(tab.me().await, 401);
    tab.is_refused().await;
    app.stop().await;
}

#[tokio::test]
async fn signing_out_ends_both_tokens_and_clears_the_cookies() {
    let (app, tab) = with_tab().await;
    let other = Tab::open(&app, "ada").await;
    let reply = tab.browser().post("/auth/logout", json!({})).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert_eq!(
        reply.cookies(),
        [
            "jarvis_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
            "jarvis_refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
        ]
    );
    assert_eq!(tab.me().await, 401);
    tab.is_refused().await;
    assert_eq!(tab.browser().get("/conversations").await.problem(), (401, "unauthenticated"));
    // Twice does no harm, and another device stays signed in.
    assert_eq!(tab.browser().post("/auth/logout", json!({})).await.status, 204);
    assert_eq!(other.me().await, 200);
    other.renew().await;
    app.stop().await;
}

#[tokio::test]
async fn signing_out_works_with_an_access_token_that_has_run_out() {
    let (app, tab) = with_tab().await;
    app.clock.advance(31 * MINUTE);
    assert_eq!(tab.me().await, 401);
    let reply = tab.browser().post("/auth/logout", json!({})).await;
    assert_eq!(reply.status, 204);
    assert_eq!(cookie(&reply, "jarvis_refresh"), "");
    tab.is_refused().await;
    app.stop().await;
}

#[tokio::test]
async fn a_program_signs_out_with_its_bearer_token() {
    let (app, tab) = with_tab().await;
    assert_eq!(tab.program().post("/auth/logout", json!({})).await.status, 204);
    assert_eq!(tab.me().await, 401);
    tab.is_refused().await;
    assert_eq!(app.stranger().post("/auth/logout", json!({})).await.status, 204);
    app.stop().await;
}

#[tokio::test]
async fn a_disabled_account_stops_at_once() {
    let (app, tab) = with_tab().await;
    let bob = app.bob().await;
    app.execute("UPDATE users SET is_active = FALSE WHERE username = 'ada'").await;
    assert_eq!(tab.me().await, 401);
    assert_eq!(tab.browser().get("/models").await.problem(), (401, "unauthenticated"));
    tab.is_refused().await;
    assert_eq!(bob.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_account_stops_at_once() {
    let (app, tab) = with_tab().await;
    app.execute("DELETE FROM users WHERE username = 'ada'").await;
    for path in ["/auth/me", "/models", "/conversations"] {
        assert_eq!(tab.program().get(path).await.problem(), (401, "unauthenticated"), "{path}");
    }
    tab.is_refused().await;
    assert_eq!(tab.browser().post("/auth/logout", json!({})).await.status, 204);
    app.stop().await;
}

#[tokio::test]
async fn the_role_is_the_one_in_the_database() {
    let app = TestApp::start().await;
    app.user("ada", jarvis::users::Role::Superuser).await;
    let tab = Tab::open(&app, "ada").await;
    let role = async || tab.program().get("/auth/me").await.json["role"].clone();
    assert_eq!(role().await, "superuser");
    app.execute("UPDATE users SET role = 'user' WHERE username = 'ada'").await;
    assert_eq!(role().await, "user");
    let renewed = tab.present().await;
    assert_eq!(renewed.json["user"]["role"], "user");
    app.stop().await;
}
