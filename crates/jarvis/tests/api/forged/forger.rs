//! Somebody who knows everything about our tokens, and in most of what they try even the signing key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jarvis_crypto::{Claims, Keyring, Secret};
use sha2::Sha256;
use uuid::Uuid;

use crate::support::{SIGNING_KEY, TestApp};

/// Still verifies at the server under test, under its own id.
pub(super) const PREVIOUS_KEY: &str = "pW4nZ8tYc1LrV6kXb3QmJ9sHf7DgEa2U";
/// Of another server.
pub(super) const FOREIGN_KEY: &str = "q7TzN2vKd5WyR8mHc4XpL1sGj6FbUe3A";

/// A token that must not open anything.
#[derive(Debug, Clone)]
pub(super) struct Forged {
    /// What is wrong with it.
    pub(super) name: String,
    pub(super) token: String,
}

pub(super) fn forged(name: impl Into<String>, token: impl Into<String>) -> Forged {
    Forged { name: name.into(), token: token.into() }
}

/// One good token taken apart, and what it takes to make others.
pub(super) struct Forger {
    /// Ada's, from the server.
    pub(super) good: String,
    /// The same, signed by the same server a moment later.
    pub(super) sibling: String,
    pub(super) claims: Claims,
    /// What a good token of Bob's says.
    pub(super) of_bob: Claims,
    pub(super) now: i64,
}

pub(super) fn keyring(key: &str) -> Keyring {
    Keyring::new(Secret::new(key.as_bytes().to_vec()), Vec::new(), "jarvis", "jarvis").unwrap()
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(super) fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A token with this header and payload, and a right HS256 signature under `key`.
pub(super) fn signed_with(key: &[u8], header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let text = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(mac::<Hmac<Sha256>>(key, &text));
    format!("{text}.{signature}")
}

impl Forger {
    pub(super) fn new(app: &TestApp, good: &str, of_bob: &str) -> Self {
        let now = app.clock.now().seconds();
        let claims = keyring(SIGNING_KEY).verify(good, now).unwrap();
        let of_bob = keyring(SIGNING_KEY).verify(of_bob, now).unwrap();
        let sibling = Claims { jti: Uuid::from_u128(claims.jti.as_u128() ^ 1), ..claims.clone() };
        let sibling = keyring(SIGNING_KEY).sign(&sibling).unwrap();
        Self { good: good.to_owned(), sibling, claims, of_bob, now }
    }

    /// The good token's parts as they stand in it.
    pub(super) fn parts(&self) -> [&str; 3] {
        self.good.split('.').collect::<Vec<_>>().try_into().unwrap()
    }

    /// The good token's header, as JSON.
    pub(super) fn header(&self) -> String {
        String::from_utf8(decode(self.parts()[0])).unwrap()
    }

    /// The good token's claims, as JSON.
    pub(super) fn payload(&self) -> String {
        String::from_utf8(decode(self.parts()[1])).unwrap()
    }

    /// The id of a key, as tokens signed with it say it.
    pub(super) fn kid(&self, key: &str) -> String {
        let token = keyring(key).sign(&self.claims).unwrap();
        let header = decode(token.split('.').next().unwrap());
        let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
        header["kid"].as_str().unwrap().to_owned()
    }

    /// The good claims under another header, rightly signed.
    pub(super) fn with_header(&self, header: impl AsRef<[u8]>) -> String {
        signed_with(SIGNING_KEY.as_bytes(), header, self.payload())
    }

    /// Other claims under the good header, rightly signed.
    pub(super) fn with_payload(&self, payload: impl AsRef<[u8]>) -> String {
        signed_with(SIGNING_KEY.as_bytes(), self.header(), payload)
    }

    /// Names of the claims and their JSON, in their order.
    pub(super) fn members(&self) -> Vec<(String, String)> {
        let payload = self.payload();
        let inner = payload.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
        let split = |member: &str| {
            let (name, json) = member.split_once(':').unwrap();
            (name.trim_matches('"').to_owned(), json.to_owned())
        };
        inner.split(',').map(split).collect()
    }

    /// Rightly signed, with one claim's JSON replaced, or left out.
    pub(super) fn with_claim(&self, name: &str, json: Option<&str>) -> String {
        let mut members = self.members();
        let place = members.iter().position(|(member, _)| member == name).unwrap();
        match json {
            Some(json) => json.clone_into(&mut members[place].1),
            None => drop(members.remove(place)),
        }
        self.with_payload(object(&members))
    }

    /// Rightly signed, as our own code writes it.
    pub(super) fn with_claims(&self, change: impl FnOnce(&mut Claims)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        keyring(SIGNING_KEY).sign(&claims).unwrap()
    }
}

/// An object of these members, in this order and without spaces: as ours are written.
pub(super) fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
    format!("{{{}}}", members.join(","))
}
