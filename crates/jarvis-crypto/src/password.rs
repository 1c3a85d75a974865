//! Passwords: Argon2id (RFC 9106) hashes, and which passwords are accepted (NIST SP 800-63B-4, section 3.1.1).

mod rule;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use thiserror::Error;

pub use rule::{MAX_CHARS, MIN_CHARS, MIN_FRESH, Weakness, check_rule};

use crate::secret::Secret;

/// OWASP's first choice: 19 MiB, two passes, one lane. About 20 ms on a current core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Stored hashes are input (a restored backup, an import): one that asks for more than this is not computed.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// Hashes and checks passwords.
///
/// Both cost about 20 ms of a core and 19 MiB **on the calling thread**, on purpose. Callers run them on a blocking
/// thread behind a semaphore, or a login storm starves everything else.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    decoy: String,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Match,
    /// The password is right, but its hash is of weaker cost than today's: hash it anew and store that.
    MatchOutdated,
    /// The password is wrong, or the stored hash is not one of ours.
    Mismatch,
}

/// Why a hash was not made.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// The operating system has no randomness to give.
    #[error("no randomness from the operating system: {0}")]
    Randomness(#[from] getrandom::Error),
    /// Argon2 refused: no memory, or a password of gigabytes.
    #[error("the password could not be hashed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
}

impl Passwords {
    /// Ready to use.
    ///
    /// # Errors
    /// [`PasswordError`]: without randomness or memory.
    pub fn new() -> Result<Self, PasswordError> {
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(argon2::password_hash::Error::from)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (mut salt, mut hash) = ([0; 16], [0; 32]);
        getrandom::fill(&mut salt)?;
        getrandom::fill(&mut hash)?;
        let [salt, hash] = [STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)];
        let decoy = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}");
        Ok(Self { argon2, decoy })
    }

    /// A PHC string (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`) with a new random salt.
    ///
    /// # Errors
    /// [`PasswordError`]: without randomness or memory.
    pub fn hash(&self, password: &Secret<String>) -> Result<String, PasswordError> {
        Ok(self.argon2.hash_password(password.expose().as_bytes())?.to_string())
    }

    /// Compares with a stored PHC string, at the cost that the string names. A malformed string is a mismatch.
    pub fn verify(&self, password: &Secret<String>, phc: &str) -> Verdict {
        let Some((stored, params)) = parse(phc) else { return Verdict::Mismatch };
        if self.argon2.verify_password(password.expose().as_bytes(), &stored).is_err() {
            Verdict::Mismatch
        } else if params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES {
            Verdict::MatchOutdated
        } else {
            Verdict::Match
        }
    }

    /// Random bytes in the form of a hash of the same cost: no password matches. Verifying against it for an unknown user takes as long as
    /// for a known one, so that the time does not tell who has an account.
    pub fn decoy(&self) -> &str {
        &self.decoy
    }
}

/// An Argon2id v19 hash of bearable cost, or nothing.
fn parse(phc: &str) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(phc).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let ours = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into());
    let bearable =
        params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
    (ours && bearable).then_some((hash, params))
}
