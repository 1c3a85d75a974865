//! Argon2id (RFC 9106) in PHC strings.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::PasswordError;

/// OWASP's first choice: 19 MiB, two passes, one lane. About 20 ms on a current core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A stored hash that asks for more than this is not computed.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

#[derive(Clone, Debug)]
pub(super) struct Hasher(Argon2<'static>);

impl Hasher {
    pub(super) fn new() -> Result<Self, PasswordError> {
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(argon2::password_hash::Error::from)?;
        Ok(Self(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)))
    }

    pub(super) fn hash(&self, password: &str) -> Result<String, PasswordError> {
        Ok(self.0.hash_password(password.as_bytes())?.to_string())
    }

    /// None: it does not match. Else whether the hash is as strong as a new one.
    pub(super) fn verify(&self, password: &str, stored: &str) -> Option<bool> {
        let (stored, params) = parse(stored)?;
        self.0.verify_password(password.as_bytes(), &stored).ok()?;
        Some(params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES)
    }
}

/// Random bytes in the form of a hash.
pub(super) fn decoy() -> Result<String, PasswordError> {
    let (mut salt, mut hash) = ([0; 16], [0; 32]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut hash)?;
    let [salt, hash] = [STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)];
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
}

/// An Argon2id v19 hash of bearable cost, or nothing.
fn parse(stored: &str) -> Option<(PasswordHash, Params)> {
    let hash = PasswordHash::new(stored).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let ours = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into());
    let bearable =
        params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
    (ours && bearable).then_some((hash, params))
}
