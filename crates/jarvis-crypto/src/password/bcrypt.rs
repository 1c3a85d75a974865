//! bcrypt (Provos and Mazieres, 1999) in the form `$2b$12$` + salt + hash, as other programs write it.

use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use bcrypt::HashParts;

use super::PasswordError;

/// Most bytes of a password: bcrypt does not see the rest, so we refuse it, never cut.
pub const MAX_BYTES: usize = 72;
/// Fewest rounds: bcrypt's own bound. What may be configured begins higher.
pub const MIN_ROUNDS: u32 = 4;
/// Most rounds, also of a stored hash: about 4 s of a core. 31 would take a day.
pub const MAX_ROUNDS: u32 = 16;

/// These three are computed alike: they differ in the mistakes of programs that wrote them, with passwords that we
/// refuse (`2a`: over 255 bytes). `2x` is bcrypt with a mistake that makes hashes weak: not accepted.
const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// Whether bcrypt sees all of the password. A NUL is its end to some programs, and to all it makes other passwords
/// equal: the key is repeated with a NUL between, so that "a" and "a\0a" are one.
pub(super) fn takes(password: &str) -> bool {
    password.len() <= MAX_BYTES && !password.contains('\0')
}

pub(super) fn hash(password: &str, rounds: u32) -> Result<String, PasswordError> {
    if !takes(password) {
        return Err(PasswordError::NotTaken);
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    Ok(::bcrypt::hash_with_salt(password, rounds, salt)?.to_string())
}

/// None: it does not match. Else the rounds of the hash.
pub(super) fn verify(password: &str, stored: &str) -> Option<u32> {
    let rounds = rounds(stored)?;
    // Computed also for a password that is refused next, so that time does not tell whose hash is bcrypt's.
    let matches = ::bcrypt::verify(password, stored).ok()?;
    (matches && takes(password)).then_some(rounds)
}

/// Random bytes in the form of a hash.
pub(super) fn decoy(rounds: u32) -> Result<String, PasswordError> {
    const LETTERS: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
    if !(MIN_ROUNDS..=MAX_ROUNDS).contains(&rounds) {
        return Err(PasswordError::Rounds);
    }
    let (mut salt, mut hash) = ([0; 16], [0; 23]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut hash)?;
    Ok(format!("$2b${rounds:02}${}{}", LETTERS.encode(salt), LETTERS.encode(hash)))
}

/// Of a well-formed hash of bearable cost.
fn rounds(stored: &str) -> Option<u32> {
    if !PREFIXES.iter().any(|prefix| stored.starts_with(prefix)) {
        return None;
    }
    let rounds = stored.parse::<HashParts>().ok()?.get_cost();
    (MIN_ROUNDS..=MAX_ROUNDS).contains(&rounds).then_some(rounds)
}
