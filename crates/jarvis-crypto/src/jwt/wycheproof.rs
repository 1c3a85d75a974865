//! The JWS vectors of Project Wycheproof (C2SP): `json_web_signature_test.json`, which no registry carries.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{Keyring, MIN_KEY_BYTES, decode};
use crate::{mac::hmac_sha256, secret::Secret};

/// Names the file; see CONTRIBUTING.md.
const FILE: &str = "WYCHEPROOF_JWS";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    number_of_tests: usize,
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    comment: String,
    /// The JWK that signs.
    private: Option<Value>,
    /// The JWK that verifies, where it is another.
    public: Option<Value>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: usize,
    comment: String,
    jws: Value,
    result: String,
}

#[expect(clippy::disallowed_methods, reason = "how whoever runs the tests says where the file is")]
fn file() -> Option<PathBuf> {
    std::env::var_os(FILE).map(PathBuf::from)
}

/// Keys that an attacker knows or hopes for: the group's own, each as the bytes of a signing key of ours.
fn keyrings(group: &Group) -> Vec<Keyring> {
    let mut keys = Vec::new();
    for jwk in [&group.private, &group.public].into_iter().flatten() {
        keys.push(jwk.to_string().into_bytes());
        let members = jwk.as_object().into_iter().flatten();
        keys.extend(members.filter_map(|(_, value)| URL_SAFE_NO_PAD.decode(value.as_str()?).ok()));
    }
    let long = keys.into_iter().filter(|key| key.len() >= MIN_KEY_BYTES);
    long.map(|key| Keyring::new(Secret::new(key), Vec::new(), "jarvis", "jarvis").unwrap()).collect()
}

/// What the file says of a vector, but for two slips in it: two that are called invalid for their padding have lost it, and are the valid
/// one letter by letter; and two are called valid with letters that are not base64url, which RFC 7515 (section 2) does not allow.
fn is_valid(group: &Group, jws: &str) -> bool {
    let called = |vector: &Vector| vector.result == "valid" && vector.jws == jws;
    group.tests.iter().any(called)
        && jws.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Whether our MAC says that an HS256 vector is rightly signed: the three parts, each in its one spelling.
fn holds(key: &[u8], jws: &str) -> bool {
    let Some((signed, signature)) = jws.rsplit_once('.') else { return false };
    let Some((header, payload)) = signed.split_once('.') else { return false };
    let header: Value =
        decode(header).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let spelled = decode(payload).is_ok() && header["alg"] == "HS256";
    spelled
        && decode(signature)
            .is_ok_and(|signature| hmac_sha256(key, &[signed.as_bytes()])[..] == signature[..])
}

#[test]
fn no_jws_of_wycheproof_is_an_access_token_and_those_of_hs256_are_judged_rightly() {
    let Some(path) = file() else {
        eprintln!("SKIPPED: {FILE} does not name json_web_signature_test.json (see CONTRIBUTING.md)");
        return;
    };
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let vectors: Vectors = serde_json::from_slice(&text).unwrap();
    let (mut tried, mut judged) = (0, 0);
    for group in &vectors.test_groups {
        let keyrings = keyrings(group);
        let private = group.private.as_ref().filter(|jwk| jwk["alg"] == "HS256" && jwk["kty"] == "oct");
        let oct = private.map(|jwk| decode(jwk["k"].as_str().unwrap()).unwrap());
        for vector in &group.tests {
            let what = format!("{} {}: {}", group.comment, vector.tc_id, vector.comment);
            let jws = vector.jws.as_str().map_or_else(|| vector.jws.to_string(), str::to_owned);
            // A good one neither: its header is not ours.
            for keyring in &keyrings {
                assert!(keyring.verify(&jws, 0).is_err(), "{what}");
            }
            if let Some(key) = &oct {
                assert_eq!(holds(key, &jws), is_valid(group, &jws), "{what}");
                judged += 1;
            }
            tried += 1;
        }
    }
    assert_eq!(tried, vectors.number_of_tests);
    assert!(judged > 0);
    println!("{tried} JWS vectors, none accepted; {judged} of HS256 judged as they must be");
}
