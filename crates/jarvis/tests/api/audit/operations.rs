//! Every operation that changes something about people leaves its event: a new one has to be thought about here.

use std::collections::{BTreeMap, BTreeSet};

use jarvis::users::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{kinds_since, size, verify};
use crate::factors::{self, Telephone};
use crate::providers;
use crate::support::{Client, PASSWORD, Reply, TestApp};

/// `-`: nothing that anybody may do is other than before, or it is only the first half of something.
const TABLE: &str = "
    POST    /auth/register                     account_made
    POST    /auth/login                        sign_in
    POST    /auth/token                        sign_in
    POST    /auth/refresh                      -
    POST    /auth/logout                       sign_out
    POST    /auth/oidc/{provider}/join         -
    POST    /auth/oidc/finish                  sign_in
    POST    /auth/oidc/{provider}/link         -
    POST    /auth/oidc/{provider}/prove        -
    DELETE  /auth/identities/{id}              identity_unlinked
    PATCH   /auth/me                           email_changed
    DELETE  /auth/me                           account_deleted
    POST    /auth/password                     password_changed
    POST    /auth/prove                        proved
    DELETE  /auth/sessions                     sessions_revoked
    DELETE  /auth/sessions/{id}                sessions_revoked
    POST    /auth/2fa/totp                     -
    POST    /auth/2fa/totp/confirm             factor_added
    DELETE  /auth/2fa/totp                     factor_removed
    POST    /auth/2fa/recovery-codes           recovery_codes_renewed
    POST    /auth/passkeys/login/start         -
    POST    /auth/passkeys/login/finish        sign_in
    POST    /auth/passkeys/register/start      -
    POST    /auth/passkeys/register/finish     factor_added
    POST    /auth/passkeys/prove/start         -
    POST    /auth/passkeys/prove/finish        proved
    PATCH   /auth/passkeys/{id}                -
    DELETE  /auth/passkeys/{id}                factor_removed
    POST    /auth/keys                         key_made
    DELETE  /auth/keys                         keys_revoked
    DELETE  /auth/keys/{id}                    keys_revoked
    PATCH   /admin/users/{id}                  role_changed
    DELETE  /admin/users/{id}                  account_deleted
    POST    /admin/users/{id}/reset-2fa        factors_reset
    DELETE  /admin/users/{id}/sessions         sessions_revoked
    POST    /admin/invites                     invite_made
    DELETE  /admin/invites/{id}                invite_revoked
";

fn table() -> BTreeMap<String, String> {
    let rows = TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|cells| cells.len() == 3)
        .map(|cells| (format!("{} {}", cells[0], cells[1]), cells[2].to_owned()))
        .collect()
}

#[test]
fn every_operation_that_changes_something_about_people_has_its_kind_of_event() {
    let document = serde_json::to_value(jarvis::server::openapi()).unwrap();
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/auth") && !path.starts_with("/admin") {
            continue;
        }
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
            found.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let expected: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(found, expected);
}

/// Calls operations and looks at what they leave.
struct Walk<'a> {
    app: &'a TestApp,
    table: BTreeMap<String, String>,
    done: BTreeSet<String>,
}

impl Walk<'_> {
    async fn call(&mut self, client: &Client, method: Method, path: &str, id: &str, body: Value) -> Reply {
        let before = size(self.app).await;
        let request = client.request(method.clone(), &path.replace("{id}", id));
        let reply = Client::send(request.json(&body)).await;
        assert!(reply.status < 300, "{method} {path}: {}", reply.text);
        self.left(&format!("{method} {path}"), before).await;
        reply
    }

    /// The operation was called: what it has to leave is there since `before`.
    async fn left(&mut self, operation: &str, before: i64) {
        let expected = self.table.get(operation).unwrap_or_else(|| panic!("{operation}")).clone();
        let kinds = kinds_since(self.app, before).await;
        match expected.as_str() {
            "-" => assert_eq!(kinds, Vec::<String>::new(), "{operation}"),
            kind => assert!(kinds.iter().any(|found| found == kind), "{operation}: {kinds:?}"),
        }
        self.done.insert(operation.to_owned());
    }
}

