//! How passwords are stored: as the operator chose, as another program stored them, and as nobody should have.

use serde_json::json;

use crate::support::{PASSWORD, Reply, TestApp};

const BCRYPT: &[(&str, &str)] =
    &[("PASSWORD_HASH", "bcrypt"), ("BCRYPT_ROUNDS", "10"), ("REGISTRATION", "open")];
/// Of `PASSWORD`, written by Python's bcrypt 5.0.
const IMPORT: &str =
    "UPDATE users SET password_hash = '$2b$10$cIMB92nQDqgbaeK3QDh0S.W.c5GnqqNzAAPE0/ffALiAs0nC3cvIy'";

async fn try_in(app: &TestApp, name: &str, password: &str) -> Reply {
    app.stranger().post("/auth/login", json!({"username": name, "password": password})).await
}

#[tokio::test]
async fn with_bcrypt_one_registers_and_signs_in_as_ever() {
    let app = TestApp::start_with(BCRYPT).await;
    app.ada().await;
    let body = json!({"username": "eve", "email": "eve@example.org", "password": PASSWORD});
    assert_eq!(app.stranger().post("/auth/register", body).await.status, 201);
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE password_hash LIKE '$2b$10$%'").await, 2);
    assert_eq!(try_in(&app, "eve", PASSWORD).await.status, 200);
    for (name, password) in [("eve", "lantern orchard winter 43"), ("nobody", PASSWORD)] {
        assert_eq!(try_in(&app, name, password).await.problem(), (401, "invalid_credentials"), "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn with_bcrypt_a_password_that_it_would_cut_is_refused_in_words() {
    let app = TestApp::start_with(BCRYPT).await;
    app.ada().await;
    let fits = "velvet otter kayak, green lamp by the quiet harbour, nine cold hinges up";
    assert_eq!(fits.len(), 72);
    let register = async |name: &str, password: &str| {
        let email = format!("{name}@example.org");
        let body = json!({"username": name, "email": email, "password": password});
        app.stranger().post("/auth/register", body).await
    };
    assert_eq!(register("eve", fits).await.status, 201);
    assert_eq!(try_in(&app, "eve", &format!("{fits}y")).await.problem(), (401, "invalid_credentials"));
    for (name, password) in [
        ("ivy", format!("{fits}y")),
        ("joe", "élan vélo forêt hôtel naïve garçon théâtre crème brûlée œuvre août hâte".to_owned()),
    ] {
        let refused = register(name, &password).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let fault = &refused.json["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!("password"), &json!("password_too_long")));
        assert!(fault["detail"].as_str().unwrap().contains("72 bytes"), "{fault}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_hash_that_another_program_stored_lets_its_owner_in() {
    for settings in [&[][..], BCRYPT] {
        let app = TestApp::start_with(settings).await;
        app.ada().await;
        app.execute(IMPORT).await;
        assert_eq!(try_in(&app, "ada", "lantern orchard winter 43").await.status, 401);
        assert_eq!(try_in(&app, "ada", PASSWORD).await.status, 200, "{settings:?}");
        app.stop().await;
    }
}

/// A restored backup, an import, a hand in the database: nothing stored breaks the sign-in or makes it work for hours.
#[tokio::test]
async fn a_stored_hash_of_any_kind_is_at_most_a_wrong_password() {
    let app = TestApp::start().await;
    app.ada().await;
    for sql in [
        "UPDATE users SET password_hash = ''",
        "UPDATE users SET password_hash = '!'",
        "UPDATE users SET password_hash = '$2b$'",
        "UPDATE users SET password_hash = '$2b$31$JF4UmljW1PoC8GaDgYGQbeasDD0GaO8Qc/U7FTjp0iyhola1weF5O'",
        "UPDATE users SET password_hash = '$2x$04$JF4UmljW1PoC8GaDgYGQbeasDD0GaO8Qc/U7FTjp0iyhola1weF5O'",
        "UPDATE users SET password_hash = '$2b$99$JF4UmljW1PoC8GaDgYGQbeasDD0GaO8Qc/U7FTjp0iyhola1weF5O'",
        "UPDATE users SET password_hash = '$2b$04$JF4UmljW1PoC8GaDgYGQbéasDD0GaO8Qc/U7FTjp0iyhola1weF5'",
        "UPDATE users SET password_hash = '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'",
        "UPDATE users SET password_hash = '$argon2id$v=19$m=8,t=4000000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'",
    ] {
        app.execute(sql).await;
        app.execute("DELETE FROM throttles").await;
        assert_eq!(try_in(&app, "ada", PASSWORD).await.problem(), (401, "invalid_credentials"), "{sql}");
    }
    app.stop().await;
}
