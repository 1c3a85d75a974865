//! API keys, recovery codes and the codes of authenticator programs.
#![cfg(test)]

use std::collections::BTreeSet;

use jarvis_crypto::{ApiKey, OpaqueToken, RecoveryCode, TotpSecret, recovery, totp::STEP_SECONDS};
use proptest::prelude::*;
use uuid::Uuid;

const ADA: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);
const NOW: i64 = 1_800_000_015;

#[test]
fn an_api_key_comes_back_from_its_text_with_the_same_hash() {
    let key = ApiKey::generate().unwrap();
    assert!(key.expose().starts_with("jrv_") && key.expose().len() == 52, "{}", key.expose());
    let parsed = ApiKey::parse(key.expose()).unwrap();
    assert_eq!((parsed.expose(), parsed.hash()), (key.expose(), key.hash()));
    assert_eq!(key.prefix(), &key.expose()[..8]);
    assert_eq!(format!("{key:?}"), "ApiKey(OpaqueToken(Secret(..)))");
    assert_ne!(ApiKey::generate().unwrap().hash(), key.hash());
}

#[test]
fn another_kind_of_token_is_no_api_key() {
    for kind in ["jrt_", "jrv_sig_", "jrv", ""] {
        let other = OpaqueToken::generate(kind).unwrap();
        assert!(ApiKey::parse(other.expose()).is_none(), "{kind}");
        let body = &other.expose()[kind.len()..];
        assert!(ApiKey::parse(&format!("jrv_{body}")).is_none(), "{kind}: the checksum covers the prefix");
    }
    assert!(ApiKey::looks_like_one("jrv_broken") && !ApiKey::looks_like_one("eyJhbGciOi"));
}

#[test]
fn a_set_of_recovery_codes_has_ten_different_ones() {
    let codes = recovery::RecoveryCode::generate_set().unwrap();
    let shown: BTreeSet<String> = codes.iter().map(|code| code.shown().expose().clone()).collect();
    assert_eq!(shown.len(), 10);
    for code in &shown {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(groups.len() == 4 && groups.iter().all(|group| group.len() == 4), "{code}");
        assert!(code.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ-".contains(&byte)), "{code}");
    }
    assert_eq!(format!("{:?}", codes[0]), "RecoveryCode(Secret(..))");
}

/// Every letter of the alphabet at every place: none is lost, no place is constant.
#[test]
fn recovery_codes_use_all_of_their_bits() {
    let mut seen = vec![BTreeSet::new(); 16];
    for code in (0..100).flat_map(|_| RecoveryCode::generate_set().unwrap()) {
        let letters = code.shown().expose().replace('-', "");
        seen.iter_mut().zip(letters.bytes()).for_each(|(seen, letter)| {
            seen.insert(letter);
        });
    }
    assert!(seen.iter().all(|letters| letters.len() == 32), "{seen:?}");
}

#[test]
fn a_recovery_code_may_be_typed_carelessly_but_not_wrongly() {
    let hash = |text: &str| RecoveryCode::parse(text).map(|code| code.hash(ADA));
    let code = "0123-4567-89AB-CDEF";
    let right = hash(code).unwrap();
    for typed in [
        "0123456789abcdef",
        "o i23-4567-89ab-cdef",
        "OL23 4567 89AB CDEF",
        "  0-1-2-3-4-5-6-7-8-9-a-b-c-d-e-f ",
    ] {
        assert_eq!(hash(typed), Some(right), "{typed}");
    }
    assert_ne!(hash("0123-4567-89AB-CDEG"), Some(right));
    for typed in [
        "",
        "123456",
        "123 456",
        "0123-4567-89AB-CDE",
        "0123-4567-89AB-CDEF0",
        "0123-4567-89AB-CDEU",
        "0123_4567_89AB_CDEF",
        "0123-4567-89AB-CD\u{0}F",
        "0123-4567-89AB-CDé",
        &format!("{code}{}", " ".repeat(64)),
    ] {
        assert_eq!(hash(typed), None, "{typed:?}");
    }
}

#[test]
fn one_persons_recovery_code_is_nothing_to_another() {
    let code = &RecoveryCode::generate_set().unwrap()[0];
    assert_ne!(code.hash(ADA), code.hash(BOB));
}

/// Computed apart from this code, by a scripting language's SHA-256: stored codes outlive an update.
#[test]
fn the_stored_form_of_a_recovery_code_stays() {
    let hash = RecoveryCode::parse("0123-4567-89AB-CDEF").unwrap().hash(ADA);
    let hex: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "10abd5aa4a29d8b238cf7ad53f423c985b4230a252af5f2ca16a83b3bafa11ef");
}

