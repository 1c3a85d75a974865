//! Opaque tokens: random, checked by looking their hash up, meaningless to whoever reads them.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{base32, mac::hmac_sha256, secret::Secret};

const RANDOM_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const BODY_BYTES: usize = RANDOM_BYTES + CHECKSUM_BYTES;
/// 36 bytes are a multiple of three: no padding and no spare bits, so a token has exactly one spelling.
const BODY_CHARS: usize = BODY_BYTES / 3 * 4;

/// A 256-bit random token for a client to keep: `prefix` + 48 characters of base64url, of which the last bits are a
/// checksum. The checksum protects nothing; it lets scanners and our log redactor tell a token from other text.
#[derive(Clone, Debug)]
pub struct OpaqueToken(Secret<String>);

impl OpaqueToken {
    /// A new token. `prefix` names the kind and is kept verbatim (`"jrt_"`).
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate(prefix: &str) -> Result<Self, getrandom::Error> {
        let mut body = Zeroizing::new([0; BODY_BYTES]);
        let (random, checksum) = body.split_at_mut(RANDOM_BYTES);
        getrandom::fill(random)?;
        checksum.copy_from_slice(&checksum_of(prefix, random));
        let mut text = String::with_capacity(prefix.len() + BODY_CHARS);
        text.push_str(prefix);
        URL_SAFE_NO_PAD.encode_string(body.as_slice(), &mut text);
        Ok(Self(Secret::new(text)))
    }

    /// A token that a client sent; `None` unless prefix, length, alphabet and checksum are right.
    /// Spares the database a look-up of rubbish; a parsed token is well formed, not yet known.
    pub fn parse(prefix: &str, text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(prefix).filter(|encoded| encoded.len() == BODY_CHARS)?;
        let body = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
        let (random, checksum) = body.split_at_checked(RANDOM_BYTES)?;
        (checksum == checksum_of(prefix, random)).then(|| Self(Secret::new(text.to_owned())))
    }

    /// The token as the client keeps it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What to store and to look up. A plain hash is enough: 256 random bits cannot be guessed (ASVS 11.4).
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.expose()).into())
    }
}

fn checksum_of(prefix: &str, random: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new().chain_update(prefix).chain_update(random).finalize();
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    checksum
}

/// SHA-256 of a token or code: all that the database knows of it. Compared in constant time.
#[derive(Clone, Copy, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A stored hash; `None` unless it is 32 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

const CODE_CHARS: usize = 20;
const CODE_DOMAIN: &[u8] = b"jarvis one-time code v1\0";

/// A code of 100 bits, `XXXX-XXXX-XXXX-XXXX-XXXX`, that follows from `key` and `context` alone: it needs no storage,
/// and changing the context (a counter, whether an owner exists) ends it.
pub fn one_time_code(key: &Secret<Vec<u8>>, context: &[u8]) -> Secret<String> {
    base32::grouped(&code_letters(key, context))
}

/// Whether `given` is that code, in constant time; lower case, spaces and dashes are forgiven, and so are
/// O for 0 and I or L for 1, as Crockford's alphabet asks.
pub fn one_time_code_matches(key: &Secret<Vec<u8>>, context: &[u8], given: &str) -> bool {
    let Some(typed) = base32::as_typed(given) else { return false };
    code_letters(key, context).ct_eq(typed.as_slice()).into()
}

fn code_letters(key: &Secret<Vec<u8>>, context: &[u8]) -> Zeroizing<Vec<u8>> {
    let mac = Zeroizing::new(hmac_sha256(key.expose(), &[CODE_DOMAIN, context]));
    base32::letters(mac.as_slice(), &base32::CROCKFORD, CODE_CHARS)
}
