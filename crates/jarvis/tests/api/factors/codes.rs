//! Recovery codes: ten, each good once.

use futures_util::future::join_all;
use serde_json::json;

use super::{codes_of, enrol, factors, login, login_as};
use crate::support::TestApp;

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, codes) = enrol(&app, &ada).await;
    assert_eq!(login(&app, Some(&codes[0])).await.status, 200);
    assert_eq!(login(&app, Some(&codes[0])).await.problem(), (401, "invalid_code"));
    assert_eq!(factors(&ada).await["recovery_codes_left"], 9);
    // As somebody types from a sheet of paper.
    let typed = codes[1].to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(login(&app, Some(&format!("  {typed} "))).await.status, 200);
    assert_eq!(factors(&ada).await["recovery_codes_left"], 8);
    assert_eq!(login(&app, Some(&telephone.code(&app))).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn of_many_who_bring_the_same_code_at_once_one_gets_in() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (_, codes) = enrol(&app, &ada).await;
    let replies = join_all((0..8).map(|_| login(&app, Some(&codes[3])))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(factors(&ada).await["recovery_codes_left"], 9);
    app.stop().await;
}

#[tokio::test]
async fn a_new_sheet_makes_the_old_one_worthless() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (_, old) = enrol(&app, &ada).await;
    let renewed = ada.post("/auth/2fa/recovery-codes", json!({})).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let new = codes_of(&renewed);
    assert!(new.iter().all(|code| !old.contains(code)));
    assert_eq!(login(&app, Some(&old[0])).await.problem(), (401, "invalid_code"));
    assert_eq!(login(&app, Some(&new[0])).await.status, 200);
    assert_eq!(factors(&ada).await["recovery_codes_left"], 9);
    app.stop().await;
}

#[tokio::test]
async fn anothers_code_opens_nothing() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (_, adas) = enrol(&app, &ada).await;
    let (telephone, _) = enrol(&app, &bob).await;
    assert_eq!(login_as(&app, "bob", Some(&adas[0])).await.problem(), (401, "invalid_code"));
    assert_eq!(login(&app, Some(&telephone.code(&app))).await.problem(), (401, "invalid_code"));
    assert_eq!(factors(&ada).await["recovery_codes_left"], 10);
    app.stop().await;
}

#[tokio::test]
async fn without_a_factor_there_is_nothing_to_stand_in_for() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    assert_eq!(ada.post("/auth/2fa/recovery-codes", json!({})).await.problem(), (409, "no_factor"));
    // A code that nobody asked for changes nothing.
    assert_eq!(login(&app, Some("123456")).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn codes_are_stored_as_hashes() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (_, codes) = enrol(&app, &ada).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM recovery_codes WHERE LENGTH(hash) = 32").await, 10);
    assert!(codes.iter().all(|code| code.len() == 19 && code.chars().filter(|c| *c == '-').count() == 3));
    app.stop().await;
}
