//! Every operation of the API, called by everybody who might: the OpenAPI document times the roles, keys and owners.

mod expected;
mod owners;

use std::collections::BTreeSet;
use std::time::Duration;

use jarvis::auth::gate::is_public;
use jarvis::users::Role;
use serde_json::json;

use crate::support::{Client, TestApp};
use expected::{Expected, Who, table};

/// An id that belongs to nobody.
const NOTHING: &str = "01a202f6-9c47-748e-ab19-d6261ae385b4";

/// Every (method, path template) of the OpenAPI document.
fn operations() -> BTreeSet<String> {
    let document = serde_json::to_value(jarvis::server::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

#[test]
fn every_operation_was_thought_about() {
    let rows: Vec<String> = table().iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    let known: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(known.len(), rows.len(), "an operation stands twice in access/expected.rs");
    let all = operations();
    let new: Vec<_> = all.difference(&known).collect();
    assert!(new.is_empty(), "say in access/expected.rs who may call {new:?}");
    let gone: Vec<_> = known.difference(&all).collect();
    assert!(gone.is_empty(), "not in the OpenAPI document: {gone:?}");
    for row in table() {
        let public = matches!(row.who, Who::Anybody | Who::Bearer);
        assert_eq!(is_public(&row.method, row.path), public, "{row:?}");
        assert_eq!(row.path.contains("{id}"), row.object.is_some(), "{row:?}");
        // The one thing that must never be in the table: a key that gets more than it is, or makes its like.
        assert!(!(row.recent && row.key.is_some()), "{row:?}");
    }
}

/// How a request was taken.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// What came then is between the caller and the operation.
    LetIn,
    Refused(u16, String),
}

fn refused(status: u16, code: &str) -> Taken {
    Taken::Refused(status, code.to_owned())
}

/// Codes with which a caller is turned away for what they are.
const REFUSALS: [&str; 6] = [
    "unauthenticated",
    "forbidden",
    "insufficient_scope",
    "session_required",
    "recent_proof_required",
    "second_factor_enrolment_required",
];

async fn call(client: &Client, row: &Expected) -> Taken {
    let path = row.path.replace("{id}", NOTHING);
    let request = client.request(row.method.clone(), &path).header("content-type", "application/json");
    let reply = Client::send(request.body("{}")).await;
    match reply.json["code"].as_str().filter(|code| REFUSALS.contains(code)) {
        Some(code) => refused(reply.status, code),
        None => Taken::LetIn,
    }
}

/// Somebody who calls, and what they are to the table.
struct Caller {
    name: String,
    client: Client,
    role: Option<Role>,
    /// The one scope of a key.
    key: Option<&'static str>,
    recent: bool,
    must_enrol: bool,
}

impl Caller {
    fn stranger(name: &str, client: Client) -> Self {
        Self { name: name.to_owned(), client, role: None, key: None, recent: false, must_enrol: false }
    }

    async fn session(app: &TestApp, name: &str, role: Role) -> Self {
        let client = app.user(name, role).await;
        Self { role: Some(role), recent: true, ..Self::stranger(name, client) }
    }

    /// What the table says that happens.
    fn expects(&self, row: &Expected) -> Taken {
        let Some(role) = self.role else {
            let open = row.who == Who::Anybody;
            return if open { Taken::LetIn } else { refused(401, "unauthenticated") };
        };
        match row.who {
            Who::Anybody => Taken::LetIn,
            // None of these callers has a refresh token.
            Who::Bearer => refused(401, "unauthenticated"),
            _ if self.must_enrol && !row.enrolling => refused(403, "second_factor_enrolment_required"),
            _ if self.key.is_some() && row.key.is_none() => refused(403, "session_required"),
            _ if self.key.is_some_and(|scope| !covers(scope, row.key)) => refused(403, "insufficient_scope"),
            Who::Admin if role < Role::Admin => refused(403, "forbidden"),
            _ if row.recent && !self.recent => refused(403, "recent_proof_required"),
            _ => Taken::LetIn,
        }
    }
}

/// Who may write or look after accounts may read; nothing else comes with anything.
fn covers(scope: &str, needed: Option<&str>) -> bool {
    needed.is_some_and(|needed| needed == scope || needed == "read")
}

async fn key(app: &TestApp, owner: &Client, scope: &'static str) -> Caller {
    let reply = owner.post("/auth/keys", json!({"name": scope, "scopes": [scope]})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let client = app.stranger().with_token(reply.json["key"].as_str().unwrap());
    Caller {
        key: Some(scope),
        // Whose it is: nothing is refused for want of a role.
        role: Some(Role::Superuser),
        ..Caller::stranger(&format!("a key with the scope {scope}"), client)
    }
}

#[tokio::test]
async fn who_must_enrol_a_second_factor_can_do_that_and_nothing_else() {
    let app = TestApp::start_with(&[("REQUIRE_2FA", "admin")]).await;
    for (name, role) in [("admin", Role::Admin), ("superuser", Role::Superuser)] {
        walk(&app, Caller { must_enrol: true, ..Caller::session(&app, name, role).await }).await;
    }
    walk(&app, Caller::session(&app, "member", Role::User).await).await;
    app.stop().await;
}

/// Calls every operation as one caller. Whoever an operation has thrown out comes back as somebody new.
async fn walk(app: &TestApp, mut caller: Caller) {
    for (place, row) in table().iter().enumerate() {
        let (name, expected) = (&caller.name, caller.expects(row));
        // Wrong keys are counted by source, and there are more operations than free attempts.
        let client = caller.client.clone();
        let client = if caller.role.is_none() { client.from(&format!("127.1.{place}.1")) } else { client };
        assert_eq!(call(&client, row).await, expected, "{name}: {} {}", row.method, row.path);
        let Some(role) = caller.role.filter(|_| expected == Taken::LetIn) else { continue };
        if caller.client.get("/auth/me").await.status == 401 {
            assert!(caller.key.is_none(), "{name} is out after {} {}", row.method, row.path);
            caller.client = app.user(&format!("{name}-{place}"), role).await;
        }
    }
}

#[tokio::test]
async fn nothing_private_answers_a_stranger() {
    let app = TestApp::start().await;
    app.user("root", Role::Superuser).await;
    app.ada().await;
    let over = app.ada_who_left().await;
    for (name, token) in [
        ("nobody", None),
        ("a forged token", Some("eyJhbGciOiJub25lIn0.e30.".to_owned())),
        ("a token that is over", Some(over)),
        ("a made-up key", Some(jarvis_crypto::ApiKey::generate().unwrap().expose().to_owned())),
        ("a broken key", Some("jrv_".to_owned())),
    ] {
        let client = match token {
            Some(token) => app.stranger().with_token(&token),
            None => app.stranger(),
        };
        walk(&app, Caller::stranger(name, client)).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn each_role_reaches_what_it_may() {
    let app = TestApp::start().await;
    // The last superuser could not leave.
    app.user("root", Role::Superuser).await;
    for (name, role) in [("member", Role::User), ("admin", Role::Admin), ("superuser", Role::Superuser)] {
        walk(&app, Caller::session(&app, name, role).await).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn who_signed_in_a_while_ago_proves_themselves_before_what_matters() {
    let app = TestApp::start().await;
    app.user("root", Role::Superuser).await;
    let caller = Caller::session(&app, "superuser", Role::Superuser).await;
    app.clock.advance(Duration::from_secs(5 * 60));
    // They are thrown out by what needs no proof alone; who comes back has just signed in.
    for row in table().iter().filter(|row| row.recent) {
        assert_eq!(call(&caller.client, row).await, refused(403, "recent_proof_required"), "{row:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn each_key_reaches_what_its_scope_says() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    for scope in ["chat", "read", "admin"] {
        walk(&app, key(&app, &root, scope).await).await;
    }
    app.stop().await;
}

impl TestApp {
    /// The token of a session of Ada's that has ended.
    async fn ada_who_left(&self) -> String {
        let left = self.sign_in("ada").await;
        assert_eq!(left.post("/auth/logout", json!({})).await.status, 204);
        left.token.unwrap()
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    assert_eq!(ada.get("/conversations/not-an-id").await.problem(), (404, "not_found"));
    assert_eq!(ada.get("/chat/nothing").await.problem(), (404, "not_found"));
    assert_eq!(ada.delete("/models").await.problem(), (405, "method_not_allowed"));
    assert_eq!(app.stranger().get("/../../etc/passwd").await.problem(), (404, "not_found"));
    app.stop().await;
}

#[tokio::test]
async fn no_change_is_made_by_reading() {
    let app = TestApp::start().await;
    let root = app.user("root", Role::Superuser).await;
    let rows = table();
    let reads = |path: &str| rows.iter().any(|row| row.path == path && row.method == reqwest::Method::GET);
    for row in rows.iter().filter(|row| !reads(row.path)) {
        let path = row.path.replace("{id}", NOTHING).replace("{provider}", "oidc");
        for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
            let status = Client::send(root.request(method, &path)).await.status;
            assert_eq!(status, 405, "{path}");
        }
    }
    app.stop().await;
}
