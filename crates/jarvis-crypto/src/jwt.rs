//! The access token: a JWT (RFC 7519) signed with HS256 (RFC 7515, RFC 7518), under the advice of RFC 8725.
//!
//! Jarvis is the only issuer and the only reader, and that makes the check simple: a token is accepted only if it is
//! byte for byte what [`Keyring::sign`] would write. The header is compared with the few headers that our keys have,
//! never parsed, so `alg`, `typ`, `kid`, extra members and duplicates cannot be played with; the claims are parsed
//! only under a valid signature.
//!
//! Written over `hmac` and `subtle` instead of a JWT library: with one algorithm and one header there is nothing left
//! for a library to decide, while a general one reads the header before it trusts it, accepts members that we refuse
//! and checks only the claims that are present. The cryptography itself stays the libraries'.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use uuid::Uuid;

use crate::{mac::hmac_sha256, secret::Secret, shield::Shielded};

/// Longest token looked at. Ours have about 500 bytes.
pub const MAX_TOKEN_BYTES: usize = 4096;
/// Shortest key: the length of the hash (RFC 7518, section 3.2).
pub const MIN_KEY_BYTES: usize = 32;
/// How far, in seconds, the clocks of two processes that share a key may differ.
pub const LEEWAY_SECONDS: i64 = 5;

#[cfg(test)]
mod wycheproof;

const KID_DOMAIN: &[u8] = b"jarvis jwt key id v1\0";
const KID_BYTES: usize = 8;

/// What a token is for (the `typ` claim). An unknown kind is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Calls the API for one session.
    Access,
}

/// What an access token says. All claims are required, no other is accepted.
/// The token says who; the stored session says whether: `role` here is a hint, never the authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The session, which must still be alive.
    pub sid: Uuid,
    /// The role at the time of signing.
    pub role: String,
    /// The kind of token.
    pub typ: TokenKind,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Not valid before, Unix seconds.
    pub nbf: i64,
    /// Not valid at and after, Unix seconds.
    pub exp: i64,
    /// Who issued it: this installation.
    pub iss: String,
    /// For whom: this API.
    pub aud: String,
    /// The token's own id.
    pub jti: Uuid,
}

/// Why a keyring was not made, or a token not signed or not accepted. For tests and counters: a client learns only
/// that it is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwtError {
    /// A key is shorter than [`MIN_KEY_BYTES`].
    #[error("a signing key must have at least {MIN_KEY_BYTES} bytes")]
    KeyTooShort,
    /// The claims could not be written, or would make a token longer than [`MAX_TOKEN_BYTES`].
    #[error("the claims cannot be written as a token")]
    Unwritable,
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts, or a part is not canonical base64url.
    #[error("the token is malformed")]
    Malformed,
    /// The header is not one of ours: another algorithm, type or key, or anything more.
    #[error("the token's header is not one of ours")]
    Header,
    /// The signature does not fit.
    #[error("the token's signature does not fit")]
    Signature,
    /// Rightly signed, but a claim is missing, unknown, of the wrong type or not in its one spelling.
    #[error("the token's claims are not as they must be")]
    Claims,
    /// `iss` is someone else.
    #[error("the token is from another issuer")]
    Issuer,
    /// `aud` is someone else.
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet")]
    NotYetValid,
}

/// The keys that sign and verify. The first signs; all verify, so that tokens outlive a rotation.
#[derive(Debug)]
pub struct Keyring {
    current: Key,
    previous: Vec<Key>,
    issuer: String,
    audience: String,
}

#[derive(Debug)]
struct Key {
    secret: Shielded<Vec<u8>>,
    /// The only header that this key's tokens have, encoded.
    header: String,
}

impl Keyring {
    /// `current` signs, `previous` only verify. A key's id is derived from the key, so rotating needs no numbering.
    ///
    /// # Errors
    /// [`JwtError::KeyTooShort`].
    pub fn new(
        current: Secret<Vec<u8>>,
        previous: Vec<Secret<Vec<u8>>>,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, JwtError> {
        Ok(Self {
            current: Key::new(current)?,
            previous: previous.into_iter().map(Key::new).collect::<Result<_, _>>()?,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        })
    }

    /// The `iss` that [`Keyring::verify`] asks for.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `aud` that [`Keyring::verify`] asks for.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The compact form (RFC 7515, section 7.1) under the current key.
    ///
    /// # Errors
    /// [`JwtError::Unwritable`].
    pub fn sign(&self, claims: &Claims) -> Result<String, JwtError> {
        let payload = serde_json::to_vec(claims).map_err(|_| JwtError::Unwritable)?;
        let mut token = format!("{}.{}", self.current.header, URL_SAFE_NO_PAD.encode(payload));
        let signature = self.current.mac(&token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        if token.len() > MAX_TOKEN_BYTES { Err(JwtError::Unwritable) } else { Ok(token) }
    }

    /// The claims of a token that this keyring signed and that is valid at `now` (Unix seconds).
    /// Whether the session is alive is the caller's next question.
    ///
    /// # Errors
    /// Why the token was refused; the first reason found.
    pub fn verify(&self, token: &str, now: i64) -> Result<Claims, JwtError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwtError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let payload = decode(payload)?;
        let signature = decode(signature)?;

        let keys = std::iter::once(&self.current).chain(&self.previous);
        let key = keys.into_iter().find(|key| key.header == header).ok_or(JwtError::Header)?;
        if !bool::from(key.mac(signed).ct_eq(&signature)) {
            return Err(JwtError::Signature);
        }

        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| JwtError::Claims)?;
        // An array for the object, white space, an escape or another spelling of an id: not written by us.
        if serde_json::to_vec(&claims).map_err(|_| JwtError::Claims)? != payload {
            return Err(JwtError::Claims);
        }
        self.check(&claims, now)?;
        Ok(claims)
    }

    fn check(&self, claims: &Claims, now: i64) -> Result<(), JwtError> {
        if claims.iss != self.issuer {
            return Err(JwtError::Issuer);
        }
        if claims.aud != self.audience {
            return Err(JwtError::Audience);
        }
        if now.saturating_sub(LEEWAY_SECONDS) >= claims.exp {
            return Err(JwtError::Expired);
        }
        if claims.nbf.max(claims.iat) > now.saturating_add(LEEWAY_SECONDS) {
            return Err(JwtError::NotYetValid);
        }
        Ok(())
    }
}

impl Key {
    fn new(secret: Secret<Vec<u8>>) -> Result<Self, JwtError> {
        if secret.expose().len() < MIN_KEY_BYTES {
            return Err(JwtError::KeyTooShort);
        }
        let digest = Sha256::new().chain_update(KID_DOMAIN).chain_update(secret.expose()).finalize();
        let kid: String = digest.iter().take(KID_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#));
        Ok(Self { secret: Shielded::new(&secret), header })
    }

    fn mac(&self, signed: &str) -> [u8; 32] {
        hmac_sha256(self.secret.open().expose(), &[signed.as_bytes()])
    }
}

/// Base64url without padding, non-zero spare bits refused: a part has exactly one spelling.
fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)
}
