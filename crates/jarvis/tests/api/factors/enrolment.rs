//! Roles that must have a second factor (`REQUIRE_2FA`).

use jarvis::auth::gate::is_public;
use jarvis::users::Role;
use serde_json::{Value, json};

use super::{enrol, factors};
use crate::support::{Client, TestApp};

/// What takes somebody from having none to having one.
const ALLOWED: [&str; 9] = [
    "get /auth/me",
    "get /auth/2fa",
    "post /auth/2fa/totp",
    "post /auth/2fa/totp/confirm",
    "post /auth/passkeys/register/start",
    "post /auth/passkeys/register/finish",
    "post /auth/prove",
    "post /auth/oidc/{provider}/prove",
    "post /auth/password",
];

/// (method, template) of everything that is not public.
fn operations() -> Vec<(String, String)> {
    let document = serde_json::to_value(jarvis::server::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let all = paths.into_iter().flat_map(|(path, methods)| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(move |method| (method, path.clone()))
    });
    all.filter(|(method, path)| !is_public(&method.to_uppercase().parse().unwrap(), path)).collect()
}

async fn call(client: &Client, method: &str, template: &str) -> (u16, Value) {
    let path = template.replace("{id}", "01a202f6-9c47-748e-ab19-d6261ae385b4");
    let method = method.to_uppercase().parse().unwrap();
    let request = client.request(method, &path).header("content-type", "application/json").body("{}");
    let reply = Client::send(request).await;
    (reply.status, reply.json)
}

#[tokio::test]
async fn an_admin_without_a_factor_can_do_nothing_but_enrol() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let admin = app.user("adam", Role::Admin).await;
    assert_eq!(factors(&admin).await["required"], true);
    let operations = operations();
    assert!(operations.len() >= 20, "{}", operations.len());
    let mut refused = 0;
    for (method, template) in &operations {
        let (status, json) = call(&admin, method, template).await;
        let is_refused = (status, json["code"].as_str()) == (403, Some("second_factor_enrolment_required"));
        let allowed = ALLOWED.contains(&format!("{method} {template}").as_str());
        assert_eq!(is_refused, !allowed, "{method} {template}: {status} {json}");
        refused += usize::from(is_refused);
    }
    assert!(refused >= 15, "{refused}");
    assert_eq!(admin.raw_socket().await.closed().await, 4403);

    enrol(&app, &admin).await;
    for (method, template) in &operations {
        // It would end this very session.
        if template != "/auth/me" && template != "/auth/sessions" {
            let (_, json) = call(&admin, method, template).await;
            assert_ne!(json["code"], "second_factor_enrolment_required", "{method} {template}");
        }
        if template == "/auth/2fa/totp" && method == "delete" {
            break;
        }
    }
    assert_eq!(admin.get("/conversations").await.status, 200);
    admin.socket().await;
    app.stop().await;
}

#[tokio::test]
async fn an_open_socket_closes_when_the_last_factor_is_gone() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let admin = app.user("adam", Role::Admin).await;
    enrol(&app, &admin).await;
    let mut socket = admin.socket().await;
    app.execute("DELETE FROM totp").await;
    socket.say(json!({"type": "message", "message": "still there?"})).await;
    assert_eq!(socket.closed().await, 4403);
    app.stop().await;
}

#[tokio::test]
async fn users_are_left_alone_unless_everybody_must() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let ada = app.ada().await;
    assert_eq!(ada.get("/models").await.status, 200);
    assert_eq!(factors(&ada).await["required"], false);
    app.stop().await;
    let app = TestApp::start_with(&[("REQUIRE_2FA", "all")]).await;
    let ada = app.ada().await;
    assert_eq!(ada.get("/models").await.problem(), (403, "second_factor_enrolment_required"));
    enrol(&app, &ada).await;
    assert_eq!(ada.get("/models").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn the_only_factor_of_such_a_role_stays() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    let admin = app.user("adam", Role::Admin).await;
    enrol(&app, &admin).await;
    assert_eq!(admin.delete("/auth/2fa/totp").await.problem(), (409, "factor_required"));
    assert_eq!(factors(&admin).await["recovery_codes_left"], 10);
    app.stop().await;
}

#[tokio::test]
async fn begun_is_not_enrolled() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "all")]).await;
    let ada = app.ada().await;
    assert_eq!(ada.post("/auth/2fa/totp", json!({})).await.status, 201);
    assert_eq!(ada.get("/models").await.problem(), (403, "second_factor_enrolment_required"));
    app.stop().await;
}
