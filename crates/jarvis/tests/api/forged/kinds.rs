//! Secrets of ours that are no access tokens, and API keys that are none any more.

use std::time::Duration;

use jarvis::users::Role;
use jarvis_crypto::{ApiKey, OpaqueToken};
use serde_json::{Value, json};

use super::forger::{Forged, forged};
use crate::factors::enrol;
use crate::support::{Client, PASSWORD, SIGNING_KEY, TestApp};

/// Everything that the server has given out, but for access tokens.
pub(super) struct Kinds {
    pub(super) refresh: String,
    pub(super) flow: String,
    pub(super) invite: String,
    pub(super) setup_code: String,
    /// A key of Ada's that works.
    pub(super) key: String,
    others: Vec<Forged>,
}

/// A cookie that an answer sets.
pub(super) fn cookie(reply: &crate::support::Reply, name: &str) -> String {
    let lines = reply.cookies();
    let value = lines.iter().find_map(|line| line.strip_prefix(&format!("{name}=")));
    value.unwrap_or_else(|| panic!("no {name} in {lines:?}")).split(';').next().unwrap().to_owned()
}

async fn key(owner: &Client, body: Value) -> (String, String) {
    let reply = owner.post("/auth/keys", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    (reply.json["key"].as_str().unwrap().to_owned(), reply.id())
}

impl Kinds {
    /// Makes the accounts too: Ada, Bob, Carol with a second factor, and a superuser. Two days pass.
    pub(super) async fn gather(app: &TestApp) -> Self {
        let setup_code = app.app.accounts.setup_code().await.unwrap().unwrap().expose().clone();
        let (ada, _) = (app.ada().await, app.bob().await);
        let scopes = ["read", "chat"];
        let (expired, _) = key(&ada, json!({"name": "a", "scopes": scopes, "expires_in_days": 1})).await;
        let (elsewhere, _) =
            key(&ada, json!({"name": "b", "scopes": scopes, "addresses": ["10.0.0.0/8"]})).await;
        let (deleted, id) = key(&ada, json!({"name": "c", "scopes": scopes})).await;
        assert_eq!(ada.delete(&format!("/auth/keys/{id}")).await.status, 204);
        let carol = app.user("carol", Role::User).await;
        enrol(app, &carol).await;
        app.clock.advance(Duration::from_secs(2 * 24 * 60 * 60));

        let ada = app.sign_in("ada").await;
        let (working, _) = key(&ada, json!({"name": "d", "scopes": scopes})).await;
        let root = app.user("root", Role::Superuser).await;
        let invite = root.post("/admin/invites", json!({"role": "admin"})).await.json;
        let begun =
            app.stranger().post("/auth/login", json!({"username": "carol", "password": PASSWORD})).await;
        let flow = begun.json["flow"].as_str().unwrap().to_owned();
        let page = app
            .stranger()
            .with("user-agent", "Mozilla/5.0 Firefox/140.0")
            .with("sec-fetch-site", "same-origin");
        let signed_in = page.post("/auth/login", json!({"username": "ada", "password": PASSWORD})).await;
        let refresh = cookie(&signed_in, "jarvis_refresh");
        let mark = cookie(&signed_in, "jarvis_device");
        let me = ada.get("/auth/me").await.id();
        let session = ada.get("/auth/sessions").await.json["items"][0]["id"].as_str().unwrap().to_owned();

        let made_up = ApiKey::generate().unwrap().expose().to_owned();
        let unknown = OpaqueToken::generate("jrt_").unwrap().expose().to_owned();
        let others = [
            ("a key that was deleted", deleted),
            ("a key that has run out", expired),
            ("a key for another network", elsewhere),
            ("a key made up, well formed", made_up),
            ("a refresh token made up, well formed", unknown),
            ("the mark of a known browser", mark),
            ("a password", PASSWORD.to_owned()),
            ("a name and a password", "YWRhOmxhbnRlcm4gb3JjaGFyZCB3aW50ZXIgNDI=".to_owned()),
            ("the signing key", SIGNING_KEY.to_owned()),
            ("a name", "ada".to_owned()),
            ("a user's id", me),
            ("a session's id", session),
            ("an invitation's id", invite["id"].as_str().unwrap().to_owned()),
            ("a six-digit code", "000000".to_owned()),
        ];
        Self {
            refresh,
            flow,
            invite: invite["code"].as_str().unwrap().to_owned(),
            setup_code,
            key: working,
            others: others.map(|(name, token)| forged(name, token)).into(),
        }
    }

    /// What must not pass for an access token or a key, in any lane.
    pub(super) fn all(&self) -> Vec<Forged> {
        let mut all = self.others.clone();
        for (name, token) in [
            ("a refresh token", &self.refresh),
            ("the token of a sign-in that waits for its second factor", &self.flow),
            ("the code of an invitation", &self.invite),
            ("the set-up code", &self.setup_code),
        ] {
            all.push(forged(name, token));
            all.push(forged(format!("{name}, as a key"), format!("jrv_{}", token.replacen("jr", "", 1))));
        }
        all.extend(mangled(&self.key, "a key"));
        all
    }

    /// What must not pass for a refresh token. `access` is a good access token.
    pub(super) fn not_refresh(&self, access: &str) -> Vec<Forged> {
        let mut all = self.others.clone();
        all.retain(|forged| !forged.token.is_empty());
        for (name, token) in [
            ("an access token", access),
            ("an access token under the prefix", &format!("jrt_{access}")),
            ("a key", &self.key),
            ("a key under the prefix", &self.key.replacen("jrv_", "jrt_", 1)),
            ("a flow", &self.flow),
            ("a flow under the prefix", &self.flow.replacen("jrf_", "jrt_", 1)),
            ("an invitation", &self.invite),
            ("an invitation under the prefix", &self.invite.replacen("jri_", "jrt_", 1)),
            ("the set-up code", &self.setup_code),
            ("nothing", ""),
            ("null", "null"),
            ("a star", "*"),
            ("SQL", "' OR '1'='1"),
            ("10,000 letters", &"x".repeat(10_000)),
        ] {
            all.push(forged(name, token));
        }
        all.extend(mangled(&self.refresh, "a refresh token"));
        all
    }
}

/// A random token of ours, damaged in every way that its form allows.
fn mangled(token: &str, what: &str) -> Vec<Forged> {
    let (prefix, body) = token.split_at(4);
    let flipped = |place: usize| {
        let mut letters = body.as_bytes().to_vec();
        letters[place] = if letters[place] == b'A' { b'B' } else { b'A' };
        format!("{prefix}{}", String::from_utf8(letters).unwrap())
    };
    let mut all = vec![
        ("alone the prefix".to_owned(), prefix.to_owned()),
        ("without the prefix".to_owned(), body.to_owned()),
        ("with the prefix in capitals".to_owned(), format!("{}{body}", prefix.to_uppercase())),
        ("with the prefix twice".to_owned(), format!("{prefix}{token}")),
        ("with another prefix".to_owned(), format!("jrx_{body}")),
        ("with a dash for the underscore".to_owned(), token.replacen('_', "-", 1)),
        ("in capitals".to_owned(), format!("{prefix}{}", body.to_uppercase())),
        ("with a letter more".to_owned(), format!("{token}A")),
        ("padded".to_owned(), format!("{token}=")),
        ("twice".to_owned(), format!("{token}{body}")),
        ("cut in half".to_owned(), token[..28].to_owned()),
        ("one letter short".to_owned(), token[..token.len() - 1].to_owned()),
        ("of zeros".to_owned(), format!("{prefix}{}", "A".repeat(48))),
        ("backwards".to_owned(), format!("{prefix}{}", body.chars().rev().collect::<String>())),
        ("with a space before".to_owned(), format!(" {token}")),
        ("in quotes".to_owned(), format!("\"{token}\"")),
        ("with its end in another alphabet".to_owned(), format!("{}+/", &token[..token.len() - 2])),
        ("with a percent-encoded letter".to_owned(), format!("{prefix}%41{}", &body[1..])),
    ];
    for place in [0, 1, 21, 42, 43, 47] {
        all.push((format!("with letter {place} changed"), flipped(place)));
    }
    all.into_iter().map(|(name, token)| forged(format!("{what} {name}"), token)).collect()
}