#[tokio::test]
async fn what_is_changed_about_people_leaves_its_event() {
    let (app, provider) = providers::house(&[]).await;
    let app = &app;
    let mut walk = Walk { app, table: table(), done: BTreeSet::new() };
    let none = || json!({});
    let (post, delete, patch) = (Method::POST, Method::DELETE, Method::PATCH);
    let stranger = app.stranger();
    let new = json!({"username": "eve", "email": "eve@example.org", "password": PASSWORD});
    let eve = walk.call(&stranger, post.clone(), "/auth/register", "", new).await.id();
    let login = json!({"username": "eve", "password": PASSWORD});
    let signed_in = walk.call(&stranger, post.clone(), "/auth/login", "", login).await;
    let cookies: Vec<String> =
        signed_in.cookies().iter().map(|c| c.split(';').next().unwrap().to_owned()).collect();
    let here = format!("http://{}", app.address);
    let browser = app.stranger().with("cookie", &cookies.join("; ")).with("origin", &here);
    walk.call(&browser, post.clone(), "/auth/refresh", "", none()).await;
    let client = app.sign_in("eve").await;
    let before = size(app).await;
    let form = [("grant_type", "password"), ("username", "eve"), ("password", PASSWORD)];
    assert_eq!(Client::send(stranger.request(post.clone(), "/auth/token").form(&form)).await.status, 200);
    walk.left("POST /auth/token", before).await;
    walk.call(&app.sign_in("eve").await, post.clone(), "/auth/logout", "", none()).await;

    let mail = json!({"email": "eva@example.org"});
    walk.call(&client, patch.clone(), "/auth/me", "", mail).await;
    walk.call(&client, post.clone(), "/auth/prove", "", json!({"password": PASSWORD})).await;
    let sessions = client.get("/auth/sessions").await.json["items"].as_array().unwrap().clone();
    let other = sessions.iter().find(|one| one["current"] == false).unwrap()["id"].as_str().unwrap();
    walk.call(&client, delete.clone(), "/auth/sessions/{id}", other, none()).await;
    walk.call(&client, delete.clone(), "/auth/sessions", "", none()).await;
    let made =
        walk.call(&client, post.clone(), "/auth/keys", "", json!({"name": "lamp", "scopes": ["read"]})).await;
    walk.call(&client, delete.clone(), "/auth/keys/{id}", &made.id(), none()).await;
    walk.call(&client, delete.clone(), "/auth/keys", "", none()).await;

    let begun = walk.call(&client, post.clone(), "/auth/2fa/totp", "", none()).await;
    let telephone = Telephone::scan(&begun);
    let code = json!({"code": telephone.code(app)});
    walk.call(&client, post.clone(), "/auth/2fa/totp/confirm", "", code).await;
    walk.call(&client, post.clone(), "/auth/2fa/recovery-codes", "", none()).await;
    walk.call(&client, delete.clone(), "/auth/2fa/totp", "", none()).await;
    passkeys(&mut walk, &client).await;

    let before = size(app).await;
    let sent = client.post("/auth/oidc/oidc/link", none()).await;
    walk.left("POST /auth/oidc/{provider}/link", before).await;
    providers::back_as(app, &provider, &providers::way(&sent), "eve-there").await;
    assert_eq!(kinds_since(app, before).await, ["identity_linked"]);
    let before = size(app).await;
    let sent = client.post("/auth/oidc/oidc/prove", none()).await;
    walk.left("POST /auth/oidc/{provider}/prove", before).await;
    providers::back_as(app, &provider, &providers::way(&sent), "eve-there").await;
    // It did not say when it asked.
    assert_eq!(kinds_since(app, before).await, ["provider_refused"]);
    let (before, sent) = (size(app).await, client.post("/auth/oidc/oidc/prove", none()).await);
    provider.twist().claims = json!({"auth_time": app.clock.now().seconds()});
    providers::back_as(app, &provider, &providers::way(&sent), "eve-there").await;
    assert_eq!(kinds_since(app, before).await, ["proved"]);
    halfway(&mut walk, &provider, &client).await;
    let identity = client.get("/auth/identities").await.json["items"][0]["id"].as_str().unwrap().to_owned();
    walk.call(&client, delete.clone(), "/auth/identities/{id}", &identity, none()).await;
    let before = size(app).await;
    let invite = json!({"invite": "jri_x"});
    drop(stranger.clone().post("/auth/oidc/oidc/join", invite).await);
    // Refused: the code cannot be one. What comes of a good one is told when the person is back.
    assert!(kinds_since(app, before).await.iter().all(|kind| kind == "access_refused"));
    walk.done.insert("POST /auth/oidc/{provider}/join".to_owned());

    let root = app.user("root", Role::Superuser).await;
    walk.call(&root, patch.clone(), "/admin/users/{id}", &eve, json!({"role": "admin"})).await;
    walk.call(&root, post.clone(), "/admin/users/{id}/reset-2fa", &eve, none()).await;
    walk.call(&root, delete.clone(), "/admin/users/{id}/sessions", &eve, none()).await;
    let invite = walk.call(&root, post.clone(), "/admin/invites", "", json!({"role": "user"})).await;
    walk.call(&root, delete.clone(), "/admin/invites/{id}", &invite.id(), none()).await;
    let client = app.sign_in("eve").await;
    let words = json!({"current_password": PASSWORD, "new_password": "meadow lantern violin 77"});
    walk.call(&client, post.clone(), "/auth/password", "", words).await;
    walk.call(&root, delete.clone(), "/admin/users/{id}", &eve, none()).await;
    let ada = app.ada().await;
    walk.call(&ada, delete.clone(), "/auth/me", "", none()).await;

    let expected: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(walk.done, expected);
    app.app.audit.checkpoint().await.unwrap();
    verify(app).await;
}

