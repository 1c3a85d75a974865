//! Headers, signatures and spellings that are not ours.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Hmac;
use jarvis_crypto::jwt::{JwtError, MAX_TOKEN_BYTES};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::forger::*;

#[test]
fn the_header_is_ours_to_the_byte_however_well_the_token_is_signed() {
    let header = part(&good(), 0);
    let body = header.trim_start_matches('{').trim_end_matches('}');
    let kid = serde_json::from_str::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned();
    let algorithm = |name: &str| header.replace("HS256", name);
    let kid_as = |json: &str| header.replace(&format!("\"{kid}\""), json);
    for (what, forged) in [
        ("alg none", algorithm("none")),
        ("alg None", algorithm("None")),
        ("alg nOnE", algorithm("nOnE")),
        ("alg empty", algorithm("")),
        ("alg HS384", algorithm("HS384")),
        ("alg HS512", algorithm("HS512")),
        ("alg RS256", algorithm("RS256")),
        ("alg ES256", algorithm("ES256")),
        ("alg PS256", algorithm("PS256")),
        ("alg EdDSA", algorithm("EdDSA")),
        ("alg hs256", algorithm("hs256")),
        ("alg with space", algorithm("HS256 ")),
        ("alg null", header.replace("\"HS256\"", "null")),
        ("alg number", header.replace("\"HS256\"", "256")),
        ("alg list", header.replace("\"HS256\"", "[\"HS256\"]")),
        ("no alg", header.replace("\"alg\":\"HS256\",", "")),
        ("typ at+jwt", header.replace("\"JWT\"", "\"at+jwt\"")),
        ("typ jwt", header.replace("\"JWT\"", "\"jwt\"")),
        ("typ JWE", header.replace("\"JWT\"", "\"JWE\"")),
        ("no typ", header.replace("\"typ\":\"JWT\",", "")),
        ("no kid", header.replace(&format!(",\"kid\":\"{kid}\""), "")),
        ("kid unknown", kid_as("\"0123456789abcdef\"")),
        ("kid upper case", kid_as(&format!("\"{}\"", kid.to_uppercase().replace(char::is_numeric, "A")))),
        ("kid empty", kid_as("\"\"")),
        ("kid null", kid_as("null")),
        ("kid number", kid_as("0")),
        ("kid list", kid_as(&format!("[\"{kid}\"]"))),
        ("kid path", kid_as("\"../../../../dev/null\"")),
        ("kid path behind", kid_as(&format!("\"{kid}/../../dev/null\""))),
        ("kid query", kid_as("\"x' UNION SELECT 'k\"")),
        ("kid address", kid_as("\"https://keys.invalid/jwk\"")),
        ("kid with NUL", kid_as(&format!("\"{kid}\\u0000\""))),
        ("jku", format!("{{{body},\"jku\":\"https://keys.invalid/\"}}")),
        ("jwk", format!("{{{body},\"jwk\":{{\"kty\":\"oct\",\"k\":\"AA\"}}}}")),
        ("x5u", format!("{{{body},\"x5u\":\"https://keys.invalid/\"}}")),
        ("x5c", format!("{{{body},\"x5c\":[]}}")),
        ("crit", format!("{{{body},\"crit\":[\"exp\"]}}")),
        ("b64 false", format!("{{{body},\"b64\":false,\"crit\":[\"b64\"]}}")),
        ("zip", format!("{{{body},\"zip\":\"DEF\"}}")),
        ("cty", format!("{{{body},\"cty\":\"JWT\"}}")),
        ("duplicate alg", format!("{{{body},\"alg\":\"none\"}}")),
        ("duplicate alg first", format!("{{\"alg\":\"none\",{body}}}")),
        ("duplicate kid", format!("{{{body},\"kid\":\"{kid}\"}}")),
        ("escaped duplicate", format!("{{{body},\"\\u0061lg\":\"none\"}}")),
        ("escaped name", header.replace("\"alg\"", "\"\\u0061lg\"")),
        ("another order", format!("{{{}}}", body.split(',').rev().collect::<Vec<_>>().join(","))),
        ("array", format!("[\"HS256\",\"JWT\",\"{kid}\"]")),
        ("space", header.replace(':', ": ")),
        ("leading space", format!(" {header}")),
        ("trailing newline", format!("{header}\n")),
        ("byte order mark", format!("\u{feff}{header}")),
        ("cut", header[..header.len() - 1].to_owned()),
        ("empty object", "{}".into()),
        ("empty", String::new()),
        ("null", "null".into()),
        ("full-width", algorithm("ＨＳ２５６")),
        ("deep", "{\"a\":".repeat(200)),
    ] {
        assert_ne!(forged, header, "{what} changes nothing");
        refused(JwtError::Header, what, &with_header(&forged));
    }
}

