//! Encryption of single values at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, over RFC 8439).
//!
//! A record is `version (1 byte) | key id (8) | nonce (24) | ciphertext | tag (16)`. The nonce is random: with 192 bits
//! no counter has to be kept. What the record is, where it lives and whose it is are authenticated along, so that a
//! record moved to another row, column or user does not open there.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use chacha20poly1305::{
    KeyInit, Tag, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadInOut, Payload},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{mac::hmac_sha256, secret::Secret};

/// Bytes of a key given to [`Sealer::new`].
pub const KEY_BYTES: usize = 32;
/// Bytes that a record has more than its plaintext.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

const KEY_DOMAIN: &[u8] = b"jarvis seal key v1\0";
const KEY_ID_DOMAIN: &[u8] = b"jarvis seal key id v1\0";
const PLACE_DOMAIN: &[u8] = b"jarvis sealed place v1\0";

/// With padding or without.
const FORGIVING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const KEY_TEXTS: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::STANDARD, FORGIVING),
    GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING),
];

/// A key as an operator writes it: [`KEY_BYTES`] in base64 (RFC 4648, section 4 or 5), padded or not.
pub fn key_from_base64(text: &str) -> Option<Secret<[u8; KEY_BYTES]>> {
    let bytes = Zeroizing::new(KEY_TEXTS.iter().find_map(|engine| engine.decode(text).ok())?);
    bytes.as_slice().try_into().ok().map(Secret::new)
}

/// A new random key.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn new_key() -> Result<Secret<[u8; KEY_BYTES]>, getrandom::Error> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut_slice())?;
    Ok(Secret::new(*key))
}

/// The same, as [`key_from_base64`] reads it.
///
/// # Errors
/// As [`new_key`].
pub fn new_key_base64() -> Result<Secret<String>, getrandom::Error> {
    Ok(Secret::new(STANDARD.encode(new_key()?.expose())))
}

/// Where a sealed value lives. It opens there and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's key.
    pub row: &'a [u8],
    /// The user whose value it is; empty for one of the installation.
    pub owner: &'a [u8],
}

impl Place<'_> {
    /// The parts with their lengths before them: `("ab", "c")` and `("a", "bc")` differ.
    /// Written into `text`, over what was there.
    fn authenticate(&self, header: &[u8], text: &mut Vec<u8>) {
        text.clear();
        text.extend(PLACE_DOMAIN);
        for part in [header, self.table.as_bytes(), self.column.as_bytes(), self.row, self.owner] {
            // A usize fits: the targets have at most 64 bits.
            text.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            text.extend(part);
        }
    }
}

/// Why a value was not sealed, or a record not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The operating system has no randomness to give.
    #[error("no randomness from the operating system")]
    Randomness,
    /// The plaintext is longer than the cipher takes: 256 GiB.
    #[error("the value is too long to be sealed")]
    TooLong,
    /// Too short for a record, or of another version.
    #[error("this is no sealed record of a known version")]
    Malformed,
    /// No key of ours has the id that the record names: the key was lost, or rotated out too early.
    #[error("the record was sealed with a key that is not here")]
    UnknownKey,
    /// The tag does not fit: the record was changed, or moved from another place.
    #[error("the sealed record was changed or belongs elsewhere")]
    Forged,
}

/// Seals and opens. The current key seals; all open, so that records outlive a rotation.
#[derive(Debug)]
pub struct Sealer {
    current: Key,
    previous: Vec<Key>,
}

