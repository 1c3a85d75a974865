//! Guessing is slowed down, and nobody can lock anybody out by it.

use std::time::Duration;

use futures_util::future::join_all;
use jarvis::auth::{Kind, Subject};
use jarvis::users::Role;
use jarvis_crypto::Secret;
use serde_json::json;

use crate::support::{Client, PASSWORD, Reply, TestApp};

const MINUTE: Duration = Duration::from_secs(60);

pub(super) async fn try_in(client: &Client, name: &str, password: &str) -> Reply {
    client.post("/auth/login", json!({"username": name, "password": password})).await
}

/// Ada has an account and has never signed in.
pub(super) async fn with_ada() -> TestApp {
    let app = TestApp::start().await;
    let password = Secret::new(PASSWORD.to_owned());
    app.app.accounts.add("ada", "ada@example.org", password, Role::User).await.unwrap();
    app
}

/// How many of these were compared, and how many were refused before.
fn counted(replies: &[Reply]) -> (usize, usize) {
    let status = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!(status(401) + status(429), replies.len(), "{:?}", replies.last());
    (status(401), status(429))
}

/// Seconds to wait, from an answer that says so.
pub(super) fn wait(reply: &Reply) -> u64 {
    assert_eq!(reply.problem(), (429, "rate_limited"));
    reply.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_guesses_at_once_no_more_are_compared_than_allowed() {
    let app = with_ada().await;
    let guess = |n: usize| {
        let client = app.stranger();
        async move { try_in(&client, "ada", &format!("guess number {n} of many")).await }
    };
    let replies = join_all((0..200).map(guess)).await;
    assert_eq!(counted(&replies), (5, 195));
    assert!(replies.iter().filter(|reply| reply.status == 429).all(|reply| wait(reply) == 1));
    // The right one is not compared either, and the name in another form is the same name.
    for name in ["ada", "ADA", " Ada "] {
        assert_eq!(wait(&try_in(&app.stranger(), name, PASSWORD).await), 1);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_guesses_from_many_networks_at_once_no_more_are_compared_than_the_account_allows() {
    let app = with_ada().await;
    let guess = |n: usize| {
        let client = app.stranger().from(&format!("127.1.{}.1", n % 40));
        async move { try_in(&client, "ada", &format!("guess number {n} of many")).await }
    };
    let replies = join_all((0..200).map(guess)).await;
    assert_eq!(counted(&replies), (10, 190));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_network_may_try_so_many_accounts_and_no_more() {
    let app = with_ada().await;
    let guess = |n: usize| {
        let client = app.stranger();
        async move { try_in(&client, &format!("somebody{n}"), "lantern orchard winter 43").await }
    };
    let mut replies = Vec::new();
    // Not more at once than are hashed in time, however busy the machine is.
    for some in (0..80).collect::<Vec<_>>().chunks(8) {
        replies.extend(join_all(some.iter().map(|n| guess(*n))).await);
    }
    assert_eq!(counted(&replies), (50, 30));
    // Other networks have nothing to do with it, and this one is forgiven with time.
    assert_eq!(try_in(&app.stranger().from("127.1.1.1"), "ada", PASSWORD).await.status, 200);
    assert_eq!(wait(&try_in(&app.stranger(), "ada", PASSWORD).await), 1);
    app.clock.advance(50 * MINUTE);
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() {
    let app = with_ada().await;
    let mut waits = Vec::new();
    // Five that are free, and then by turns a refusal and a failure.
    for _ in 0..30 {
        let reply = try_in(&app.stranger(), "ada", "wrong").await;
        if reply.status == 401 {
            continue;
        }
        // Neither the right password nor anything else is looked at before the time has come, and asking makes it no longer.
        let seconds = wait(&reply);
        assert_eq!(wait(&try_in(&app.stranger(), "ada", PASSWORD).await), seconds);
        app.clock.advance(Duration::from_secs(seconds));
        waits.push(seconds);
    }
    // The tenth wait comes twice: a quarter of an hour after the first failure, that one is forgotten between these two.
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 900, 900]);
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn an_unknown_account_is_throttled_like_a_known_one() {
    let app = with_ada().await;
    let mut told = Vec::new();
    for name in ["ada", "nobody"] {
        let client = app.stranger().from(if name == "ada" { "127.1.1.1" } else { "127.1.2.1" });
        let mut answers = Vec::new();
        for _ in 0..14 {
            let reply = try_in(&client, name, "wrong").await;
            let retry = reply.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            answers.push((reply.status, reply.json["code"].clone(), reply.json["detail"].clone(), retry));
            if reply.status == 429 {
                app.clock.advance(Duration::from_secs(wait(&reply)));
            }
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].iter().any(|answer| answer.0 == 429));
    app.stop().await;
}

#[tokio::test]
async fn a_stranger_who_hammers_does_not_keep_the_owner_out() {
    let app = TestApp::start().await;
    // She has signed in from here before.
    app.ada().await;
    for n in 0..30 {
        try_in(&app.stranger().from(&format!("127.1.{n}.1")), "ada", "wrong").await;
    }
    let elsewhere = app.stranger().from("127.2.1.1");
    assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 429);
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 200);
    // Her success ended the row of failures.
    assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_known_network_has_no_more_than_its_own_attempts_and_is_known_for_thirty_days() {
    let app = TestApp::start().await;
    app.ada().await;
    for _ in 0..5 {
        assert_eq!(try_in(&app.stranger(), "ada", "wrong").await.status, 401);
    }
    assert_eq!(wait(&try_in(&app.stranger(), "ada", PASSWORD).await), 1);
    // What is wrong at home does not count elsewhere.
    let elsewhere = app.stranger().from("127.2.1.1");
    assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 200);
    app.clock.advance(31 * 24 * 60 * MINUTE);
    for n in 0..30 {
        try_in(&app.stranger().from(&format!("127.1.{n}.1")), "ada", "wrong").await;
    }
    assert_eq!(try_in(&elsewhere, "ada", PASSWORD).await.status, 429);
    app.stop().await;
}

#[tokio::test]
async fn a_changed_password_forgets_from_where_else_somebody_signed_in() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let known = "SELECT COUNT(*) FROM known_devices";
    assert_eq!(app.count(known).await, 1);
    let body = json!({"current_password": PASSWORD, "new_password": "meadow lantern violin 77"});
    assert_eq!(ada.post("/auth/password", body).await.status, 204);
    // Only where it was changed.
    assert_eq!(app.count(known).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_browser_that_signed_in_before_is_known_wherever_it_is() {
    let app = with_ada().await;
    let browser = app.stranger().with("sec-fetch-site", "same-origin");
    let reply = try_in(&browser, "ada", PASSWORD).await;
    let mark = super::cookie(&reply, "jarvis_device");
    let line = reply.cookies().into_iter().find(|line| line.starts_with("jarvis_device=")).unwrap();
    assert!(line.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict"), "{line}");
    for n in 0..30 {
        try_in(&app.stranger().from(&format!("127.1.{n}.1")), "ada", "wrong").await;
    }
    let at = |mark: &str| {
        let cookies = format!("jarvis_device={mark}");
        app.stranger().from("127.2.1.1").with("cookie", &cookies).with("sec-fetch-site", "same-origin")
    };
    for (mark, status) in [("", 429), ("jrd_x", 429), (&mark[1..], 429), (&mark, 200)] {
        assert_eq!(try_in(&at(mark), "ada", PASSWORD).await.status, status, "{mark}");
    }
    // It opens nothing by itself, and means nothing for somebody else's account.
    assert_eq!(app.stranger().with_token(&mark).get("/auth/me").await.status, 401);
    app.bob().await;
    for n in 0..30 {
        try_in(&app.stranger().from(&format!("127.1.{n}.1")), "bob", "wrong").await;
    }
    let elsewhere = at(&mark).from("127.3.1.1");
    assert_eq!(try_in(&elsewhere, "bob", PASSWORD).await.status, 429);
    app.stop().await;
}

#[tokio::test]
async fn what_is_in_the_table_of_attempts_names_nobody() {
    let app = with_ada().await;
    for name in ["ada", "nobody@example.org"] {
        try_in(&app.stranger(), name, "wrong").await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM throttles").await, 5);
    let longest = app.count("SELECT CAST(MAX(LENGTH(key)) AS BIGINT) FROM throttles").await;
    assert_eq!(longest, 32);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn codes_are_counted_in_the_same_way_and_for_themselves() {
    let app = with_ada().await;
    let ada = app.sign_in("ada").await.get("/auth/me").await.json["id"].as_str().unwrap().parse().unwrap();
    let ada = Subject::User(jarvis::ids::UserId(ada));
    let limits = app.app.accounts.limits();
    let away: std::net::IpAddr = "192.0.2.1".parse().unwrap();
    let tries = join_all((0..200).map(|_| limits.attempt(Kind::Code, ada, away))).await;
    let allowed: Vec<_> = tries.into_iter().filter_map(Result::ok).collect();
    assert_eq!(allowed.len(), 5);
    assert!(limits.attempt(Kind::Password, ada, away).await.is_ok());
    // One of them was right: then it begins anew.
    for attempt in allowed {
        attempt.succeeded().await.unwrap();
    }
    let tries = join_all((0..200).map(|_| limits.attempt(Kind::Code, ada, away))).await;
    assert_eq!(tries.iter().filter(|attempt| attempt.is_ok()).count(), 5);
    app.stop().await;
}

#[tokio::test]
async fn a_source_of_made_up_refresh_tokens_is_slowed_down_and_a_good_one_is_not() {
    let (app, tab) = super::with_tab().await;
    let made_up = super::Tab { refresh: "jrt_made-up".to_owned(), ..tab.clone() };
    for _ in 0..50 {
        made_up.is_refused().await;
    }
    assert_eq!(wait(&made_up.present().await), 1);
    assert_eq!(tab.renew().await.me().await, 200);
    app.stop().await;
}

/// Ada, signed in with a browser that keeps its mark: the browser, and a program of the same session.
async fn marked(app: &TestApp) -> (Client, Client) {
    let browser = app.stranger().with("sec-fetch-site", "same-origin");
    let reply = try_in(&browser, "ada", PASSWORD).await;
    let mark = format!("jarvis_device={}", super::cookie(&reply, "jarvis_device"));
    let program =
        app.stranger().with_token(reply.json["access_token"].as_str().unwrap()).with("cookie", &mark);
    (browser.with("cookie", &mark), program.with("sec-fetch-site", "same-origin"))
}

#[tokio::test]
async fn a_browser_that_is_known_is_not_held_up_by_its_network() {
    let app = with_ada().await;
    let (browser, _) = marked(&app).await;
    for n in 0..60 {
        try_in(&app.stranger(), &format!("somebody{n}"), "lantern orchard winter 43").await;
    }
    assert_eq!(try_in(&app.stranger(), "ada", PASSWORD).await.status, 429);
    assert_eq!(try_in(&browser, "ada", PASSWORD).await.status, 200);
    // It is known for this account alone, and guesses no more than five times either.
    assert_eq!(try_in(&browser, "somebody", PASSWORD).await.status, 429);
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(try_in(&browser, "ada", "wrong").await);
    }
    assert_eq!(counted(&answers), (5, 2));
    app.stop().await;
}

#[tokio::test]
async fn who_changes_the_password_against_guesses_is_known_by_that_browser_still() {
    let app = with_ada().await;
    let (browser, program) = marked(&app).await;
    for n in 0..14 {
        try_in(&app.stranger().from(&format!("127.1.{n}.1")), "ada", "lantern orchard winter 43").await;
    }
    let next = "copper window meadow 17";
    let change = json!({"current_password": PASSWORD, "new_password": next});
    assert_eq!(program.post("/auth/password", change).await.status, 204);
    assert_eq!(try_in(&browser, "ada", next).await.status, 200);
    // What was guessed of the old password counts no more, for nobody.
    assert_eq!(try_in(&app.stranger().from("127.2.1.1"), "ada", next).await.status, 200);
    app.stop().await;
}
