//! Opaque tokens, their stored hashes, and the owner's set-up code.
#![cfg(test)]

use jarvis_crypto::{
    Secret,
    token::{OpaqueToken, TokenHash, one_time_code, one_time_code_matches},
};
use proptest::prelude::*;

fn key(byte: u8) -> Secret<Vec<u8>> {
    Secret::new(vec![byte; 32])
}

#[test]
fn a_token_comes_back_from_its_text_with_the_same_hash() {
    let token = OpaqueToken::generate("jrt_").unwrap();
    assert!(token.expose().starts_with("jrt_") && token.expose().len() == 52, "{}", token.expose());
    let parsed = OpaqueToken::parse("jrt_", token.expose()).unwrap();
    assert_eq!(parsed.expose(), token.expose());
    assert_eq!(parsed.hash(), token.hash());
    assert_ne!(OpaqueToken::generate("jrt_").unwrap().hash(), token.hash());
}

#[test]
fn neither_the_token_nor_its_hash_can_be_printed() {
    let token = OpaqueToken::generate("jrt_").unwrap();
    assert_eq!(format!("{token:?} {:?}", token.hash()), "OpaqueToken(Secret(..)) TokenHash(..)");
}

#[test]
fn text_that_is_no_token_of_the_kind_is_not_parsed() {
    let token = OpaqueToken::generate("jrt_").unwrap();
    let text = token.expose();
    assert!(OpaqueToken::parse("jky_", text).is_none());
    assert!(OpaqueToken::parse("", text).is_none());
    let body = text.strip_prefix("jrt_").unwrap();
    assert!(OpaqueToken::parse("jky_", &format!("jky_{body}")).is_none(), "the checksum covers the prefix");
    for wrong in [
        "",
        "jrt_",
        "null",
        body,
        &text.to_uppercase(),
        &format!(" {text}"),
        &format!("{text} "),
        &format!("{text}\n"),
        &format!("{text}="),
        &format!("{text}A"),
        &format!("jrt_{text}"),
        &text[..text.len() - 1],
        &format!("jrt_{}", "A".repeat(48)),
        &format!("jrt_{}", "é".repeat(24)),
    ] {
        assert!(OpaqueToken::parse("jrt_", wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn a_stored_hash_must_have_32_bytes() {
    let hash = OpaqueToken::generate("jrt_").unwrap().hash();
    assert_eq!(TokenHash::from_slice(hash.as_bytes()), Some(hash));
    for len in [0, 31, 33] {
        assert_eq!(TokenHash::from_slice(&vec![0; len]), None);
    }
}

#[test]
fn the_hash_is_plain_sha_256_of_the_text() {
    use sha2::{Digest, Sha256};
    let token = OpaqueToken::generate("jrt_").unwrap();
    assert_eq!(token.hash().as_bytes().as_slice(), Sha256::digest(token.expose()).as_slice());
}

#[test]
fn a_code_is_grouped_and_follows_from_key_and_context() {
    let code = one_time_code(&key(1), b"owner");
    let groups: Vec<&str> = code.expose().split('-').collect();
    assert!(groups.len() == 5 && groups.iter().all(|group| group.len() == 4), "{}", code.expose());
    assert!(code.expose().bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ-".contains(&b)));
    assert!(one_time_code(&key(1), b"owner").ct_eq(code.expose().as_bytes()));
    assert!(!one_time_code(&key(2), b"owner").ct_eq(code.expose().as_bytes()));
    assert!(!one_time_code(&key(1), b"owner2").ct_eq(code.expose().as_bytes()));
}

/// Computed apart from this code, with a scripting language's HMAC and big integers:
/// the code of an installation does not change with an update.
#[test]
fn a_code_is_the_first_hundred_bits_of_the_mac() {
    assert_eq!(one_time_code(&key(7), b"owner").expose(), "REQF-AKB0-PM96-PHCX-H021");
}

#[test]
fn a_code_may_be_typed_carelessly_but_not_wrongly() {
    // A context whose code has a 0 and a 1, so that the look-alikes are tried.
    let context = (0u32..)
        .map(u32::to_be_bytes)
        .find(|context| {
            let code = one_time_code(&key(1), context);
            code.expose().contains('0') && code.expose().contains('1')
        })
        .unwrap();
    let code = one_time_code(&key(1), &context);
    let code = code.expose().as_str();
    let matches = |given: &str| one_time_code_matches(&key(1), &context, given);
    for given in [
        code,
        &code.to_lowercase(),
        &code.replace('-', ""),
        &code.replace('-', " "),
        &format!("  {code} "),
        &code.replace('0', "o").replace('1', "l"),
        &code.replace('0', "O").replace('1', "I"),
    ] {
        assert!(matches(given), "{given:?}");
    }
    for given in [
        "",
        "-",
        "null",
        &code[..code.len() - 1],
        &format!("{code}0"),
        &format!("{code}{}", " ".repeat(64)),
        &code.replace('-', "_"),
        &code.chars().rev().collect::<String>(),
    ] {
        assert!(!matches(given), "{given:?}");
    }
    assert!(!one_time_code_matches(&key(2), &context, code));
    assert!(!one_time_code_matches(&key(1), b"another", code));
}

proptest! {
    #[test]
    fn any_single_byte_change_to_a_token_is_refused(place in 0usize..52, byte in 0x20u8..0x7f) {
        let token = OpaqueToken::generate("jrt_").unwrap();
        let mut bytes = token.expose().as_bytes().to_vec();
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        prop_assert!(OpaqueToken::parse("jrt_", &String::from_utf8(bytes).unwrap()).is_none());
    }

    #[test]
    fn any_other_letter_in_a_code_is_refused(place in 0usize..24, byte in 0x20u8..0x7f) {
        let code = one_time_code(&key(1), b"owner");
        let mut bytes = code.expose().as_bytes().to_vec();
        let forgiven = [b"0Oo".as_slice(), b"1IiLl", b" -"]
            .iter()
            .any(|alike| alike.contains(&bytes[place]) && alike.contains(&byte));
        prop_assume!(!bytes[place].eq_ignore_ascii_case(&byte) && !forgiven);
        bytes[place] = byte;
        prop_assert!(!one_time_code_matches(&key(1), b"owner", &String::from_utf8(bytes).unwrap()));
    }

    #[test]
    fn any_text_gets_an_answer(text in ".{0,80}") {
        prop_assert!(OpaqueToken::parse("jrt_", &text).is_none());
        let prefixed = format!("jrt_{text}");
        prop_assert!(OpaqueToken::parse("jrt_", &prefixed).is_none());
        prop_assert!(!one_time_code_matches(&key(1), b"owner", &text));
    }
}
