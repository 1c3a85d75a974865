//! A record that shows when it was changed: a chain of hashes, a Merkle tree over it, and signed checkpoints.
//!
//! Each entry's hash covers the one before ([`link`]), so nothing in the middle can be changed, taken out, put in or moved without every
//! later hash being another. A chain alone does not see that its end is missing, nor that all of it was written anew: that is what a
//! [`Checkpoint`] is for, which was signed and kept elsewhere. It holds the root of the Merkle tree (RFC 6962, section 2.1) over the
//! entries so far, so that one line of a hundred bytes vouches for all of them.
//!
//! What may have to be erased one day is not chained itself but [`cloak`]ed: the chain holds a hash of it with a random salt. Without the
//! salt the hash tells nothing of what it was of, not even to somebody who can guess it.

mod checkpoint;
pub mod hex;
mod merkle;

use sha2::{Digest, Sha256};

pub use checkpoint::{Checkpoint, CheckpointSigner, Statement};
pub use merkle::{Frontier, leaf_hash};

/// A SHA-256 digest (FIPS 180-4).
pub type Hash = [u8; 32];

/// Bytes of the salt of a [`cloak`].
pub const SALT_BYTES: usize = 16;

/// What the first entry follows.
pub const GENESIS: Hash = [0; 32];

const LINK_DOMAIN: &[u8] = b"jarvis ledger link v1\0";
const CLOAK_DOMAIN: &[u8] = b"jarvis ledger cloak v1\0";

/// The hash of an entry that follows the one with the hash `previous`. Each field counts with its length: `["ab", "c"]` is not
/// `["a", "bc"]`, and a field that is empty is not one that is absent.
pub fn link(previous: &Hash, fields: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(LINK_DOMAIN);
    hash.update(previous);
    hash.update(length(fields.len()));
    for field in fields {
        hash.update(length(field.len()));
        hash.update(field);
    }
    hash.finalize().into()
}

/// Stands for `data` in the chain. With the salt anybody can check that it does; once salt and data are gone, nobody can tell what it was.
pub fn cloak(salt: &[u8; SALT_BYTES], data: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(CLOAK_DOMAIN);
    hash.update(salt);
    hash.update(data);
    hash.finalize().into()
}

/// Stands in the chain for an entry that never had data. That of data which were erased looks otherwise, so one cannot be taken for the other.
pub fn cloak_of_nothing() -> Hash {
    cloak(&[0; SALT_BYTES], b"")
}

/// A new random salt.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn new_salt() -> Result<[u8; SALT_BYTES], getrandom::Error> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt)?;
    Ok(salt)
}

fn length(count: usize) -> [u8; 8] {
    u64::try_from(count).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_border_between_fields_and_every_bit_before_counts() {
        let links = [
            link(&GENESIS, &[b"a", b"bc"]),
            link(&GENESIS, &[b"ab", b"c"]),
            link(&GENESIS, &[b"abc"]),
            link(&GENESIS, &[b"abc", b""]),
            link(&GENESIS, &[]),
            link(&GENESIS, &[b""]),
            link(&[1; 32], &[b"abc"]),
        ];
        for (place, one) in links.iter().enumerate() {
            assert!(!links[..place].contains(one), "{place}");
        }
    }

    /// Over the bytes written out here by hand.
    #[test]
    fn a_link_and_a_cloak_are_what_they_say() {
        let mut text = b"jarvis ledger link v1\0".to_vec();
        text.extend([0; 32]);
        text.extend([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, b'o', b'k']);
        assert_eq!(link(&GENESIS, &[b"ok"])[..], Sha256::digest(&text)[..]);
        let mut text = b"jarvis ledger cloak v1\0".to_vec();
        text.extend([7; 16]);
        text.extend(b"ok");
        assert_eq!(cloak(&[7; 16], b"ok")[..], Sha256::digest(&text)[..]);
        assert_ne!(cloak(&[7; 16], b"ok"), cloak(&[8; 16], b"ok"));
    }
}
