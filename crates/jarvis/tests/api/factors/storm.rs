//! Guessing codes: the attempt is counted before anything is compared.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{Telephone, enrol, factors, login};
use crate::support::{Reply, TestApp};

/// Wrong codes that somebody may show before they have to wait.
const ALLOWED: usize = 10;

fn compared(replies: &[Reply]) -> usize {
    for reply in replies {
        assert!(
            matches!(reply.problem(), (401, "invalid_code") | (429, "rate_limited") | (503, "unavailable")),
            "{}",
            reply.text
        );
    }
    replies.iter().filter(|reply| reply.status == 401).count()
}

#[tokio::test]
async fn two_hundred_wrong_codes_at_once_are_few_comparisons() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let telephone = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    let wrong = telephone.wrong(&app);
    let guesses = (0..200).map(|_| ada.post("/auth/2fa/totp/confirm", json!({"code": wrong})));
    let replies = join_all(guesses).await;
    let compared = compared(&replies);
    assert!((1..=ALLOWED).contains(&compared), "{compared}");
    // Even the right one has to wait now, and is told how long.
    let right = ada.post("/auth/2fa/totp/confirm", json!({"code": telephone.code(&app)})).await;
    assert_eq!(right.problem(), (429, "rate_limited"));
    assert!(right.headers.contains_key("retry-after"));
    assert_eq!(factors(&ada).await["totp"], false);
    app.stop().await;
}

#[tokio::test]
async fn wrong_codes_one_after_another_have_to_wait_too() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, _) = enrol(&app, &ada).await;
    let wrong = telephone.wrong(&app);
    let mut replies = Vec::new();
    for _ in 0..=ALLOWED {
        replies.push(login(&app, Some(&wrong)).await);
    }
    let compared = compared(&replies);
    assert!((1..=ALLOWED).contains(&compared), "{compared}");
    // A right password without a code begins nothing anew.
    assert_eq!(login(&app, None).await.problem(), (401, "second_factor_required"));
    assert_eq!(login(&app, Some(&wrong)).await.problem(), (429, "rate_limited"));
    app.stop().await;
}

#[tokio::test]
async fn two_hundred_sign_ins_with_wrong_codes_are_few_comparisons() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, codes) = enrol(&app, &ada).await;
    let wrong = telephone.wrong(&app);
    let guesses = (0..200).map(|n| {
        let code = if n % 2 == 0 { wrong.clone() } else { format!("AAAA-BBBB-CCCC-{n:04}") };
        let app = &app;
        async move { login(app, Some(&code)).await }
    });
    let replies = join_all(guesses).await;
    let compared = compared(&replies);
    assert!((1..=ALLOWED).contains(&compared), "{compared}");
    // A recovery code is no way round.
    assert_eq!(login(&app, Some(&codes[0])).await.problem(), (429, "rate_limited"));
    assert_eq!(factors(&ada).await["recovery_codes_left"], 10);
    app.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(login(&app, Some(&telephone.code(&app))).await.status, 200);
    app.stop().await;
}
