//! HMAC (RFC 2104, FIPS 198-1): with SHA-256 for our own tokens, with SHA-1 for the codes of authenticator programs.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// The MAC of the concatenated `parts`.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length: RFC 2104, section 2")]
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The MAC of `data`. HMAC does not ask for a hash without collisions: SHA-1 is sound here, and what every
/// authenticator program speaks (RFC 6238, section 1.2; RFC 4226, appendix B.2).
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length: RFC 2104, section 2")]
pub(crate) fn hmac_sha1(key: &[u8], data: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any key length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod wycheproof;

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    /// RFC 4231, sections 4.2 to 4.8 (4.6 is about a shortened MAC: its first 16 bytes are given).
    #[test]
    fn it_computes_what_rfc_4231_says() {
        let long_key = "aa".repeat(131);
        let ascii = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
        for (key, data, mac) in [
            (
                "0b".repeat(20),
                ascii("Hi There"),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                ascii("Jefe"),
                ascii("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                "aa".repeat(20),
                "dd".repeat(50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                "0102030405060708090a0b0c0d0e0f10111213141516171819".to_owned(),
                "cd".repeat(50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            ("0c".repeat(20), ascii("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"),
            (
                long_key.clone(),
                ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                long_key,
                ascii(
                    "This is a test using a larger than block-size key and a larger than block-size data. \
                     The key needs to be hashed before being used by the HMAC algorithm.",
                ),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ] {
            let (key, data, mac) = (hex(&key), hex(&data), hex(mac));
            assert_eq!(hmac_sha256(&key, &[&data])[..mac.len()], mac);
            let (start, end) = data.split_at(data.len() / 2);
            assert_eq!(hmac_sha256(&key, &[start, end])[..mac.len()], mac, "parts are only concatenated");
        }
    }
}
