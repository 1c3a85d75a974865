//! Runs of digits: cards, telephone numbers, French social security numbers, IPv4 addresses, and IBAN, which are
//! mostly digits.

use crate::found::{Found, Mask};
use crate::iban::iban;
use crate::screen::is_part;
use crate::text::{Text, digit, is_word};

/// What can stand between the digits of one number.
fn separator(text: &Text<'_>, place: usize) -> usize {
    match text.at(place) {
        b' ' | b'-' | b'.' => 1,
        0xc2 | 0xe2 | b'\\' => text.gap(place),
        _ => 0,
    }
}

/// A run of what numbers are made of.
pub(crate) struct Run {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Digits as a telephone number has them, the shortest of what is looked for but for addresses.
    long: bool,
    /// Dots as an address has them.
    dotted: bool,
}

impl Run {
    /// The run around `place`; it does not begin before `floor`.
    pub(crate) fn around(text: &Text<'_>, place: usize, floor: usize) -> Self {
        const FEWEST: usize = 9;
        const SPACES: [&str; 2] = ["\\u{a0}", "\\u{202f}"];
        let part = |byte: u8| is_part(byte) || matches!(byte, 0xc2 | 0xa0 | 0xe2 | 0x80 | 0xaf);
        let mut start = text.run_back(place, floor, part);
        while let Some(space) = SPACES.iter().find(|space| text.ends_word(start, space.as_bytes())) {
            if start - space.len() < floor {
                break;
            }
            start = text.run_back(start - space.len(), floor, part);
        }
        let (mut end, mut digits, mut dots) = (start, 0, 0);
        loop {
            for byte in text.rest(end).iter().take_while(|byte| part(**byte)) {
                digits += usize::from(byte.is_ascii_digit());
                dots += usize::from(*byte == b'.');
                end += 1;
            }
            // Spaces as Rust prints them.
            match text.gap(end) {
                space @ 6.. => end += space,
                _ => break,
            }
        }
        text.count(end - start);
        // A Corsican number has a letter after its sixth digit.
        let corsican = digits == 6 && matches!(text.at(end), b'A' | b'B' | b'a' | b'b');
        Self { start, end, long: digits >= FEWEST || corsican, dotted: dots >= 3 }
    }

