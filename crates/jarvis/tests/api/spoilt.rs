//! Every operation of the OpenAPI document, called with everything that does not fit it. What is wrong is told plainly; it is never
//! our fault, and nothing waits.

mod bodies;
mod names;
mod operations;
mod parameters;
mod values;

use std::time::{Duration, Instant};

use jarvis::auth::gate::is_public;
use jarvis::users::Role;
use jarvis_llm::scripted::{Script, ScriptedModel};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, TestApp};
use crate::talk::empty_conversation;
use operations::Operation;
use values::Expected;

/// An id that belongs to nobody.
const NOTHING: &str = "01a202f6-9c47-748e-ab19-d6261ae385b4";
/// Longer than this, an answer to nonsense is a hang.
const AT_ONCE: Duration = Duration::from_secs(10);
/// What is counted and what fills up, so that the limits do not answer in place of the checks.
const FORGET: &str = "DELETE FROM throttles; DELETE FROM api_keys; DELETE FROM invites;";
/// Requests between two of these: fewer than any limit.
const BETWEEN: usize = 4;

/// A server, somebody who may do everything there, and what was wrong so far.
struct Battery {
    app: TestApp,
    root: Client,
    /// An account that may be changed.
    person: String,
    conversation: String,
    tried: usize,
    wrong: Vec<String>,
}

impl Battery {
    async fn start() -> (Self, Script) {
        // Nobody is at that address: what is refused is refused before a provider is asked.
        let provider = [("OIDC_ISSUER", "http://127.0.0.1:1"), ("OIDC_CLIENT_ID", "jarvis")];
        let mut app = TestApp::start_with(&[("REGISTRATION", "open"), provider[0], provider[1]]).await;
        let script = std::mem::replace(&mut app.script, ScriptedModel::new("nobody").1);
        let root = app.user("root", Role::Superuser).await;
        let person = app.ada().await.get("/auth/me").await.id();
        let conversation = empty_conversation(&root).await;
        assert_eq!(root.post("/auth/2fa/totp", json!({})).await.status, 201);
        (Self { app, root, person, conversation, tried: 0, wrong: Vec::new() }, script)
    }

    /// Whoever gets furthest with this operation.
    fn caller(&self, operation: &Operation) -> Client {
        if is_public(&operation.method, &operation.path) { self.app.stranger() } else { self.root.clone() }
    }

    /// The path, with ids of what is there.
    fn path(&self, operation: &Operation) -> String {
        let id = match operation.path.split('/').nth(1) {
            Some("conversations") => &self.conversation,
            Some("admin") if operation.path.starts_with("/admin/users") => &self.person,
            _ => NOTHING,
        };
        operation.path.replace("{id}", id).replace("{provider}", "oidc")
    }

    /// A good value for a field, as JSON.
    fn good(&self, operation: &Operation, field: &str) -> String {
        let register = operation.path == "/auth/register";
        match field {
            "username" if register => json!("newcomer"),
            "username" => json!("root"),
            "email" => json!("newcomer@example.org"),
            "password" | "current_password" => json!(PASSWORD),
            "new_password" => json!("meadow lantern violin 77"),
            "name" | "title" => json!("a name"),
            "scopes" => json!(["read"]),
            "addresses" => json!(["10.0.0.0/8"]),
            "expires_in_days" => json!(3),
            "role" => json!("user"),
            "is_active" => json!(true),
            "code" => json!("000000"),
            "credential" | "preferences" => json!({}),
            "message" => json!("hello"),
            "user_id" => json!("root"),
            "conversation_id" => json!(self.conversation),
            "grant_type" => json!("password"),
            // Left out where nothing is better.
            "model" | "client_id" | "otp" | "invite" | "setup_code" | "refresh_token" => Value::Null,
            "flow" if operation.path.ends_with("login/start") => Value::Null,
            "flow" => json!("jrf_x"),
            "return_to" => json!("/"),
            other => panic!("a good value for {other} of {operation:?}"),
        }
        .to_string()
    }

    /// Sends it and looks at the answer.
    async fn tries(&mut self, what: String, request: RequestBuilder, expected: Expected, field: &str) {
        if self.tried.is_multiple_of(BETWEEN) {
            self.app.execute(FORGET).await;
        }
        self.tried += 1;
        let since = Instant::now();
        let fault = match request.send().await {
            Err(error) => Some(format!("no answer: {error}")),
            Ok(response) => {
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let text = response.text().await.unwrap_or_default();
                let is_problem =
                    headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
                if status == 204 && what.starts_with("POST /auth/password") {
                    // It was a good password: somebody else goes on.
                    self.root = self.app.user(&format!("root-{}", self.tried), Role::Superuser).await;
                    self.conversation = empty_conversation(&self.root).await;
                }
                fault(status, is_problem, &text, expected, field)
                    .or_else(|| (since.elapsed() > AT_ONCE).then(|| "it took long".to_owned()))
                    .map(|fault| format!("{fault}: {status} {}", text.chars().take(300).collect::<String>()))
            }
        };
        self.wrong.extend(fault.map(|fault| format!("{what}: {fault}")));
    }

    async fn finish(self, at_least: usize) {
        println!("{} requests, {} wrong answers", self.tried, self.wrong.len());
        assert!(self.wrong.is_empty(), "{} of {}:\n{}", self.wrong.len(), self.tried, self.wrong.join("\n"));
        assert!(self.tried >= at_least, "{}", self.tried);
        // Whatever was said, the server still knows who is who.
        assert_eq!(self.app.stranger().get("/health/ready").await.status, 200);
        assert_eq!(self.root.get("/auth/me").await.status, 200);
        self.app.stop().await;
    }
}

/// Plays the model for whatever got through.
async fn answer(mut script: Script) {
    loop {
        match script.next_call().await {
            Some(call) => {
                call.text("ok").await;
                call.stop().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// What is wrong with an answer.
fn fault(status: u16, is_problem: bool, text: &str, expected: Expected, field: &str) -> Option<String> {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let word = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let says = |what: &str| Some(what.to_owned());
    // What was said was right, and nobody is at the provider's address.
    let status = if body["code"] == "provider_unavailable" { 200 } else { status };
    if status >= 500 || status == 429 {
        return says("not an answer to what was said");
    }
    if status < 400 {
        return if expected == Expected::Sane { None } else { says("taken") };
    }
    // RFC 6749 has errors of its own.
    if word(&body["error"]) && word(&body["error_description"]) {
        return None;
    }
    if !is_problem || body["status"] != status || !word(&body["request_id"]) {
        return says("not a problem");
    }
    if !word(&body["code"]) || !word(&body["detail"]) || text.contains(PASSWORD) || text.len() > 2_000 {
        return says("not a clear problem");
    }
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let clear = |error: &Value| word(&error["field"]) && word(&error["code"]) && word(&error["detail"]);
    if body["code"] == "invalid" && (errors.is_empty() || !errors.iter().all(clear)) {
        return says("does not say which field");
    }
    let named = errors.iter().filter_map(|error| error["field"].as_str()).any(|name| {
        name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    });
    // A code that is wrong in its form is a wrong code.
    let named = named || field == "code" && body["code"] == "invalid_code";
    match expected {
        Expected::Named if named && status == 401 => None,
        Expected::Named if status != 422 || !named => says("does not name the field"),
        _ => None,
    }
}
