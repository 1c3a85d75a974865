//! Set-up, registration, sign-in, sessions.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn the_set_up_code_makes_the_owner_and_then_nobody() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let account = |code: &str, name: &str| json!({"email": format!("{name}@example.org"), "username": name, "password": PASSWORD, "setup_code": code});
    assert_eq!(stranger.get("/auth/setup").await.json["setup_required"], true);
    let code = app.app.accounts.setup_code().await.unwrap().unwrap().expose().clone();
    let wrong = stranger.post("/auth/register", account("AAAA-BBBB-CCCC-DDDD-EEEE", "eve")).await;
    assert_eq!(wrong.problem(), (403, "setup_code_invalid"));
    let open = json!({"email": "eve@example.org", "username": "eve", "password": PASSWORD});
    // Registration is open in development, but a stranger is not first.
    assert_eq!(stranger.post("/auth/register", open.clone()).await.problem(), (403, "registration_closed"));

    let owner = stranger.post("/auth/register", account(&code, "ada")).await;
    assert_eq!((owner.status, owner.json["role"].as_str()), (201, Some("superuser")), "{}", owner.text);
    assert!(!owner.text.contains("password"));
    assert_eq!(stranger.get("/auth/setup").await.json["setup_required"], false);
    let again = stranger.post("/auth/register", account(&code, "eve")).await;
    assert_eq!(again.problem(), (409, "setup_done"));
    let second = stranger.post("/auth/register", open).await;
    assert_eq!((second.status, second.json["role"].as_str()), (201, Some("user")));
    app.stop().await;
}
