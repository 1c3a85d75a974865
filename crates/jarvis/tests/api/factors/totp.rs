//! An authenticator program, from its QR code to its end.

use std::time::Duration;

use serde_json::json;

use super::{Telephone, enrol, factors, login};
use crate::support::TestApp;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn after_the_first_code_the_password_alone_is_not_enough() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    assert_eq!(
        factors(&ada).await,
        json!({"totp": false, "recovery_codes_left": 0, "passkeys": [], "required": false})
    );
    let telephone = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    // Begun is not on: a QR code that nobody scanned keeps nobody out.
    assert_eq!(factors(&ada).await["totp"], false);
    assert_eq!(login(&app, None).await.status, 200);
    let wrong = ada.post("/auth/2fa/totp/confirm", json!({"code": telephone.wrong(&app)})).await;
    assert_eq!(wrong.problem(), (401, "invalid_code"));
    let confirmed = ada.post("/auth/2fa/totp/confirm", json!({"code": telephone.code(&app)})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert_eq!(confirmed.json["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(
        factors(&ada).await,
        json!({"totp": true, "recovery_codes_left": 10, "passkeys": [], "required": false})
    );
    assert_eq!(ada.get("/auth/me").await.json["two_factor"], true);

    let asked = login(&app, None).await;
    assert_eq!(asked.problem(), (401, "second_factor_required"));
    assert_eq!(asked.json["methods"], json!(["totp", "recovery_code"]));
    assert!(asked.json["flow"].as_str().is_some_and(|flow| flow.starts_with("jrf_")));
    assert!(asked.cookies().is_empty());
    app.clock.advance(Duration::from_secs(30));
    assert_eq!(login(&app, Some(&telephone.wrong(&app))).await.problem(), (401, "invalid_code"));
    let signed_in = login(&app, Some(&telephone.code(&app))).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    assert_eq!(signed_in.json["user"]["two_factor"], true);
    app.stop().await;
}

#[tokio::test]
async fn each_code_is_accepted_once() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let telephone = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    let first = telephone.code(&app);
    assert_eq!(ada.post("/auth/2fa/totp/confirm", json!({"code": first})).await.status, 200);
    // The code that turned it on was seen by whoever looked over the shoulder.
    assert_eq!(login(&app, Some(&first)).await.problem(), (401, "invalid_code"));
    app.clock.advance(Duration::from_secs(30));
    let code = telephone.code(&app);
    assert_eq!(login(&app, Some(&code)).await.status, 200);
    assert_eq!(login(&app, Some(&code)).await.problem(), (401, "invalid_code"));
    // Nor one of an earlier step, that was never used.
    app.clock.advance(MINUTE);
    let (earlier, now) = (telephone.code_in(&app, -1), telephone.code(&app));
    assert_eq!(login(&app, Some(&now)).await.status, 200);
    assert_eq!(login(&app, Some(&earlier)).await.problem(), (401, "invalid_code"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_sign_ins_with_one_code_at_once_one_gets_in() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, _) = enrol(&app, &ada).await;
    // Whether two meet between the look and the change is a matter of luck: several times.
    for _ in 0..8 {
        let code = telephone.code(&app);
        let attempts = (0..4).map(|_| login(&app, Some(&code)));
        let replies = futures_util::future::join_all(attempts).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
        app.clock.advance(15 * MINUTE);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_clock_may_be_one_step_off_and_not_two() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, _) = enrol(&app, &ada).await;
    app.clock.advance(5 * MINUTE);
    for steps in [-2, 2] {
        let code = telephone.code_in(&app, steps);
        assert_eq!(login(&app, Some(&code)).await.problem(), (401, "invalid_code"), "{steps}");
    }
    for steps in [-1, 0, 1] {
        let code = telephone.code_in(&app, steps);
        assert_eq!(login(&app, Some(&code)).await.status, 200, "{steps}");
    }
    app.stop().await;
}

#[tokio::test]
async fn turning_the_first_factor_on_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let other = app.sign_in("ada").await;
    let mut socket = other.socket().await;
    enrol(&app, &ada).await;
    assert_eq!(socket.closed().await, 4403);
    assert_eq!(other.get("/auth/me").await.problem(), (401, "unauthenticated"));
    assert_eq!(ada.get("/auth/me").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn turning_it_off_takes_a_fresh_proof_and_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, codes) = enrol(&app, &ada).await;
    let other = login(&app, Some(&telephone.code(&app))).await;
    let other = app.stranger().with_token(other.json["access_token"].as_str().unwrap());
    app.clock.advance(6 * MINUTE);
    for path in ["/auth/2fa/totp", "/auth/passkeys/01a202f6-9c47-748e-ab19-d6261ae385b4"] {
        assert_eq!(ada.delete(path).await.problem(), (403, "recent_proof_required"), "{path}");
    }
    for path in ["/auth/2fa/totp", "/auth/2fa/recovery-codes", "/auth/passkeys/register/start"] {
        let reply = ada.post(path, json!({"name": "x"})).await;
        assert_eq!(reply.problem(), (403, "recent_proof_required"), "{path}");
    }
    // The password alone proves nothing any more.
    let password = json!({"password": crate::support::PASSWORD});
    assert_eq!(ada.post("/auth/prove", password).await.problem(), (401, "second_factor_required"));
    let changed =
        json!({"current_password": crate::support::PASSWORD, "new_password": "harbour violet 77 thunder"});
    assert_eq!(ada.post("/auth/password", changed).await.status, 204);
    assert_eq!(ada.delete("/auth/2fa/totp").await.problem(), (403, "recent_proof_required"));
    let back =
        json!({"current_password": "harbour violet 77 thunder", "new_password": crate::support::PASSWORD});
    assert_eq!(ada.post("/auth/password", back).await.status, 204);
    let both = json!({"password": crate::support::PASSWORD, "otp": telephone.code(&app)});
    assert_eq!(ada.post("/auth/prove", both).await.status, 204);
    assert_eq!(ada.delete("/auth/2fa/totp").await.status, 204);
    assert_eq!(other.get("/auth/me").await.problem(), (401, "unauthenticated"));
    assert_eq!(
        factors(&ada).await,
        json!({"totp": false, "recovery_codes_left": 0, "passkeys": [], "required": false})
    );
    assert_eq!(ada.get("/auth/me").await.json["two_factor"], false);
    assert_eq!(login(&app, None).await.status, 200);
    // Turned on again, the codes of the first time are worth nothing.
    enrol(&app, &ada).await;
    assert_eq!(login(&app, Some(&codes[0])).await.problem(), (401, "invalid_code"));
    app.stop().await;
}

