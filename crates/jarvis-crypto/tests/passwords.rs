//! Hashing, and the rule for new passwords.
#![cfg(test)]

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use jarvis_crypto::{
    Secret,
    password::{PasswordHash, Passwords, Verdict, Weakness, check_rule},
};
use proptest::prelude::*;

fn secret(text: &str) -> Secret<String> {
    Secret::from(text.to_owned())
}

/// The reference implementation's vector: password "password", salt "somesalt", m = 2^16 KiB, t = 2, p = 1.
const REFERENCE: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
/// The same with m = 2^8: a hash weaker than today's.
const WEAKER: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

#[test]
fn a_hash_fits_its_password_and_no_other() {
    let passwords = Passwords::new(PasswordHash::Argon2id).unwrap();
    let phc = passwords.hash(&secret("velvet otter kayak")).unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert_eq!(passwords.verify(&secret("velvet otter kayak"), &phc), Verdict::Match);
    assert_eq!(passwords.verify(&secret("velvet otter kayaK"), &phc), Verdict::Mismatch);
    assert_eq!(passwords.verify(&secret(""), &phc), Verdict::Mismatch);
    assert_ne!(phc, passwords.hash(&secret("velvet otter kayak")).unwrap(), "every hash has its own salt");
}

#[test]
fn the_reference_vectors_verify_and_the_weaker_one_asks_to_be_renewed() {
    let passwords = Passwords::new(PasswordHash::Argon2id).unwrap();
    assert_eq!(passwords.verify(&secret("password"), REFERENCE), Verdict::Match);
    assert_eq!(passwords.verify(&secret("password"), WEAKER), Verdict::MatchOutdated);
    assert_eq!(passwords.verify(&secret("Password"), WEAKER), Verdict::Mismatch);
}

