//! Recovery codes: ten on paper, each good once, for the day the telephone is gone.

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{base32, secret::Secret, token::TokenHash};

/// Codes in a set.
pub const SET: usize = 10;
const BYTES: usize = 10;
/// 80 bits are sixteen letters without a rest: a code has one spelling, once it is read as people type.
const LETTERS: usize = 16;
const DOMAIN: &[u8] = b"jarvis recovery code v1\0";

/// A code of 80 random bits: sixteen letters of Crockford's base 32, shown as `XXXX-XXXX-XXXX-XXXX`.
#[derive(Clone, Debug)]
pub struct RecoveryCode(Secret<Vec<u8>>);

impl RecoveryCode {
    /// A new set of [`SET`] codes. It replaces the former set whole.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate_set() -> Result<[Self; SET], getrandom::Error> {
        let mut random = Zeroizing::new([0; SET * BYTES]);
        getrandom::fill(random.as_mut_slice())?;
        let mut chunks = random.chunks_exact(BYTES);
        Ok(std::array::from_fn(|_| {
            let letters = base32::letters(chunks.next().unwrap_or_default(), &base32::CROCKFORD, LETTERS);
            Self(Secret::new(letters.to_vec()))
        }))
    }

    /// A code as somebody typed it: case, spaces and dashes are forgiven, and O for 0, I or L for 1. `None` unless
    /// sixteen letters of the alphabet remain: six digits, for one, are never a recovery code.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = base32::as_typed(text)?;
        let fits =
            letters.len() == LETTERS && letters.iter().all(|letter| base32::CROCKFORD.contains(letter));
        fits.then(|| Self(Secret::new(letters.to_vec())))
    }

    /// The code for its owner's eyes, once.
    pub fn shown(&self) -> Secret<String> {
        base32::grouped(self.0.expose())
    }

    /// What to store and to look up, for the user `owner`.
    ///
    /// A plain hash, because a code is random: whoever stole the table has 2^80 guesses to make, which at 10^12 a
    /// second take forty thousand years, and wins no more than a *second* factor that the next sign-in uses up. The
    /// owner is hashed along, so that one search cannot try the codes of everybody at once. A slow hash would cost
    /// us more than a thief (ten stored codes to compare with at each attempt), and a keyed one would end every
    /// sheet of paper when the key is rotated.
    pub fn hash(&self, owner: Uuid) -> TokenHash {
        let digest =
            Sha256::new().chain_update(DOMAIN).chain_update(owner).chain_update(self.0.expose()).finalize();
        TokenHash::from_digest(digest.into())
    }
}
