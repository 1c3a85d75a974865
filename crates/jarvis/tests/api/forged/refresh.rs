//! What is shown in place of a refresh token, and refresh tokens that come back.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::Stage;
use crate::support::{Client, Reply};

/// Refused refresh tokens from one network before it has to wait.
const A_SOURCE: usize = 40;

async fn by_body(client: &Client, token: &str) -> Reply {
    client.post("/auth/refresh", json!({"refresh_token": token})).await
}

async fn by_grant(client: &Client, token: &str) -> Reply {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    Client::send(client.request(Method::POST, "/auth/token").form(&form)).await
}

#[tokio::test]
async fn nothing_else_passes_for_a_refresh_token() {
    let stage = Stage::set().await;
    let all = stage.kinds.not_refresh(&stage.forger.good);
    assert!(all.len() >= 50, "{}", all.len());
    for (place, forged) in all.iter().enumerate() {
        let from = format!("127.3.{}.1", 3 * place / A_SOURCE);
        let stranger = stage.app.stranger().from(&from);
        let (token, name) = (&forged.token, &forged.name);
        let reply = by_body(&stranger, token).await;
        assert_eq!(reply.problem(), (401, "unauthenticated"), "{name} in the body");
        let reply = by_grant(&stranger, token).await;
        let error = reply.json["error"].as_str().unwrap_or_default();
        let right = [(400, "invalid_grant"), (400, "invalid_request")].contains(&(reply.status, error));
        assert!(right, "{name} as a grant: {} {}", reply.status, reply.text);
        if !token.contains([' ', '"']) {
            let page = stranger.with("cookie", &format!("jarvis_refresh={token}"));
            let reply = page.with("sec-fetch-site", "same-origin").post("/auth/refresh", json!({})).await;
            assert_eq!(reply.problem(), (401, "unauthenticated"), "{name} in the cookie");
            assert!(reply.cookies().is_empty());
        }
    }
    // Another site cannot have a browser renew, and none of all that was a replay.
    let cookie = format!("jarvis_refresh={}", stage.kinds.refresh);
    let page = stage.app.stranger().with("cookie", &cookie);
    let crossed = page.clone().with("sec-fetch-site", "cross-site").post("/auth/refresh", json!({})).await;
    assert_eq!(crossed.problem(), (403, "origin_refused"));
    let renewed = page.with("sec-fetch-site", "same-origin").post("/auth/refresh", json!({})).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    stage.app.stop().await;
}

async fn at_once(client: &Client, tokens: &[&str]) -> Vec<Reply> {
    let replies = join_all(tokens.iter().map(|token| by_body(client, token))).await;
    assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 401)), "{replies:?}");
    replies.into_iter().filter(|reply| reply.status == 200).collect()
}

fn refresh_token(reply: &Reply) -> &str {
    reply.json["refresh_token"].as_str().unwrap()
}

async fn is_over(stage: &Stage, given: &[Reply]) {
    let stranger = stage.app.stranger();
    for reply in given {
        let access = stranger.clone().with_token(reply.json["access_token"].as_str().unwrap());
        assert_eq!(access.get("/auth/me").await.problem(), (401, "unauthenticated"));
        assert_eq!(by_body(&stranger, refresh_token(reply)).await.problem(), (401, "unauthenticated"));
    }
}

/// Each answer may have been lost, so all of these get one: but only one of them goes on, and the others end it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_refresh_token_shown_six_times_at_once_one_successor_goes_on() {
    let stage = Stage::set().await;
    let stranger = stage.app.stranger();
    let successors = at_once(&stranger, &[stage.kinds.refresh.as_str(); 6]).await;
    assert_eq!(successors.len(), 6);
    let tokens: Vec<&str> = successors.iter().map(refresh_token).collect();
    let went_on = at_once(&stranger, &tokens).await;
    assert_eq!(went_on.len(), 1);
    is_over(&stage, &successors).await;
    is_over(&stage, &went_on).await;
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_shown_forty_times_at_once_ends_its_session() {
    let stage = Stage::set().await;
    let given = at_once(&stage.app.stranger(), &[stage.kinds.refresh.as_str(); 40]).await;
    assert!((1..=8).contains(&given.len()), "{}", given.len());
    is_over(&stage, &given).await;
    assert_eq!(stage.app.count("SELECT COUNT(*) FROM sessions WHERE ended_why = 'token_replayed'").await, 1);
    stage.app.stop().await;
}