#[cfg(feature = "passkeys")]
async fn passkeys(walk: &mut Walk<'_>, client: &Client) {
    use factors::passkeys::{add_passkey, begin_login, finish_login, in_page};
    let app = walk.app;
    let before = size(app).await;
    let (mut key, made) = add_passkey(client, "blue").await;
    walk.left("POST /auth/passkeys/register/finish", before).await;
    walk.done.insert("POST /auth/passkeys/register/start".to_owned());
    let before = size(app).await;
    let begun = begin_login(app, json!({})).await;
    walk.left("POST /auth/passkeys/login/start", before).await;
    assert_eq!(finish_login(app, &begun, key.get(&begun.json["options"])).await.status, 200);
    walk.left("POST /auth/passkeys/login/finish", before).await;
    let page = in_page(client);
    let begun = walk.call(&page, Method::POST, "/auth/passkeys/prove/start", "", json!({})).await;
    let answer = json!({"flow": begun.json["flow"], "credential": key.get(&begun.json["options"])});
    walk.call(&page, Method::POST, "/auth/passkeys/prove/finish", "", answer).await;
    let id = made.id();
    walk.call(client, Method::PATCH, "/auth/passkeys/{id}", &id, json!({"name": "red"})).await;
    walk.call(client, Method::DELETE, "/auth/passkeys/{id}", &id, json!({})).await;
}

#[cfg(not(feature = "passkeys"))]
async fn passkeys(walk: &mut Walk<'_>, _: &Client) {
    walk.done.extend(table().into_keys().filter(|operation| operation.contains("/auth/passkeys/")));
}

/// A sign-in by a provider's word and a code.
async fn halfway(walk: &mut Walk<'_>, provider: &providers::Provider, client: &Client) {
    let app = walk.app;
    let (telephone, _) = factors::enrol(app, client).await;
    let flow = providers::second::step(&providers::through(app, provider, "eve-there").await);
    let before = size(app).await;
    let reply = providers::second::finish(app, &flow, &telephone.code(app)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    walk.left("POST /auth/oidc/finish", before).await;
}