struct Key {
    id: [u8; KEY_ID_BYTES],
    /// Wipes its key when dropped.
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Sealer {
    /// `current` seals, `previous` only open. Ids follow from the keys, so rotating needs no numbering.
    pub fn new(current: &Secret<[u8; KEY_BYTES]>, previous: &[Secret<[u8; KEY_BYTES]>]) -> Self {
        Self { current: Key::new(current), previous: previous.iter().map(Key::new).collect() }
    }

    /// A record of [`OVERHEAD_BYTES`] more than `plaintext`, different each time.
    ///
    /// # Errors
    /// [`SealError::Randomness`], [`SealError::TooLong`].
    pub fn seal(&self, plaintext: &[u8], place: Place<'_>) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Randomness)?;
        let mut record = Vec::with_capacity(plaintext.len().saturating_add(OVERHEAD_BYTES));
        record.push(VERSION);
        record.extend(self.current.id);
        let mut aad = Vec::new();
        place.authenticate(&record, &mut aad);
        let sealed = self.current.encrypt(nonce, plaintext, &aad)?;
        record.extend(nonce);
        record.extend(sealed);
        Ok(record)
    }

    /// What was sealed for this place.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::UnknownKey`], [`SealError::Forged`].
    pub fn open(&self, record: &[u8], place: Place<'_>) -> Result<Secret<Vec<u8>>, SealError> {
        self.open_in_place(record.to_vec(), place, &mut Vec::new()).map(Secret::new)
    }

    /// As [`Sealer::open`], in the record's own memory, for whoever opens many: `room` is used for each of them, whatever is in it.
    /// What it gives is not wiped when dropped.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn open_in_place(
        &self,
        mut record: Vec<u8>,
        place: Place<'_>,
        room: &mut Vec<u8>,
    ) -> Result<Vec<u8>, SealError> {
        let end = record.len().checked_sub(TAG_BYTES).ok_or(SealError::Malformed)?;
        let (header, rest) = record.split_at_mut_checked(HEADER_BYTES).ok_or(SealError::Malformed)?;
        let (_, id, _) = split(header).ok_or(SealError::Malformed)?;
        let (nonce, sealed) = rest.split_first_chunk_mut::<NONCE_BYTES>().ok_or(SealError::Malformed)?;
        let (text, tag) = sealed.split_last_chunk_mut::<TAG_BYTES>().ok_or(SealError::Malformed)?;
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        let key = keys.find(|key| key.id == *id).ok_or(SealError::UnknownKey)?;
        place.authenticate(header, room);
        key.decrypt(*nonce, text, *tag, room)?;
        record.truncate(end);
        record.drain(..HEADER_BYTES + NONCE_BYTES);
        Ok(record)
    }

    /// The first bytes of every record that the current key seals, for finding those of another.
    pub fn current_header(&self) -> Vec<u8> {
        [&[VERSION], self.current.id.as_slice()].concat()
    }

    /// Whether the record names the current key. One that does not is opened and sealed anew when it is next written.
    pub fn is_current(&self, record: &[u8]) -> bool {
        split(record).is_some_and(|(_, id, _)| *id == self.current.id)
    }
}

impl Key {
    /// Two values follow from the given key: the one that encrypts, and the id, which is told to everybody.
    fn new(given: &Secret<[u8; KEY_BYTES]>) -> Self {
        let key = Zeroizing::new(hmac_sha256(given.expose(), &[KEY_DOMAIN]));
        let mut id = [0; KEY_ID_BYTES];
        id.iter_mut().zip(hmac_sha256(given.expose(), &[KEY_ID_DOMAIN])).for_each(|(to, from)| *to = from);
        Self { id, cipher: XChaCha20Poly1305::new((&*key).into()) }
    }

    /// Ciphertext and tag.
    fn encrypt(&self, nonce: [u8; NONCE_BYTES], plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, SealError> {
        let payload = Payload { msg: plaintext, aad };
        self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::TooLong)
    }

    /// Turns ciphertext into plaintext where it lies; left as it is when the tag does not fit.
    fn decrypt(
        &self,
        nonce: [u8; NONCE_BYTES],
        text: &mut [u8],
        tag: [u8; TAG_BYTES],
        aad: &[u8],
    ) -> Result<(), SealError> {
        let (nonce, tag) = (XNonce::from(nonce), Tag::from(tag));
        self.cipher.decrypt_inout_detached(&nonce, aad, text.into(), &tag).map_err(|_| SealError::Forged)
    }
}

/// (header, key id, the rest) of a record of the known version.
fn split(record: &[u8]) -> Option<(&[u8], &[u8; KEY_ID_BYTES], &[u8])> {
    let (header, rest) = record.split_at_checked(HEADER_BYTES)?;
    let (version, id) = header.split_first()?;
    (*version == VERSION).then_some((header, id.try_into().ok()?, rest))
}

#[cfg(test)]
mod wycheproof;
