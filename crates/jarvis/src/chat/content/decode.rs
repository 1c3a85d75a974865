//! Takes one layer of disguise off: character references (HTML, 13.2.5.72), percent-encoding (RFC 3986, 2.1), backslash escapes.

use super::glyphs::{Glyph, Text};

/// Digits of a character reference that are read; more are no character.
const MAX_DIGITS: usize = 12;

/// References to ASCII and to what nobody sees; the rest of the 2,231 names disguise nothing.
const NAMED: [(&str, char); 57] = [
    ("lt", '<'),
    ("gt", '>'),
    ("amp", '&'),
    ("quot", '"'),
    ("apos", '\''),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("nbsp", ' '),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("midast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("Hat", '^'),
    ("lowbar", '_'),
    ("UnderBar", '_'),
    ("grave", '`'),
    ("DiacriticalGrave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("verbar", '|'),
    ("vert", '|'),
    ("VerticalLine", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("shy", '\u{AD}'),
    ("zwj", '\u{200D}'),
    ("zwnj", '\u{200C}'),
    ("lrm", '\u{200E}'),
    ("rlm", '\u{200F}'),
    ("NoBreak", '\u{2060}'),
    ("ZeroWidthSpace", '\u{200B}'),
    ("NegativeThinSpace", '\u{200B}'),
    ("NegativeMediumSpace", '\u{200B}'),
    ("NegativeThickSpace", '\u{200B}'),
    ("NegativeVeryThinSpace", '\u{200B}'),
    ("ApplyFunction", '\u{2061}'),
    ("InvisibleTimes", '\u{2062}'),
    ("InvisibleComma", '\u{2063}'),
    ("fflig", 'f'),
];
/// Those that HTML also reads without a semicolon.
const BARE: [&str; 6] = ["lt", "gt", "amp", "quot", "nbsp", "shy"];

/// The next layer, or None when there is nothing to decode.
pub(super) fn once(text: &Text) -> Option<Text> {
    let mut out = Vec::with_capacity(text.len());
    let mut changed = false;
    let mut index = 0;
    while index < text.len() {
        let decoded = match text.ch(index) {
            '&' if text.ch(index + 1) == '#' => numeric(text, index),
            '&' => named(text, index),
            '%' => percent(text, index),
            '\\' => escape(text, index),
            _ => None,
        };
        let (ch, next) = decoded.unwrap_or_else(|| (text.ch(index), index + 1));
        changed |= decoded.is_some();
        out.push(Glyph { ch, at: text.place(index) });
        index = next;
    }
    changed.then(|| Text::new(out))
}

/// `&#106;`, `&#x6a`: any leading zeros, the semicolon is not needed.
fn numeric(text: &Text, index: usize) -> Option<(char, usize)> {
    let hex = matches!(text.ch(index + 2), 'x' | 'X');
    let first = index + if hex { 3 } else { 2 };
    let mut next = first;
    while text.ch(next) == '0' {
        next += 1;
    }
    let (value, end) = number(text, next, if hex { 16 } else { 10 }, MAX_DIGITS);
    if end == first {
        return None;
    }
    let ch = char::from_u32(value).filter(|c| *c != '\0').unwrap_or('\u{FFFD}');
    Some((ch, if text.ch(end) == ';' { end + 1 } else { end }))
}

/// `&lt;`, `&colon;`, in either case.
fn named(text: &Text, index: usize) -> Option<(char, usize)> {
    let is = |name: &str| text.has(index + 1, name);
    if !text.ch(index + 1).is_ascii_alphabetic() {
        return None;
    }
    let (name, ch) = NAMED
        .iter()
        .find(|(name, _)| is(name) && text.ch(index + 1 + name.len()) == ';')
        .or_else(|| NAMED.iter().find(|(name, _)| BARE.contains(name) && is(name)))?;
    let end = index + 1 + name.len();
    Some((*ch, if text.ch(end) == ';' { end + 1 } else { end }))
}

/// `%3c`, a character of several bytes, a byte too long for its character (`%c0%bc`), and `%u003c`.
fn percent(text: &Text, index: usize) -> Option<(char, usize)> {
    if matches!(text.ch(index + 1), 'u' | 'U') {
        return fixed(text, index + 2, 4);
    }
    let (first, mut next) = byte(text, index)?;
    let (length, head) = match first {
        0..=0x7F => return Some((char::from_u32(first).filter(|c| *c != '\0').unwrap_or('\u{FFFD}'), next)),
        0xC0..=0xDF => (1, first & 0x1F),
        0xE0..=0xEF => (2, first & 0x0F),
        0xF0..=0xF7 => (3, first & 0x07),
        _ => return Some(('\u{FFFD}', next)),
    };
    let mut value = head;
    for _ in 0..length {
        match byte(text, next) {
            Some((more @ 0x80..=0xBF, end)) => (value, next) = (value << 6 | more & 0x3F, end),
            _ => return Some(('\u{FFFD}', next)),
        }
    }
    Some((char::from_u32(value).unwrap_or('\u{FFFD}'), next))
}

fn byte(text: &Text, index: usize) -> Option<(u32, usize)> {
    if text.ch(index) != '%' {
        return None;
    }
    let (value, end) = number(text, index + 1, 16, 2);
    (end == index + 3).then_some((value, end))
}

/// `\x3c`, `\u003c`, `\u{3c}`, and a backslash before punctuation, which Markdown drops.
fn escape(text: &Text, index: usize) -> Option<(char, usize)> {
    match text.ch(index + 1) {
        'x' | 'X' => fixed(text, index + 2, 2),
        'u' | 'U' if text.ch(index + 2) == '{' => {
            let (value, end) = number(text, index + 3, 16, 6);
            let ch = char::from_u32(value).filter(|c| *c != '\0')?;
            (text.ch(end) == '}').then_some((ch, end + 1))
        }
        'u' | 'U' => fixed(text, index + 2, 4),
        // What begins a disguise of its own is read as that.
        c if c.is_ascii_punctuation() && !matches!(c, '&' | '%' | '\\') => Some((c, index + 2)),
        _ => None,
    }
}

/// Exactly so many hexadecimal digits.
fn fixed(text: &Text, index: usize, digits: usize) -> Option<(char, usize)> {
    let (value, end) = number(text, index, 16, digits);
    let ch = char::from_u32(value).filter(|c| *c != '\0')?;
    (end == index + digits).then_some((ch, end))
}

/// The number at `index`, and where it ends. One that is too large is no character.
fn number(text: &Text, index: usize, radix: u32, most: usize) -> (u32, usize) {
    let mut value: u32 = 0;
    let mut end = index;
    while end < index + most
        && let Some(digit) = text.ch(end).to_digit(radix)
    {
        value = value.saturating_mul(radix).saturating_add(digit);
        end += 1;
    }
    (value, end)
}
