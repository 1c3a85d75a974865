//! Five bits a letter, for what people read and type.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Crockford's alphabet: no I, L, O, U, so that a code survives being read aloud.
pub(crate) const CROCKFORD: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// RFC 4648, section 6: what authenticator programs read.
pub(crate) const RFC_4648: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const GROUP: usize = 4;
/// More than twice the longest code with its dashes: room for stray spaces, not for a flood.
const MAX_TYPED_BYTES: usize = 64;

/// The first `count` letters of `bytes`, most significant bit first; fewer where the bytes end.
pub(crate) fn letters(bytes: &[u8], alphabet: &[u8; 32], count: usize) -> Zeroizing<Vec<u8>> {
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| usize::from(byte >> shift & 1)));
    let mut letters = Zeroizing::new(Vec::with_capacity(count));
    let mut value = 0;
    for (place, bit) in (1..=count.saturating_mul(5)).zip(bits) {
        value = value << 1 | bit;
        if place % 5 == 0 {
            letters.extend(alphabet.get(value));
            value = 0;
        }
    }
    letters
}

/// `XXXX-XXXX-...`, for the eye.
pub(crate) fn grouped(letters: &[u8]) -> Secret<String> {
    let mut text = String::with_capacity(letters.len() + letters.len() / GROUP);
    for (place, letter) in letters.iter().enumerate() {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        text.push(char::from(*letter));
    }
    Secret::new(text)
}

/// What somebody typed, as letters of Crockford's alphabet: upper case, no spaces, no dashes, O is 0, I and L are 1.
/// None when it is too long for any code; letters that are in no alphabet stay and match nothing.
pub(crate) fn as_typed(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() > MAX_TYPED_BYTES {
        return None;
    }
    let mut typed = Zeroizing::new(Vec::with_capacity(MAX_TYPED_BYTES));
    typed.extend(text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).map(|byte| {
        match byte.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        }
    }));
    Some(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10, without the padding; the last letter of a rest is not ours to write.
    #[test]
    fn it_writes_what_rfc_4648_says() {
        for (bytes, text) in [
            ("", ""),
            ("f", "M"),
            ("fo", "MZX"),
            ("foo", "MZXW"),
            ("foob", "MZXW6Y"),
            ("fooba", "MZXW6YTB"),
            ("fooba".repeat(4).as_str(), &"MZXW6YTB".repeat(4)),
        ] {
            assert_eq!(letters(bytes.as_bytes(), &RFC_4648, 64).as_slice(), text.as_bytes(), "{bytes}");
        }
    }
}
