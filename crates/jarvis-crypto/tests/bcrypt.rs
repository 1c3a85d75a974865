//! bcrypt hashes: those that other programs wrote, and our own where an installation asks for them.
#![cfg(test)]

use std::time::Instant;

use jarvis_crypto::{PasswordError, PasswordHash, Passwords, Secret, Verdict};
use proptest::prelude::*;

const PASSWORD: &str = "velvet otter kayak";
/// Written by Python's bcrypt 5.0.
const BY_PYTHON: &str = "$2b$12$JF4UmljW1PoC8GaDgYGQbeasDD0GaO8Qc/U7FTjp0iyhola1weF5O";
const BY_PYTHON_2A: &str = "$2a$04$7jFkYbl/jTUMXJPlEa3s0OZO6fb3zGRduvg2HNrEg5RR/UavTV4oW";
/// Written by the C library's crypt, which is what PHP uses.
const BY_CRYPT_2Y: &str = "$2y$05$abcdefghijklmnopqrstuuy0LPWuUe./518ZEtRsUlPkphe7ue36i";
/// 36 letters of two bytes; written by Python's bcrypt 5.0, which refuses a 73rd byte as we do.
const OF_72_BYTES: &str = "$2b$04$ff98dT9dx25cju7sdbW.FOA8SQU99NUq2PoR4HJv2xZEVeTMGthge";
const OF_72_LETTERS: &str = "$2b$04$cMRV8Jd9grMKAbo3ehKlIeEymCJrZAKwb49FmoCd97.sH.KAWQD4y";
const OF_NOTHING: &str = "$2b$04$PUS5Jpv50WSTrit.6mE5budZG.fAYOh02C7cipjMyJFbPsRKdwqCC";

/// Right in everything but its cost: about 10 s of a core.
const TOO_EXPENSIVE: &str = "$2b$17$.zvwGWWIu3E/VK52og9wVeoLzmwre4wlK5WiW5LpyxGfFuL0Rx.2a";

fn secret(text: &str) -> Secret<String> {
    Secret::from(text.to_owned())
}

fn bcrypt(rounds: u32) -> Passwords {
    Passwords::new(PasswordHash::Bcrypt { rounds }).unwrap()
}

fn argon2id() -> Passwords {
    Passwords::new(PasswordHash::Argon2id).unwrap()
}

#[test]
fn a_hash_fits_its_password_and_no_other() {
    let passwords = bcrypt(4);
    let stored = passwords.hash(&secret(PASSWORD)).unwrap();
    assert!(stored.starts_with("$2b$04$") && stored.len() == 60, "{stored}");
    assert_eq!(passwords.verify(&secret(PASSWORD), &stored), Verdict::Match);
    for wrong in ["velvet otter kayaK", "", "velvet otter kayak ", "\0"] {
        assert_eq!(passwords.verify(&secret(wrong), &stored), Verdict::Mismatch, "{wrong:?}");
    }
    assert_ne!(stored, passwords.hash(&secret(PASSWORD)).unwrap(), "every hash has its own salt");
}

#[test]
fn hashes_of_other_programs_fit() {
    let passwords = bcrypt(4);
    for stored in [BY_PYTHON, BY_PYTHON_2A, BY_CRYPT_2Y] {
        assert_eq!(passwords.verify(&secret(PASSWORD), stored), Verdict::Match, "{stored}");
        assert_eq!(passwords.verify(&secret("velvet otter"), stored), Verdict::Mismatch, "{stored}");
    }
    assert_eq!(passwords.verify(&secret(&"éà".repeat(18)), OF_72_BYTES), Verdict::Match);
    assert_eq!(passwords.verify(&secret(""), OF_NOTHING), Verdict::Match);
}

#[test]
fn a_hash_of_the_other_kind_or_of_weaker_cost_asks_to_be_renewed() {
    assert_eq!(argon2id().verify(&secret(PASSWORD), BY_PYTHON), Verdict::MatchOutdated);
    assert_eq!(argon2id().verify(&secret(PASSWORD), BY_PYTHON_2A), Verdict::MatchOutdated);
    assert_eq!(argon2id().verify(&secret("other"), BY_PYTHON), Verdict::Mismatch);
    assert_eq!(bcrypt(5).verify(&secret(PASSWORD), BY_PYTHON_2A), Verdict::MatchOutdated);
    assert_eq!(bcrypt(5).verify(&secret(PASSWORD), BY_CRYPT_2Y), Verdict::Match);
    let stored = argon2id().hash(&secret(PASSWORD)).unwrap();
    assert_eq!(bcrypt(4).verify(&secret(PASSWORD), &stored), Verdict::MatchOutdated);
    assert_eq!(bcrypt(4).verify(&secret("other"), &stored), Verdict::Mismatch);
}

/// The renewed hash is one that asks for nothing more: a sign-in does not renew for ever.
#[test]
fn a_renewed_hash_is_up_to_date() {
    for passwords in [argon2id(), bcrypt(5)] {
        assert_eq!(passwords.verify(&secret(PASSWORD), BY_PYTHON_2A), Verdict::MatchOutdated);
        let renewed = passwords.hash(&secret(PASSWORD)).unwrap();
        assert_eq!(passwords.verify(&secret(PASSWORD), &renewed), Verdict::Match);
    }
}

