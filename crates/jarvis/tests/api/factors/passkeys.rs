//! Passkeys, with an authenticator in software.

mod authenticator;
mod forged;
mod input;
mod lists;
mod required;
mod signing_in;
mod strangers;

use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp};
use authenticator::{Authenticator, PAGE};

/// The same, with what a browser sends from our own page.
pub(crate) fn in_page(client: &Client) -> Client {
    client.clone().with("origin", PAGE)
}

/// Makes a passkey.
pub(crate) async fn add_passkey(client: &Client, name: &str) -> (Authenticator, Reply) {
    let mut authenticator = Authenticator::new();
    let begun = in_page(client).post("/auth/passkeys/register/start", json!({"name": name})).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let credential = authenticator.create(&begun.json["options"]);
    let body = json!({"flow": begun.json["flow"], "credential": credential});
    let reply = in_page(client).post("/auth/passkeys/register/finish", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    (authenticator, reply)
}

/// Begins a sign-in with a passkey; `body` may hold the flow of a password's.
pub(crate) async fn begin_login(app: &TestApp, body: Value) -> Reply {
    let reply = in_page(&app.stranger()).post("/auth/passkeys/login/start", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

pub(crate) async fn finish_login(app: &TestApp, begun: &Reply, credential: Value) -> Reply {
    let body = json!({"flow": begun.json["flow"], "credential": credential});
    in_page(&app.stranger()).post("/auth/passkeys/login/finish", body).await
}
