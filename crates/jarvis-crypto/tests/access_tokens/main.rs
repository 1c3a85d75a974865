//! Access tokens, and forged ones: each is refused for the reason that it was forged for. Where the signature is not the
//! point, it is right: what is refused there would have been accepted by a check that looks at the signature alone.
#![cfg(test)]

mod claims;
mod envelope;
mod forger;

use hmac::Hmac;
use jarvis_crypto::jwt::{Claims, JwtError, Keyring, LEEWAY_SECONDS, MAX_TOKEN_BYTES};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use forger::*;

#[test]
fn a_signed_token_comes_back_as_its_claims() {
    assert_eq!(keyring().verify(&good(), NOW), Ok(claims()));
    let header: Value = serde_json::from_str(&part(&good(), 0)).unwrap();
    assert_eq!(header.as_object().unwrap().len(), 3);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("HS256"), &json!("JWT")));
    assert_eq!(header["kid"].as_str().unwrap().len(), 16);
}

/// The forger's tools make a token that is accepted, or their refusals would prove nothing.
#[test]
fn the_forger_can_make_a_good_token() {
    assert_eq!(signed(&part(&good(), 0), &part(&good(), 1)), good());
    assert_eq!(claim_set_to("role", "\"user\""), good());
}

#[test]
fn a_key_shorter_than_the_hash_is_refused_wherever_it_stands() {
    let short = || secret(&[7; 31]);
    for (current, previous) in [
        (short(), vec![]),
        (secret(KEY), vec![short()]),
        (secret(&[]), vec![]),
        (secret(KEY), vec![secret(OLD_KEY), short()]),
    ] {
        assert_eq!(Keyring::new(current, previous, "i", "a").err(), Some(JwtError::KeyTooShort));
    }
    assert!(Keyring::new(secret(&[7; 32]), vec![], "i", "a").is_ok());
}

#[test]
fn a_keyring_prints_no_key() {
    let shown =
        format!("{:?}", Keyring::new(secret(KEY), vec![secret(OLD_KEY)], "jarvis", "jarvis-api").unwrap());
    assert!(
        !shown.contains("signing") && !shown.contains("97, 32") && shown.contains("Shielded(..)"),
        "{shown}"
    );
}

#[test]
fn after_a_rotation_old_tokens_verify_until_the_old_key_is_dropped() {
    let before = Keyring::new(secret(OLD_KEY), vec![], "jarvis", "jarvis-api").unwrap();
    let during = Keyring::new(secret(KEY), vec![secret(OLD_KEY)], "jarvis", "jarvis-api").unwrap();
    let old = before.sign(&claims()).unwrap();
    assert_eq!(during.verify(&old, NOW), Ok(claims()));
    assert_eq!(during.sign(&claims()).unwrap(), good(), "the current key signs");
    assert_eq!(keyring().verify(&old, NOW), Err(JwtError::Header));
    assert_eq!(before.verify(&good(), NOW), Err(JwtError::Header));
    // The old key's header over a signature of the new key, and the reverse.
    let (header, rest) = old.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    let crossed = format!("{header}.{payload}.{}", mac::<Hmac<Sha256>>(KEY, &format!("{header}.{payload}")));
    assert_eq!(during.verify(&crossed, NOW), Err(JwtError::Signature));
}

#[test]
fn the_key_itself_and_a_plain_hash_of_it_are_not_in_the_header() {
    use sha2::Digest;
    let header = part(&good(), 0);
    let hash: String = Sha256::digest(KEY).iter().map(|b| format!("{b:02x}")).collect();
    assert!(!header.contains(&hash[..16]));
}

#[test]
fn time_is_checked_with_five_seconds_of_grace() {
    let keyring = keyring();
    let exp = claims().exp;
    assert_eq!(keyring.verify(&good(), exp + LEEWAY_SECONDS - 1), Ok(claims()));
    assert_eq!(keyring.verify(&good(), exp + LEEWAY_SECONDS), Err(JwtError::Expired));
    assert_eq!(keyring.verify(&good(), i64::MAX), Err(JwtError::Expired));
    assert_eq!(keyring.verify(&good(), NOW - LEEWAY_SECONDS), Ok(claims()));
    assert_eq!(keyring.verify(&good(), NOW - LEEWAY_SECONDS - 1), Err(JwtError::NotYetValid));
    assert_eq!(keyring.verify(&good(), i64::MIN), Err(JwtError::NotYetValid));
    let endless = Claims { exp: i64::MAX, ..claims() };
    let token = keyring.sign(&endless).unwrap();
    assert_eq!(keyring.verify(&token, i64::MAX), Ok(endless), "the end of time does not wrap");
    for later in [Claims { nbf: NOW + 6, ..claims() }, Claims { iat: NOW + 6, ..claims() }] {
        let token = keyring.sign(&later).unwrap();
        assert_eq!(keyring.verify(&token, NOW), Err(JwtError::NotYetValid));
        assert!(keyring.verify(&token, NOW + 1).is_ok());
    }
}

#[test]
fn claims_too_large_for_a_token_are_not_signed() {
    let huge = Claims { role: "r".repeat(MAX_TOKEN_BYTES), ..claims() };
    assert_eq!(keyring().sign(&huge), Err(JwtError::Unwritable));
}

prop_compose! {
    fn any_claims()(ids in any::<[u128; 3]>(), role in ".{0,40}", iat in -1000..=0i64, life in 1..100_000i64) -> Claims {
        Claims {
            sub: Uuid::from_u128(ids[0]),
            sid: Uuid::from_u128(ids[1]),
            jti: Uuid::from_u128(ids[2]),
            role,
            iat: NOW + iat,
            nbf: NOW + iat,
            exp: NOW + life,
            ..claims()
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_signed_comes_back(claims in any_claims()) {
        let token = keyring().sign(&claims).unwrap();
        prop_assert_eq!(keyring().verify(&token, NOW), Ok(claims));
    }

    #[test]
    fn any_single_byte_change_is_refused(claims in any_claims(), place: prop::sample::Index, byte in 0u8..0x80) {
        let mut bytes = keyring().sign(&claims).unwrap().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        prop_assert!(keyring().verify(&String::from_utf8(bytes).unwrap(), NOW).is_err());
    }

    #[test]
    fn any_single_byte_left_out_or_put_in_is_refused(place: prop::sample::Index, byte in 0u8..0x80) {
        let bytes = good().into_bytes();
        let place = place.index(bytes.len());
        let (mut shorter, mut longer) = (bytes.clone(), bytes);
        shorter.remove(place);
        longer.insert(place, byte);
        for forged in [shorter, longer] {
            prop_assert!(keyring().verify(&String::from_utf8(forged).unwrap(), NOW).is_err());
        }
    }

    #[test]
    fn any_signed_payload_but_ours_is_refused(payload in "\\{?(\"(sub|exp|iss|x)\":(1|null|\"a\"),?){0,12}\\}?") {
        prop_assert_eq!(keyring().verify(&with_payload(&payload), NOW), Err(JwtError::Claims));
    }

    #[test]
    fn any_text_is_refused(text in "[.A-Za-z0-9_\\-]{0,200}|.{0,100}") {
        prop_assert!(keyring().verify(&text, NOW).is_err());
    }
}