#[tokio::test]
async fn a_secret_waits_a_quarter_of_an_hour_and_only_the_latest() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let nothing = ada.post("/auth/2fa/totp/confirm", json!({"code": "123456"})).await;
    assert_eq!(nothing.problem(), (409, "totp_not_begun"));
    let first = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    let second = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    let old = ada.post("/auth/2fa/totp/confirm", json!({"code": first.code(&app)})).await;
    assert_eq!(old.problem(), (401, "invalid_code"));
    app.clock.advance(15 * MINUTE);
    let late = ada.post("/auth/2fa/totp/confirm", json!({"code": second.code(&app)})).await;
    assert_eq!(late.problem(), (409, "totp_not_begun"));
    app.stop().await;
}

#[tokio::test]
async fn one_that_is_on_is_not_replaced() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (telephone, _) = enrol(&app, &ada).await;
    assert_eq!(ada.post("/auth/2fa/totp", json!({})).await.problem(), (409, "totp_on"));
    let again = ada.post("/auth/2fa/totp/confirm", json!({"code": telephone.code(&app)})).await;
    assert_eq!(again.problem(), (409, "totp_on"));
    assert_eq!(login(&app, Some(&telephone.code(&app))).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_secret_moves_to_the_new_key_when_it_is_used() {
    let (old, new) =
        ("WxcfDQ1Pkdwznugo/VDeB87Au8QHCdvI6ugl6tpmuBc=", "jNedh09Rm9j6Nl4xi6FJTs5iOtDvxmGxE5sGjT7KC98=");
    let first = TestApp::start_with(&[("ENCRYPTION_KEY", old)]).await;
    let (telephone, _) = enrol(&first, &first.ada().await).await;
    let database = match first.postgres_url() {
        Some(url) => url.to_string(),
        None => format!("sqlite://{}/jarvis.db", first.folder().display()),
    };
    let both = [("ENCRYPTION_KEY", new), ("ENCRYPTION_KEY_PREVIOUS", old), ("DATABASE_URL", &database)];
    let both = TestApp::start_with(&both).await;
    both.clock.advance(MINUTE);
    assert_eq!(login(&both, Some(&telephone.code(&both))).await.status, 200);
    let after = TestApp::start_with(&[("ENCRYPTION_KEY", new), ("DATABASE_URL", &database)]).await;
    after.clock.advance(2 * MINUTE);
    assert_eq!(login(&after, Some(&telephone.code(&after))).await.status, 200);
    after.stop().await;
    both.stop().await;
    first.stop().await;
}

#[tokio::test]
async fn a_password_that_races_the_first_factor_leaves_no_session() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let telephone = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    let confirm = ada.post("/auth/2fa/totp/confirm", json!({"code": telephone.code(&app)}));
    let logins = futures_util::future::join_all((0..4).map(|_| login(&app, None)));
    let (confirmed, _) = tokio::join!(confirm, logins);
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn the_secret_is_stored_sealed() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    enrol(&app, &ada).await;
    enrol(&app, &bob).await;
    // A version, the key's id, a nonce, the twenty bytes and a tag.
    assert_eq!(app.count("SELECT COUNT(*) FROM totp WHERE LENGTH(secret) = 1 + 8 + 24 + 20 + 16").await, 2);
    app.stop().await;
}