#[test]
fn the_decoy_costs_what_a_real_hash_costs_and_fits_nothing() {
    let passwords = Passwords::new(PasswordHash::Argon2id).unwrap();
    assert!(passwords.decoy().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_eq!(passwords.verify(&secret("password"), passwords.decoy()), Verdict::Mismatch);
    assert_ne!(passwords.decoy(), Passwords::new(PasswordHash::Argon2id).unwrap().decoy());
}

#[test]
fn a_stored_hash_that_is_broken_foreign_or_too_expensive_is_a_mismatch() {
    let passwords = Passwords::new(PasswordHash::Argon2id).unwrap();
    let expensive = REFERENCE.replace("m=65536", "m=4194304");
    let slow = REFERENCE.replace("t=2", "t=4000000");
    let wide = REFERENCE.replace("p=1", "p=4000");
    let other_kind = REFERENCE.replace("argon2id", "argon2d");
    let old_version = REFERENCE.replace("v=19", "v=16");
    let no_version = REFERENCE.replace("$v=19", "");
    let trailing = format!("{REFERENCE}$x");
    let cut = &REFERENCE[..REFERENCE.len() - 5];
    for phc in [
        "",
        "$",
        "$$$$$",
        "!",
        "*",
        "password",
        "$argon2id",
        "$argon2id$v=19",
        "$argon2id$v=19$m=19456,t=2,p=1",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=19$m=0,t=0,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=2,p=1$*$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$é$\u{0}$\u{10ffff}",
        &expensive,
        &slow,
        &wide,
        &other_kind,
        &old_version,
        &no_version,
        &trailing,
        cut,
    ] {
        assert_eq!(passwords.verify(&secret("password"), phc), Verdict::Mismatch, "{phc}");
    }
}

fn verdict_on_own_hash(
    passwords: &Passwords,
    algorithm: Algorithm,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
) -> Verdict {
    let params = Params::new(memory_kib, passes, lanes, None).unwrap();
    let argon2 = Argon2::new(algorithm, Version::V0x13, params);
    let phc = argon2.hash_password(b"velvet otter kayak").unwrap().to_string();
    passwords.verify(&secret("velvet otter kayak"), &phc)
}

#[test]
fn a_right_password_is_refused_under_the_other_kinds_of_argon2() {
    let passwords = Passwords::new(PasswordHash::Argon2id).unwrap();
    let verdict = |algorithm| verdict_on_own_hash(&passwords, algorithm, 19456, 2, 1);
    assert_eq!(verdict(Algorithm::Argon2id), Verdict::Match);
    assert_eq!(verdict(Algorithm::Argon2i), Verdict::Mismatch);
    assert_eq!(verdict(Algorithm::Argon2d), Verdict::Mismatch);
}

#[test]
fn a_right_password_is_refused_where_its_hash_asks_for_too_much_work() {
    let passwords = Passwords::new(PasswordHash::Argon2id).unwrap();
    let verdict = |memory_kib, passes, lanes| {
        verdict_on_own_hash(&passwords, Algorithm::Argon2id, memory_kib, passes, lanes)
    };
    assert_eq!(verdict(256 * 1024, 1, 1), Verdict::MatchOutdated);
    assert_eq!(verdict(256 * 1024 + 1, 1, 1), Verdict::Mismatch);
    assert_eq!(verdict(128, 16, 16), Verdict::MatchOutdated);
    assert_eq!(verdict(128, 17, 16), Verdict::Mismatch);
    assert_eq!(verdict(136, 16, 17), Verdict::Mismatch);
}

#[test]
fn length_is_counted_in_characters() {
    let fresh = "bcdghjmvxéçñüøłőşžđþπσλ";
    let of = |count: usize| fresh.chars().take(count).collect::<String>();
    assert_eq!(check_rule(&of(14), &[]), Err(Weakness::TooShort));
    assert_eq!(check_rule(&of(15), &[]), Ok(()));
    assert_eq!(check_rule("", &[]), Err(Weakness::TooShort));
    let long = |count: u32| (0..count).filter_map(|i| char::from_u32(0x1F300 + i)).collect::<String>();
    assert_eq!(check_rule(&long(128), &[]), Ok(()));
    assert_eq!(check_rule(&long(129), &[]), Err(Weakness::TooLong));
    assert_eq!(check_rule(&"x".repeat(1_000_000), &[]), Err(Weakness::TooLong));
}

#[test]
fn repetitions_and_sequences_are_refused() {
    for password in [
        "aaaaaaaaaaaaaaa",
        "                    ",
        "123456789012345",
        "098765432109876",
        "abcdefghijklmnop",
        "zyxwvutsrqponml",
        "qwertyuiopasdfg",
        "azertyuiopqsdfghjklm",
        "QWERTYUIOPASDFGH",
        "abcabcabcabcabc",
        "summersummersummer",
        "hovercraft-hovercraft-hovercraft",
        "1111222233334444",
        "aaaaabbbbbccccc",
        "ünününününününün",
        "kelp kelp kelp kelp!",
    ] {
        assert_eq!(check_rule(password, &[]), Err(Weakness::Pattern), "{password}");
    }
}

#[test]
fn words_that_everyone_uses_are_refused_also_in_disguise() {
    for password in [
        "passwordpassword1",
        "Password12345678!",
        "P4$$w0rd-P4$$w0rd!",
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "administrator123456",
        "letmeinletmein2024",
        "iloveyouforever!",
        "1q2w3e4r5t6y7u8i9o0p",
        "1qaz2wsx3edc4rfv",
        "welcome-welcome-2025",
        "superman-batman-1",
        "motdepasse-azerty",
        "changeme-changeme-now",
    ] {
        let refused = check_rule(password, &[]);
        assert!(matches!(refused, Err(Weakness::Common | Weakness::Pattern)), "{password}: {refused:?}");
    }
}

#[test]
fn ones_own_names_and_ours_are_refused() {
    let about = ["Eleonora", "eleonora.whitfield+home@mail.invalid"];
    for password in [
        "eleonora.whitfield",
        "Whitfield-Eleonora-99",
        "jarvis-eleonora-1",
        "3leon0ra.wh1tfi3ld",
        "homewhitfieldjarvis",
    ] {
        assert_eq!(check_rule(password, &about), Err(Weakness::Personal), "{password}");
    }
    assert_eq!(check_rule("jarvis-my-jarvis", &[]), Err(Weakness::Personal));
    assert_eq!(check_rule("eleonora.whitfield", &[]), Ok(()), "someone else's name is only a word");
}

#[test]
fn a_short_name_or_the_mail_provider_does_not_spoil_a_good_password() {
    assert_eq!(
        check_rule("velvet otter kayak", &["v e l t", "o-k", "", "ay@velvet-otter-kayak.invalid"]),
        Ok(())
    );
}

#[test]
fn no_composition_is_asked_for() {
    for password in [
        "velvet otter kayak",
        "mon chat dort sur le frigo",
        "四月は君の嘘でした、そして春が来る",
        "849302716453908",
        "jarvis opened the garage at noon",
        "bananabread for the neighbours",
    ] {
        assert_eq!(check_rule(password, &["someone", "someone@mail.invalid"]), Ok(()), "{password}");
    }
}

proptest! {
    #[test]
    fn random_letters_of_the_least_length_are_accepted(password in "[a-z]{15}") {
        prop_assert_eq!(check_rule(&password, &["someone"]), Ok(()));
    }

    #[test]
    fn any_text_gets_an_answer(password in ".{0,140}", name in ".{0,40}") {
        let _answer = check_rule(&password, &[&name]);
    }

    #[test]
    fn any_stored_text_is_a_mismatch_or_a_hash(phc in "\\$?(argon2id)?(\\$[a-z0-9=,+/]{0,20}){0,6}") {
        // Not constructed per case: that would hash 256 times.
        static PASSWORDS: std::sync::LazyLock<Passwords> = std::sync::LazyLock::new(|| Passwords::new(PasswordHash::Argon2id).unwrap());
        prop_assert_eq!(PASSWORDS.verify(&secret("password"), &phc), Verdict::Mismatch);
    }
}