#[test]
fn no_other_signature_fits() {
    let token = good();
    let (text, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    for (what, forged) in [
        ("none", String::new()),
        ("zeros", encoded(&[0; 32])),
        ("first half", encoded(&bytes[..16])),
        ("one byte less", encoded(&bytes[..31])),
        ("one byte more", encoded(&[&bytes[..], &[0]].concat())),
        ("twice", encoded(&[&bytes[..], &bytes[..]].concat())),
        ("reversed", encoded(&bytes.iter().rev().copied().collect::<Vec<_>>())),
        ("HS384 of the same key", mac::<Hmac<Sha384>>(KEY, text)),
        ("HS512 of the same key", mac::<Hmac<Sha512>>(KEY, text)),
        ("the empty key", mac::<Hmac<Sha256>>(b"", text)),
        ("another key", mac::<Hmac<Sha256>>(OLD_KEY, text)),
        (
            "the key in hex",
            mac::<Hmac<Sha256>>(KEY.iter().map(|b| format!("{b:02x}")).collect::<String>().as_bytes(), text),
        ),
        ("the payload alone", mac::<Hmac<Sha256>>(KEY, text.split_once('.').unwrap().1)),
        ("the header alone", mac::<Hmac<Sha256>>(KEY, text.split_once('.').unwrap().0)),
        ("the decoded parts", mac::<Hmac<Sha256>>(KEY, &format!("{}.{}", part(&token, 0), part(&token, 1)))),
        ("a plain hash", {
            use sha2::Digest;
            encoded(&Sha256::digest([KEY, text.as_bytes()].concat()))
        }),
        ("of another payload", signed(&part(&token, 0), "{}").rsplit('.').next().unwrap().to_owned()),
    ] {
        refused(JwtError::Signature, what, &format!("{text}.{forged}"));
    }
    let promoted = encode(&part(&token, 0), &part(&token, 1).replace("\"user\"", "\"superuser\""));
    refused(JwtError::Signature, "a changed role", &format!("{promoted}.{signature}"));
}

#[test]
fn a_token_has_three_parts_and_one_spelling() {
    let token = good();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    // 32 bytes leave two spare bits in the last character: the four spellings that differ only there.
    let spare = |part: &str| {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (rest, last) = part.split_at(part.len() - 1);
        let place = alphabet.find(last).unwrap();
        format!("{rest}{}", &alphabet[place + 1..place + 2])
    };
    for (what, forged) in [
        ("empty", String::new()),
        ("one dot", ".".into()),
        ("one part", header.into()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{token}.{signature}")),
        ("five parts, as a JWE", format!("{token}.{signature}.{signature}")),
        ("a dot behind", format!("{token}.")),
        ("a dot in front", format!(".{token}")),
        ("an empty middle", format!("{header}..{payload}.{signature}")),
        ("padded payload", format!("{header}.{payload}=.{signature}")),
        ("padded signature", format!("{token}=")),
        ("spare bits in the signature", format!("{header}.{payload}.{}", spare(signature))),
        ("a space behind", format!("{token} ")),
        ("a space in front of the payload", format!("{header}. {payload}.{signature}")),
        ("a newline behind", format!("{token}\n")),
        ("a newline inside", format!("{header}.\n{payload}.{signature}")),
        ("a tab inside the signature", format!("{header}.{payload}.\t{signature}")),
        ("NUL behind", format!("{token}\0")),
        ("standard base64 plus", format!("{header}.{payload}.+{}", &signature[1..])),
        ("standard base64 slash", format!("{header}.{payload}./{}", &signature[1..])),
        ("one character less", token[..token.len() - 1].into()),
        ("one character more", format!("{token}AA")),
        ("unicode payload", format!("{header}.é{payload}.{signature}")),
        ("full-width dot", token.replace('.', "．")),
        ("percent-encoded", token.replace('.', "%2E")),
        ("quoted", format!("{header}.{payload}.{signature}\"")),
        (
            "JSON serialization",
            json!({"protected": header, "payload": payload, "signature": signature}).to_string(),
        ),
        ("two tokens", format!("{token},{token}")),
        ("null", "null".into()),
        ("words", "not a token".into()),
    ] {
        assert_ne!(forged, token, "{what} changes nothing");
        refused(JwtError::Malformed, what, &forged);
    }
    for (what, forged) in [
        ("bearer word", format!("Bearer {token}")),
        ("a space in front", format!(" {token}")),
        ("padded header", format!("{header}=.{payload}.{signature}")),
        ("unicode header", format!("é{token}")),
        ("header and payload swapped", format!("{payload}.{header}.{signature}")),
        ("signature first", format!("{signature}.{header}.{payload}")),
        ("no header", format!(".{payload}.{signature}")),
        ("only dots", "..".into()),
        ("a token as header", format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(&token))),
    ] {
        refused(JwtError::Header, what, &forged);
    }
    refused(JwtError::Signature, "no payload", &format!("{header}..{signature}"));
    refused(JwtError::Claims, "a token as payload", &with_payload(&token));
}

#[test]
fn an_oversize_token_is_refused_before_anything_is_read() {
    let large = with_payload(&"x".repeat(MAX_TOKEN_BYTES));
    refused(JwtError::TooLong, "signed", &large);
    refused(JwtError::TooLong, "dots", &".".repeat(MAX_TOKEN_BYTES + 1));
    refused(JwtError::Malformed, "dots at the limit", &".".repeat(MAX_TOKEN_BYTES));
    refused(JwtError::TooLong, "megabytes", &"A".repeat(10 << 20));
}
