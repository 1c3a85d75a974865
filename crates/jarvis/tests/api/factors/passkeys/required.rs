//! A role that must have a second factor, and has a passkey.

use jarvis::users::Role;

use super::super::{enrol, factors};
use super::add_passkey;
use crate::support::TestApp;

#[tokio::test]
async fn a_passkey_enrols_too() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let admin = app.user("adam", Role::Superuser).await;
    assert_eq!(admin.get("/models").await.problem(), (403, "second_factor_enrolment_required"));
    add_passkey(&admin, "blue key").await;
    assert_eq!(admin.get("/models").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn the_last_factor_of_such_a_role_stays() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let admin = app.user("adam", Role::Admin).await;
    enrol(&app, &admin).await;
    assert_eq!(admin.delete("/auth/2fa/totp").await.problem(), (409, "factor_required"));
    assert_eq!(factors(&admin).await["recovery_codes_left"], 10);
    let (_, made) = add_passkey(&admin, "blue key").await;
    let path = format!("/auth/passkeys/{}", made.id());
    // Both at once: one of them is the last.
    let (totp, passkey) = tokio::join!(admin.delete("/auth/2fa/totp"), admin.delete(&path));
    let mut statuses = [totp.status, passkey.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    assert_eq!(admin.get("/models").await.status, 200);
    app.stop().await;
}
