//! Makes good tokens, and bad ones whose signature is right.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jarvis_crypto::{
    Secret,
    jwt::{Claims, JwtError, Keyring, TokenKind},
};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

pub(crate) const KEY: &[u8] = b"a signing key that tests may know";
pub(crate) const OLD_KEY: &[u8] = b"the key before it, just as long, too";
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const CLAIM_NAMES: [&str; 10] =
    ["sub", "sid", "role", "typ", "iat", "nbf", "exp", "iss", "aud", "jti"];

pub(crate) fn secret(bytes: &[u8]) -> Secret<Vec<u8>> {
    Secret::new(bytes.to_vec())
}

pub(crate) fn keyring() -> Keyring {
    Keyring::new(secret(KEY), vec![], "jarvis", "jarvis-api").unwrap()
}

pub(crate) fn claims() -> Claims {
    Claims {
        sub: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
        sid: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002),
        role: "user".into(),
        typ: TokenKind::Access,
        iat: NOW,
        nbf: NOW,
        exp: NOW + 1800,
        iss: "jarvis".into(),
        aud: "jarvis-api".into(),
        jti: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0003),
    }
}

pub(crate) fn good() -> String {
    keyring().sign(&claims()).unwrap()
}

pub(crate) fn part(token: &str, index: usize) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

pub(crate) fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

pub(crate) fn encode(header: &str, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// A token with this header and payload and a right HS256 signature.
pub(crate) fn signed(header: &str, payload: &str) -> String {
    let text = encode(header, payload);
    let signature = mac::<Hmac<Sha256>>(KEY, &text);
    format!("{text}.{signature}")
}

pub(crate) fn with_payload(payload: &str) -> String {
    signed(&part(&good(), 0), payload)
}

pub(crate) fn with_header(header: &str) -> String {
    signed(header, &part(&good(), 1))
}

/// The payload text with one claim's JSON text replaced; order and the rest stay canonical.
pub(crate) fn claim_set_to(name: &str, json: &str) -> String {
    let payload = part(&good(), 1);
    let claims: Value = serde_json::from_str(&payload).unwrap();
    let old = format!("\"{name}\":{}", claims[name]);
    assert!(payload.contains(&old));
    with_payload(&payload.replace(&old, &format!("\"{name}\":{json}")))
}

pub(crate) fn refused(reason: JwtError, what: &str, token: &str) {
    assert_eq!(keyring().verify(token, NOW), Err(reason), "{what}: {token}");
}