fn authenticator() -> TotpSecret {
    TotpSecret::from_slice(b"12345678901234567890").unwrap()
}

fn code(at: i64) -> String {
    authenticator().code_at(at).expose().clone()
}

#[test]
fn codes_of_three_steps_are_right_and_those_beyond_are_not() {
    let step = NOW / STEP_SECONDS;
    for (away, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let found = authenticator().check(&code(NOW + away * STEP_SECONDS), NOW, 0);
        assert_eq!(found, accepted.then_some(step + away), "{away}");
    }
    // RFC 6238, appendix B, at 59 seconds: the last six of 94287082.
    assert_eq!(authenticator().check("287082", 59, 0), Some(1));
}

#[test]
fn a_step_is_accepted_once_and_none_before_it_again() {
    let step = NOW / STEP_SECONDS;
    assert_eq!(authenticator().check(&code(NOW), NOW, step - 1), Some(step));
    assert_eq!(authenticator().check(&code(NOW), NOW, step), None);
    assert_eq!(authenticator().check(&code(NOW - STEP_SECONDS), NOW, step), None);
    assert_eq!(authenticator().check(&code(NOW + STEP_SECONDS), NOW, step), Some(step + 1));
    assert_eq!(authenticator().check(&code(NOW), NOW, i64::MAX), None);
}

/// Two neighbours with the same code are one in a million: these were found by search.
#[test]
fn a_code_that_is_right_for_two_steps_uses_up_both() {
    let same = 910_737;
    assert_eq!(code(same * STEP_SECONDS), code((same + 1) * STEP_SECONDS));
    let (text, now) = (code(same * STEP_SECONDS), same * STEP_SECONDS);
    let first = authenticator().check(&text, now, 0).unwrap();
    assert_eq!(first, same + 1);
    assert_eq!(authenticator().check(&text, now, first), None);
}

#[test]
fn only_six_digits_are_a_code() {
    let right = code(NOW);
    let (left, rest) = right.split_at(3);
    let check = |text: &str| authenticator().check(text, NOW, 0);
    assert!(check(&format!("{left} {rest}")).is_some() && check(&format!(" {right} ")).is_some());
    for text in [
        "",
        "      ",
        &right[..5],
        &format!("{right}0"),
        &format!("0{right}"),
        &format!("+{}", &right[1..]),
        &format!("{left}-{rest}"),
        &format!("{right}{}", " ".repeat(16)),
        // Digits to a person, not to the comparison.
        &right.replace(|digit: char| digit.is_ascii_digit(), "٣"),
    ] {
        assert_eq!(check(text), None, "{text:?}");
    }
}

#[test]
fn the_ends_of_time_do_not_wrap() {
    for now in [i64::MIN, -1, 0, i64::MAX] {
        let _answer = authenticator().check("000000", now, 0);
        let _code = authenticator().code_at(now);
    }
    assert_eq!(
        authenticator().check(&code(-30), -30, 0),
        None,
        "before 1970 no step is later than the first"
    );
}

#[test]
fn another_secret_has_other_codes() {
    let (a, b) = (TotpSecret::generate().unwrap(), TotpSecret::generate().unwrap());
    assert_ne!(a.expose(), b.expose());
    let same = (0..20).filter(|step| a.code_at(step * 30).expose() == b.code_at(step * 30).expose()).count();
    assert!(same <= 1, "{same}");
    assert!(TotpSecret::from_slice(&[0; 19]).is_none() && TotpSecret::from_slice(&[0; 21]).is_none());
    assert_eq!(format!("{a:?}"), "TotpSecret(Secret(..))");
}

#[test]
fn the_address_for_authenticators_escapes_names() {
    assert_eq!(authenticator().base32().expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(
        authenticator().uri("Jarvis at home", "ada:x?secret=A&é@example.org").expose(),
        "otpauth://totp/Jarvis%20at%20home:ada%3Ax%3Fsecret%3DA%26%C3%A9%40example.org\
         ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Jarvis%20at%20home&algorithm=SHA1&digits=6&period=30"
    );
}

proptest! {
    #[test]
    fn any_single_byte_change_to_an_api_key_is_refused(place in 0usize..52, byte in 0x20u8..0x7f) {
        let key = ApiKey::generate().unwrap();
        let mut bytes = key.expose().as_bytes().to_vec();
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        prop_assert!(ApiKey::parse(&String::from_utf8(bytes).unwrap()).is_none());
    }

    #[test]
    fn any_text_gets_an_answer(text in ".{0,80}", now: i64, last: i64) {
        prop_assert!(ApiKey::parse(&text).is_none());
        let _code = RecoveryCode::parse(&text);
        let _step = authenticator().check(&text, now, last);
    }
}