#[test]
fn a_password_over_72_bytes_is_refused_and_never_cut() {
    let passwords = bcrypt(4);
    let (fits, too_long) = ("x".repeat(72), "x".repeat(73));
    assert!(passwords.takes(&secret(&fits)) && !passwords.takes(&secret(&too_long)));
    let stored = passwords.hash(&secret(&fits)).unwrap();
    for stored in [&stored, OF_72_LETTERS] {
        assert_eq!(passwords.verify(&secret(&fits), stored), Verdict::Match);
        assert_eq!(passwords.verify(&secret(&too_long), stored), Verdict::Mismatch);
        assert_eq!(argon2id().verify(&secret(&too_long), stored), Verdict::Mismatch);
    }
    let by_letters = "é".repeat(37);
    for refused in [&too_long, &by_letters, &"x".repeat(1_000_000)] {
        assert!(matches!(passwords.hash(&secret(refused)), Err(PasswordError::NotTaken)));
        assert!(argon2id().takes(&secret(refused)));
    }
}

/// bcrypt repeats the password with a NUL between: to it these are the same key.
#[test]
fn a_nul_does_not_make_other_passwords_equal() {
    let passwords = bcrypt(4);
    let stored = passwords.hash(&secret("a")).unwrap();
    assert_eq!(passwords.verify(&secret("a\0a"), &stored), Verdict::Mismatch);
    assert!(matches!(passwords.hash(&secret("a\0a")), Err(PasswordError::NotTaken)));
}

#[test]
fn a_right_password_that_bcrypt_would_not_take_keeps_its_old_hash() {
    let long = secret(&"x".repeat(73));
    let stored = argon2id().hash(&long).unwrap();
    assert_eq!(bcrypt(4).verify(&long, &stored), Verdict::Match);
}

#[test]
fn the_decoy_is_of_the_configured_kind_and_fits_nothing() {
    let passwords = bcrypt(5);
    assert!(
        passwords.decoy().starts_with("$2b$05$") && passwords.decoy().len() == 60,
        "{}",
        passwords.decoy()
    );
    assert_eq!(passwords.verify(&secret(PASSWORD), passwords.decoy()), Verdict::Mismatch);
    assert_ne!(passwords.decoy(), bcrypt(5).decoy());
    // It is computed: twice the rounds are twice the work. A form that is refused unread would take no time at all.
    let time = |passwords: &Passwords, password: &str| {
        let begun = Instant::now();
        passwords.verify(&secret(password), passwords.decoy());
        begun.elapsed()
    };
    let (four, ten) = (bcrypt(4), bcrypt(10));
    for password in [PASSWORD, &"x".repeat(73)] {
        let quick = (0..5).map(|_| time(&four, password)).min().unwrap();
        let slow = (0..5).map(|_| time(&ten, password)).min().unwrap();
        assert!(slow > quick * 10, "{quick:?} {slow:?}");
    }
}

#[test]
fn rounds_out_of_bounds_are_an_error() {
    for rounds in [0, 3, 17, 31, 32, u32::MAX] {
        let refused = Passwords::new(PasswordHash::Bcrypt { rounds });
        assert!(matches!(refused, Err(PasswordError::Rounds)), "{rounds}");
    }
}

#[test]
fn a_stored_hash_that_is_broken_or_too_expensive_is_a_mismatch() {
    let text = BY_PYTHON_2A;
    let cut = &text[..59];
    let grown = format!("{text}.");
    let expensive = text.replace("$04$", "$31$");
    let dear = text.replace("$04$", "$17$");
    let cheap = text.replace("$04$", "$03$");
    let signed = text.replace("$04$", "$-4$");
    let wide = text.replace("$04$", "$4$");
    let weak_kind = text.replace("$2a$", "$2x$");
    let no_kind = text.replace("$2a$", "$2$");
    let other_kind = text.replace("$2a$", "$2c$");
    let foreign = text.replace('/', "é");
    let spare_bits = text.replace("3s0OZO", "3s0PZO");
    for stored in [
        cut,
        &grown,
        &expensive,
        &dear,
        &cheap,
        &signed,
        &wide,
        &weak_kind,
        &no_kind,
        &other_kind,
        &foreign,
        &spare_bits,
        TOO_EXPENSIVE,
        "$2b$",
        "$2b$12$",
        "$2b$12$é",
        "$2b$12$\u{0}",
    ] {
        for passwords in [argon2id(), bcrypt(4)] {
            assert_eq!(passwords.verify(&secret(PASSWORD), stored), Verdict::Mismatch, "{stored}");
        }
    }
}

proptest! {
    #[test]
    fn any_stored_text_is_a_mismatch_or_a_hash(stored in "\\$2[abxy]?\\$(04|3[0-9]|[0-9+-]{0,2}[a-f])\\$([./A-Za-z0-9]{53}|[./A-Za-z0-9=é$ ]{45,56})") {
        prop_assert_eq!(bcrypt(4).verify(&secret(PASSWORD), &stored), Verdict::Mismatch);
    }
}
