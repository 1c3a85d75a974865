//! Passwords: their hashes, and which passwords are accepted (NIST SP 800-63B-4, section 3.1.1).

mod argon2id;
mod bcrypt;
mod rule;

use thiserror::Error;

pub use bcrypt::{MAX_BYTES as MAX_BCRYPT_BYTES, MAX_ROUNDS, MIN_ROUNDS};
pub use rule::{MAX_CHARS, MIN_CHARS, MIN_FRESH, Weakness, check_rule};

use crate::secret::Secret;

/// How new hashes are made. Hashes of the other kind still verify, and are then outdated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordHash {
    /// Argon2id (RFC 9106) at OWASP's first choice of cost: 19 MiB, two passes, one lane. About 20 ms of a core.
    #[default]
    Argon2id,
    /// bcrypt, for installations that must. It takes 72 bytes of a password at most.
    Bcrypt {
        /// Base-2 logarithm of the work, [`MIN_ROUNDS`] to [`MAX_ROUNDS`]: 12 is about 200 ms of a core.
        rounds: u32,
    },
}

/// Hashes and checks passwords.
///
/// Both cost tens or hundreds of milliseconds of a core and up to 19 MiB **on the calling thread**, on purpose. Callers
/// run them on a blocking thread behind a semaphore, or a login storm starves everything else.
#[derive(Clone, Debug)]
pub struct Passwords {
    kind: PasswordHash,
    argon2: argon2id::Hasher,
    decoy: String,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Match,
    /// The password is right, but its hash is of another kind or of weaker cost than today's: hash it anew and
    /// store that. The password is one that today's kind takes.
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
    Argon2(#[from] argon2::password_hash::Error),
    /// bcrypt refused.
    #[error("the password could not be hashed: {0}")]
    Bcrypt(#[from] ::bcrypt::BcryptError),
    /// [`PasswordHash::Bcrypt`] with a number of rounds out of its bounds.
    #[error("bcrypt's rounds must be {MIN_ROUNDS} to {MAX_ROUNDS}")]
    Rounds,
    /// bcrypt would not see all of the password, see [`Passwords::takes`]. The text is advice for the user.
    #[error(
        "Use at most {MAX_BCRYPT_BYTES} bytes and no NUL: accented letters count for two, most symbols for three or four."
    )]
    NotTaken,
}

impl Passwords {
    /// Ready to use.
    ///
    /// # Errors
    /// [`PasswordError`]: without randomness, or with impossible rounds.
    pub fn new(kind: PasswordHash) -> Result<Self, PasswordError> {
        let decoy = match kind {
            PasswordHash::Argon2id => argon2id::decoy()?,
            PasswordHash::Bcrypt { rounds } => bcrypt::decoy(rounds)?,
        };
        Ok(Self { kind, argon2: argon2id::Hasher::new()?, decoy })
    }

    /// Whether [`Passwords::hash`] takes this password whole. A password that it does not take is refused by the
    /// caller with a clear word, where the person can still choose another.
    pub fn takes(&self, password: &Secret<String>) -> bool {
        match self.kind {
            PasswordHash::Argon2id => true,
            PasswordHash::Bcrypt { .. } => bcrypt::takes(password.expose()),
        }
    }

    /// The text to store, with a new random salt: a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`) or
    /// bcrypt's own form (`$2b$12$` + 53 letters).
    ///
    /// # Errors
    /// [`PasswordError`]: without randomness or memory, or [`PasswordError::NotTaken`].
    pub fn hash(&self, password: &Secret<String>) -> Result<String, PasswordError> {
        match self.kind {
            PasswordHash::Argon2id => self.argon2.hash(password.expose()),
            PasswordHash::Bcrypt { rounds } => bcrypt::hash(password.expose(), rounds),
        }
    }

    /// Compares with a stored hash of either kind, at the cost that it names. Stored hashes are input (a restored
    /// backup, an import): one that is malformed, or asks for more work than we ever would, is a mismatch.
    pub fn verify(&self, password: &Secret<String>, stored: &str) -> Verdict {
        let strong = match self.kind {
            PasswordHash::Argon2id => self.argon2.verify(password.expose(), stored),
            PasswordHash::Bcrypt { rounds } => {
                bcrypt::verify(password.expose(), stored).map(|found| found >= rounds)
            }
        };
        // Only one of the two parses it, so that only one of the two is computed.
        let of_the_other_kind = || match self.kind {
            PasswordHash::Argon2id => bcrypt::verify(password.expose(), stored).is_some(),
            PasswordHash::Bcrypt { .. } => self.argon2.verify(password.expose(), stored).is_some(),
        };
        match strong {
            Some(true) => Verdict::Match,
            Some(false) => Verdict::MatchOutdated,
            // A right password that the new kind does not take keeps its old hash: it cannot be renewed.
            None if of_the_other_kind() => {
                if self.takes(password) {
                    Verdict::MatchOutdated
                } else {
                    Verdict::Match
                }
            }
            None => Verdict::Mismatch,
        }
    }

    /// Random bytes in the form of a hash of the configured kind and cost: no password matches. Verifying against it
    /// for an unknown user takes as long as for a known one, so that the time does not tell who has an account.
    pub fn decoy(&self) -> &str {
        &self.decoy
    }
}
