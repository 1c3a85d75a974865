//! International bank account numbers (ISO 13616).

use crate::found::Found;
use crate::text::{Text, is_word};

const LONGEST: usize = 34;
/// Countries and the length of their numbers (SWIFT's IBAN registry).
const COUNTRIES: [(&[u8; 2], usize); 60] = [
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BR", 29),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MT", 31),
    (b"MU", 30),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SE", 24),
    (b"SI", 19),
    (b"TR", 26),
];
const MORE: [(&[u8; 2], usize); 6] =
    [(b"SK", 24), (b"SM", 27), (b"TN", 24), (b"UA", 29), (b"VA", 22), (b"XK", 20)];

/// The number around the digits at `place`: they are behind the country, or behind the letters of the bank.
pub(crate) fn iban(text: &Text<'_>, floor: usize, place: usize) -> Option<Found> {
    /// Country, check digits, and at most four letters and spaces between.
    const BEFORE: usize = 12;
    let low = floor.max(place.saturating_sub(BEFORE));
    let country = |start: &usize| {
        text.at(*start).is_ascii_alphabetic()
            && text.at(start + 1).is_ascii_alphabetic()
            && text.at(start + 2).is_ascii_digit()
            && text.at(start + 3).is_ascii_digit()
            && text.starts_word(*start)
    };
    (low..place).rev().filter(country).find_map(|start| from(text, start))
}

fn from(text: &Text<'_>, start: usize) -> Option<Found> {
    let country = [text.at(start).to_ascii_uppercase(), text.at(start + 1).to_ascii_uppercase()];
    let length =
        COUNTRIES.iter().chain(&MORE).find(|(code, _)| **code == country).map(|(_, length)| *length)?;
    let mut letters = [0_u8; LONGEST];
    let mut at = start;
    for letter in letters.iter_mut().take(length) {
        at += match text.at(at) {
            b' ' | b'-' | b'.' => 1,
            _ => text.gap(at),
        };
        *letter = text.at(at).to_ascii_uppercase();
        if !letter.is_ascii_alphanumeric() {
            return None;
        }
        at += 1;
    }
    let letters = letters.get(..length)?;
    let (head, body) = letters.split_at(4);
    let value = |byte: &u8| match byte {
        b'0'..=b'9' => (10, u32::from(byte - b'0')),
        byte => (100, u32::from(byte - b'A') + 10),
    };
    let rest = body.iter().chain(head).map(value).fold(0, |rest, (shift, value)| (rest * shift + value) % 97);
    (rest == 1 && !is_word(text.at(at))).then(|| Found::stars(start, at))
}
