//! A sign-in with the password alone, while its owner turns the first second factor on.

use serde_json::json;

use super::{Telephone, login};
use crate::support::{PATIENCE, TestApp};

/// Of `PASSWORD`, made by crypt(3) with few rounds: compared in no time, and then renewed for a long while.
const QUICK: &str =
    "UPDATE users SET password_hash = '$2b$04$abcdefghijklmnopqrstuufWvDG9ioTLSDQ3MO1.hjiNjvND/BdPe'";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_has_shown_a_password_alone_is_not_in_once_a_factor_is_on() {
    let app = TestApp::start_with(&[("PASSWORD_HASH", "bcrypt"), ("BCRYPT_ROUNDS", "12")]).await;
    let ada = app.ada().await;
    let telephone = Telephone::scan(&ada.post("/auth/2fa/totp", json!({})).await);
    app.execute(QUICK).await;
    app.execute("DELETE FROM throttles").await;
    let code = telephone.code(&app);
    let enrol = async {
        // The sign-in is under way: it was counted, and its password is being compared or its hash renewed.
        let begun = async { while app.count("SELECT COUNT(*) FROM throttles").await == 0 {} };
        tokio::time::timeout(PATIENCE, begun).await.unwrap();
        ada.post("/auth/2fa/totp/confirm", json!({"code": code})).await
    };
    let (reply, enrolled) = tokio::join!(login(&app, None), enrol);
    assert_eq!(enrolled.status, 200, "{}", enrolled.text);
    assert!(
        matches!(reply.problem(), (401, "invalid_credentials" | "second_factor_required")),
        "{}",
        reply.text
    );
    // Hers goes on, and no other was made.
    assert_eq!(ada.get("/auth/me").await.status, 200);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    app.stop().await;
}
