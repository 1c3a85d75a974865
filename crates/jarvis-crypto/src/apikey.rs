//! API keys: opaque tokens that a person gives to a program, in a form that scanners of leaked secrets know.

use crate::token::{OpaqueToken, TokenHash};

const PREFIX: &str = "jrv_";
/// Of the text, with `jrv_`: 24 of the 256 bits are told, the other 232 stay out of reach.
const SHOWN_CHARS: usize = 8;

/// `jrv_` + 48 characters of base64url: 256 random bits and a checksum of 32, so that a typing error or a foreign
/// text is refused without a look-up. Shown once, stored as [`ApiKey::hash`].
#[derive(Clone, Debug)]
pub struct ApiKey(OpaqueToken);

impl ApiKey {
    /// A new key.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        OpaqueToken::generate(PREFIX).map(Self)
    }

    /// A key that a client sent; `None` unless prefix, length, alphabet and checksum are right.
    /// A parsed key is well formed, not yet known.
    pub fn parse(text: &str) -> Option<Self> {
        OpaqueToken::parse(PREFIX, text).map(Self)
    }

    /// Whether a credential claims to be an API key, so that it is judged as one and as nothing else.
    /// True also of broken ones.
    pub fn looks_like_one(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The whole key, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What to store and to look up.
    pub fn hash(&self) -> TokenHash {
        self.0.hash()
    }

    /// Its first eight characters (`jrv_ab12`), by which its owner knows it again in a list.
    pub fn prefix(&self) -> &str {
        self.expose().get(..SHOWN_CHARS).unwrap_or(PREFIX)
    }
}
