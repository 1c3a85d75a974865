//! What was true of the record at some moment, signed: Ed25519 (RFC 8032).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::Hash;
use crate::mac::hmac_sha256;
use crate::seal::KEY_BYTES;
use crate::secret::Secret;

const KEY_DOMAIN: &[u8] = b"jarvis ledger signing key v1\0";
const STATEMENT_DOMAIN: &[u8] = b"jarvis ledger checkpoint v1\0";

/// What a checkpoint says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Entries at that moment.
    pub size: u64,
    /// When it was, in microseconds since the Unix epoch.
    pub at: i64,
    /// The root of the Merkle tree over the entries.
    pub root: Hash,
    /// The hash of the last entry.
    pub head: Hash,
}

impl Statement {
    /// Fixed lengths one after the other: two statements never look the same.
    fn signed(&self) -> Vec<u8> {
        let mut text = STATEMENT_DOMAIN.to_vec();
        text.extend(self.size.to_be_bytes());
        text.extend(self.at.to_be_bytes());
        text.extend(self.root);
        text.extend(self.head);
        text
    }
}

/// A statement with the signature that vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// What it says.
    pub statement: Statement,
    /// The public key that the signature is said to be of.
    pub key: [u8; 32],
    /// Ed25519, over the statement.
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// Whether the signature is that of the key which the checkpoint names. Whether that is one of ours is another question.
    pub fn is_sound(&self) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.key) else { return false };
        // Strict: no keys of small order, and one signature for one statement.
        key.verify_strict(&self.statement.signed(), &Signature::from_bytes(&self.signature)).is_ok()
    }
}

/// Signs checkpoints. Its key follows from the installation's encryption key, so there is none more to keep.
pub struct CheckpointSigner(SigningKey);

impl std::fmt::Debug for CheckpointSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CheckpointSigner(..)")
    }
}

impl CheckpointSigner {
    /// HMAC-SHA256 under a domain of its own: neither key tells anything of the other.
    pub fn new(encryption: &Secret<[u8; KEY_BYTES]>) -> Self {
        Self(SigningKey::from_bytes(&Zeroizing::new(hmac_sha256(encryption.expose(), &[KEY_DOMAIN]))))
    }

    /// By which others check what this one signed. No secret.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Vouches for a statement.
    pub fn sign(&self, statement: Statement) -> Checkpoint {
        let signature = self.0.sign(&statement.signed()).to_bytes();
        Checkpoint { statement, key: self.public_key(), signature }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(key: u8) -> CheckpointSigner {
        CheckpointSigner::new(&Secret::new([key; KEY_BYTES]))
    }

    const STATEMENT: Statement =
        Statement { size: 3, at: 1_795_000_000_000_000, root: [1; 32], head: [2; 32] };

    #[test]
    fn a_change_anywhere_breaks_the_signature() {
        let good = signer(1).sign(STATEMENT);
        assert!(good.is_sound());
        let mut bad = vec![
            Checkpoint { statement: Statement { size: 2, ..STATEMENT }, ..good },
            Checkpoint { statement: Statement { at: STATEMENT.at + 1, ..STATEMENT }, ..good },
            Checkpoint { statement: Statement { root: [3; 32], ..STATEMENT }, ..good },
            Checkpoint { statement: Statement { head: [3; 32], ..STATEMENT }, ..good },
            Checkpoint { statement: Statement { root: [2; 32], head: [1; 32], ..STATEMENT }, ..good },
            Checkpoint { key: signer(2).public_key(), ..good },
            Checkpoint { key: [0; 32], signature: [0; 64], ..good },
        ];
        for bit in 0..512 {
            let mut signature = good.signature;
            signature[bit / 8] ^= 1 << (bit % 8);
            bad.push(Checkpoint { signature, ..good });
        }
        for one in bad {
            assert!(!one.is_sound(), "{one:?}");
        }
    }

    #[test]
    fn a_key_follows_from_its_secret_alone_and_is_not_shown() {
        assert_eq!(signer(1).sign(STATEMENT), signer(1).sign(STATEMENT));
        assert_ne!(signer(1).public_key(), signer(2).public_key());
        assert_eq!(format!("{:?}", signer(1)), "CheckpointSigner(..)");
    }
}