    /// The first number of this run that is somebody's, from `from` on. An IBAN begins before its run, but not before
    /// `floor`. Most runs are times, and have none without a closer look.
    pub(crate) fn number(&self, text: &Text<'_>, floor: usize, from: usize) -> Option<Found> {
        if !self.long && !self.dotted {
            return None;
        }
        let mut at = from;
        while at < self.end {
            let byte = text.at(at);
            let found = match byte {
                b'0'..=b'9' | b'+' if self.long => any(text, at, floor),
                b'0'..=b'9' => ipv4(text, at),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            at = text.run(at, usize::MAX, |byte| byte.is_ascii_digit()).max(at + 1);
        }
        None
    }
}

fn any(text: &Text<'_>, at: usize, floor: usize) -> Option<Found> {
    iban(text, floor, at)
        .or_else(|| ipv4(text, at))
        .or_else(|| social(text, at))
        .or_else(|| card(text, at))
        .or_else(|| phone(text, at, floor))
}

/// Whether a number that begins at `place` is one of its own: neither the rest of a word, an id or a decimal.
fn begins(text: &Text<'_>, place: usize) -> bool {
    let before = text.at(place.wrapping_sub(2));
    let joined = match text.before(place) {
        b'-' => before.is_ascii_alphanumeric(),
        b'.' => before.is_ascii_digit(),
        _ => false,
    };
    text.starts_word(place) && !joined
}

fn finishes(text: &Text<'_>, place: usize) -> bool {
    let joined = match text.at(place) {
        b'-' => text.at(place + 1).is_ascii_alphanumeric(),
        b'.' => text.at(place + 1).is_ascii_digit(),
        next => next.is_ascii_alphanumeric() || next == b'_',
    };
    !joined
}

/// 13 to 19 digits with a check digit (ISO/IEC 7812-1) under a number that an issuer has, in groups of any one size,
/// or of three and more.
fn card(text: &Text<'_>, start: usize) -> Option<Found> {
    const MOST: usize = 19;
    if !matches!(text.at(start), b'2'..=b'6') || !begins(text, start) {
        return None;
    }
    let mut digits = [0_u32; MOST];
    let mut count = 0;
    let mut best = None;
    let (mut at, mut first, mut even, mut small) = (start, 0, true, false);
    loop {
        let group = text.run(at, MOST + 1, |byte| byte.is_ascii_digit());
        let size = group - at;
        for place in at..group {
            *digits.get_mut(count)? = digit(text.at(place));
            count += 1;
            if count == MOST {
                break;
            }
        }
        first = if first == 0 { size } else { first };
        small |= size < 3;
        let last_fits = even && size <= first;
        even &= size == first;
        let fits = (last_fits || !small) && (13..=MOST).contains(&count) && finishes(text, group);
        if fits && digits.get(..count).is_some_and(|digits| issued(digits) && luhn(digits)) {
            best = Some(group);
        }
        let mut gap = group + separator(text, group);
        if gap > group && text.at(gap) == b' ' {
            gap += 1;
        }
        if gap == group || !text.at(gap).is_ascii_digit() || count >= MOST {
            break;
        }
        at = gap;
    }
    best.map(|end| Found::number(text, start, end))
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |(place, digit): (usize, &u32)| match (place % 2, digit) {
        (0, digit) => *digit,
        (_, 5..) => digit * 2 - 9,
        (_, digit) => digit * 2,
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro.
fn issued(digits: &[u32]) -> bool {
    let four = digits.iter().take(4).fold(0, |number, digit| number * 10 + digit);
    match four {
        4000..=4999 => matches!(digits.len(), 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => digits.len() == 16,
        3400..=3499 | 3700..=3799 => digits.len() == 15,
        3000..=3059 | 3600..=3699 | 3800..=3999 => (14..=19).contains(&digits.len()),
        3528..=3589 | 6011 | 6440..=6599 | 6200..=6299 => (16..=19).contains(&digits.len()),
        5000..=5099 | 5600..=5899 | 6000..=6999 => true,
        _ => false,
    }
}

/// NIR: sex, year, month, department (2A and 2B too), commune, order, and a key modulo 97.
fn social(text: &Text<'_>, start: usize) -> Option<Found> {
    const LETTERS: usize = 15;
    if !matches!(text.at(start), b'1'..=b'4' | b'7' | b'8') || !begins(text, start) {
        return None;
    }
    let mut letters = [0_u8; LETTERS];
    let mut at = start;
    for (count, letter) in letters.iter_mut().enumerate() {
        if count > 0 {
            at += separator(text, at);
        }
        *letter = text.at(at).to_ascii_uppercase();
        let corsican = count == 6 && matches!(letter, b'A' | b'B');
        if !letter.is_ascii_digit() && !corsican {
            return None;
        }
        at += 1;
    }
    let (offset, letters) = match letters.get(6) {
        Some(b'A') => (1_000_000, letters.map(|letter| if letter == b'A' { b'0' } else { letter })),
        Some(b'B') => (2_000_000, letters.map(|letter| if letter == b'B' { b'0' } else { letter })),
        _ => (0, letters),
    };
    let value =
        |digits: &[u8]| digits.iter().fold(0_u64, |number, byte| number * 10 + u64::from(digit(*byte)));
    let (number, key) = letters.split_at(13);
    let month = value(number.get(3..5)?);
    let fits =
        matches!(month, 1..=12 | 20..=42 | 50..=99) && value(key) == 97 - (value(number) - offset) % 97;
    (fits && finishes(text, at)).then(|| Found::number(text, start, at))
}

/// Four numbers up to 255: the last two are masked. Not the loopback network, `0.0.0.0` and the broadcast address, and
/// not what is called a version: `v1.2.3.4`, `version 1.2.3.4`, `Chrome/120.0.0.0`, `lib-1.2.3.4`, `1.2.3.4-beta`.
fn ipv4(text: &Text<'_>, start: usize) -> Option<Found> {
    if !text.starts_word(start) || version(text, start) {
        return None;
    }
    let mut at = start;
    let mut parts = [0_u32; 4];
    let mut ends = [0; 4];
    for (count, (part, part_end)) in parts.iter_mut().zip(&mut ends).enumerate() {
        if count > 0 {
            if text.at(at) != b'.' {
                return None;
            }
            at += 1;
        }
        let end = text.run(at, 4, |byte| byte.is_ascii_digit());
        *part = (at..end).fold(0, |number, place| number * 10 + digit(text.at(place)));
        if end == at || *part > 255 || (end - at > 1 && text.at(at) == b'0') {
            return None;
        }
        at = end;
        *part_end = end;
    }
    let next = text.at(at);
    let more = next == b'.' && text.at(at + 1).is_ascii_alphanumeric();
    let suffix = next == b'-' && text.at(at + 1).is_ascii_alphabetic();
    let [first, _, _, last] = parts;
    let nobody = first == 127 || parts == [0; 4] || parts == [255; 4];
    if more || suffix || nobody || (is_word(next) && next < 0x80 && last < 256) {
        return None;
    }
    let [_, second, ..] = ends;
    Some(Found { start: second + 1, end: at, mask: Mask::Octets })
}

fn version(text: &Text<'_>, start: usize) -> bool {
    const WORDS: [&str; 9] = [
        "version",
        "version=",
        "version:",
        "version\":\"",
        "version=\"",
        "version: ",
        "ver",
        "release",
        "rev",
    ];
    let before = text.before(start);
    let word = text.at(start.wrapping_sub(2)).is_ascii_alphanumeric();
    let named = text.run_back(start, start.saturating_sub(2), |byte| matches!(byte, b' ' | b'v'));
    matches!(before, b'/' | b'-' | b'_' if word)
        || before == b'.' && word
        || WORDS.iter().any(|word| text.ends_word(named, word.as_bytes()))
}

/// French numbers, international ones behind `+` or `00`, and North American ones with their separators.
fn phone(text: &Text<'_>, start: usize, floor: usize) -> Option<Found> {
    let national = text.at(start) == b'0' && matches!(text.at(start + 1), b'1'..=b'9');
    let plus = text.at(start) == b'+';
    let exit = text.has(start, b"00") && matches!(text.at(start + 2), b'1'..=b'9');
    if !begins(text, start) || (text.at(start) == b'+' && text.before(start) == b'+') {
        return None;
    }
    // `(+33)`, `(0)6`, `(415)`: the bracket is part of the number.
    let bracket = text.before(start) == b'(' && start > floor;
    let mut sizes = [0_usize; 8];
    let (mut at, mut count, mut groups) = (start + usize::from(plus), 0, 0);
    let mut end = at;
    while let Some(size) = sizes.get_mut(groups) {
        let group = text.run(at, 16, |byte| byte.is_ascii_digit());
        *size = group - at;
        if *size == 0 {
            break;
        }
        // The zero of `+33 (0)6` is not dialled.
        count += *size;
        groups += 1;
        end = group;
        if count >= 15 || (national && count == 10) {
            break;
        }
        at = between(text, group);
        if at == group {
            break;
        }
    }
    let sizes = sizes.get(..groups).unwrap_or_default();
    let french = national
        && count == 10
        && matches!(sizes, [10] | [2, 2, 2, 2, 2] | [4, 2, 2, 2] | [4, 3, 3] | [4, 6] | [2, 8] | [2, 4, 4]);
    let foreign = plus && (9..=15).contains(&count) && text.at(start + 1) != b'0';
    let known = ["0033", "0044", "0049", "0032", "0041", "0034", "0039", "00352", "001"];
    let called =
        exit && (11..=15).contains(&count) && known.iter().any(|code| starts_with(text, start, code));
    let american = matches!(sizes, [3, 3, 4, ..] | [1, 3, 3, 4, ..])
        && matches!(text.at(start), b'1'..=b'9')
        && american(text, start, sizes);
    let end =
        if american { end_of(text, start, if sizes.first() == Some(&1) { 11 } else { 10 }) } else { end };
    (french || foreign || called || american).then_some(())?;
    (finishes(text, end) && !(american && !french && text.at(end).is_ascii_digit()))
        .then(|| Found::number(text, if bracket { start - 1 } else { start }, end))
}

/// Past what can stand between two groups of a telephone number.
fn between(text: &Text<'_>, place: usize) -> usize {
    let mut at = place;
    for _ in 0..3 {
        at += match text.at(at) {
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' => 1,
            _ => text.gap(at),
        };
    }
    if text.at(at).is_ascii_digit() { at } else { place }
}

fn starts_with(text: &Text<'_>, start: usize, digits: &str) -> bool {
    let mut at = start;
    digits.bytes().all(|digit| {
        at = between(text, at);
        at += 1;
        text.at(at - 1) == digit
    })
}

/// `(415) 555-2671`, `415-555-2671`, `1-415-555-2671`: with dashes, dots or brackets, since three groups with spaces are
/// just numbers.
fn american(text: &Text<'_>, start: usize, sizes: &[usize]) -> bool {
    let exchange = |place: usize| matches!(text.at(place), b'2'..=b'9');
    let area = if sizes.first() == Some(&1) { between(text, start + 1) } else { start };
    let (one, two) = (text.at(area + 3), text.at(between(text, area + 3) + 3));
    let joined =
        matches!((one, two), (b'-', b'-') | (b'.', b'.')) || (text.before(area) == b'(' && one == b')');
    joined && exchange(area) && exchange(between(text, area + 3))
}

fn end_of(text: &Text<'_>, start: usize, digits: usize) -> usize {
    let mut at = start;
    for count in 0..digits {
        at = if count == 0 { at } else { between(text, at) } + 1;
    }
    at
}
