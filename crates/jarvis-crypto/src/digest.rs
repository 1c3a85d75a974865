//! Keyed digests: names for things that are to be recognised and not to be read.

use crate::{mac::hmac_sha256, secret::Secret};

/// HMAC-SHA256 of `parts`, for one `domain`. Without the key nobody can try out which parts gave a digest, so an address or a name can be
/// recognised in the database without standing in it. Each part counts with its length: `["a", "bc"]` is not `["ab", "c"]`.
pub fn keyed_digest(key: &Secret<Vec<u8>>, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let lengths: Vec<[u8; 8]> =
        parts.iter().map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()).collect();
    let mut all: Vec<&[u8]> = vec![b"jarvis digest v1\0", domain.as_bytes(), b"\0"];
    for (length, part) in lengths.iter().zip(parts) {
        all.extend([length.as_slice(), part]);
    }
    hmac_sha256(key.expose(), &all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_domain_and_every_border_between_parts_matter() {
        let key = |text: &str| Secret::new(text.as_bytes().to_vec());
        let digests = [
            keyed_digest(&key("k"), "d", &[b"a", b"bc"]),
            keyed_digest(&key("k"), "d", &[b"ab", b"c"]),
            keyed_digest(&key("k"), "d", &[b"abc"]),
            keyed_digest(&key("k"), "d", &[b"abc", b""]),
            keyed_digest(&key("k"), "e", &[b"abc"]),
            keyed_digest(&key("l"), "d", &[b"abc"]),
        ];
        for (place, digest) in digests.iter().enumerate() {
            assert!(!digests[..place].contains(digest), "{place}");
        }
        assert_eq!(digests[0], keyed_digest(&key("k"), "d", &[b"a", b"bc"]));
    }
}
