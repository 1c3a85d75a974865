//! Where the value behind a name begins and ends.

use crate::text::{Text, is_word};

/// How a value is quoted: the mark that opens it and the one that closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quote {
    /// This byte behind so many backslashes: quotes in quotes.
    Byte(u8, usize),
    Mark(&'static str),
}

const MARKS: [(&str, &str); 11] = [
    ("&quot;", "&quot;"),
    ("&#34;", "&#34;"),
    ("&#39;", "&#39;"),
    ("&apos;", "&apos;"),
    ("%22", "%22"),
    ("%27", "%27"),
    ("%60", "%60"),
    ("%2522", "%2522"),
    ("“", "”"),
    ("‘", "’"),
    ("«", "»"),
];
/// `"` as JSON may spell it, behind a backslash.
const ESCAPED: &str = "u0022";
/// More backslashes than this are no nesting.
const DEEPEST: usize = 15;

impl Quote {
    /// The opening quote at `place`, and where it ends.
    pub(crate) fn open(text: &Text<'_>, place: usize) -> Option<(Self, usize)> {
        Self::at(text, place, |(open, close)| (open, close))
    }

    /// The closing quote at `place`, as it is written behind a name, and where it ends.
    pub(crate) fn close(text: &Text<'_>, place: usize) -> Option<(Self, usize)> {
        Self::at(text, place, |(_, close)| (close, close))
    }

    fn at(
        text: &Text<'_>,
        place: usize,
        side: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str),
    ) -> Option<(Self, usize)> {
        if matches!(text.at(place), b'&' | b'%' | 0xc2 | 0xe2) {
            let mut marks = MARKS.into_iter().map(side);
            let (here, close) = marks.find(|(here, _)| text.has_word(place, here.as_bytes()))?;
            return Some((Self::Mark(close), place + here.len()));
        }
        let quote = text.run(place, DEEPEST, |byte| byte == b'\\');
        if quote > place && text.has(quote, ESCAPED.as_bytes()) {
            return Some((Self::Mark(ESCAPED), quote + ESCAPED.len()));
        }
        let byte = text.at(quote);
        matches!(byte, b'"' | b'\'' | b'`').then_some((Self::Byte(byte, quote - place), quote + 1))
    }

    /// Where a value ends that begins at `place` behind this quote, and where its closing quote ends. A value that
    /// nothing closes goes to the end of the text, but for the brackets that close a document.
    pub(crate) fn end(self, text: &Text<'_>, place: usize) -> (usize, usize) {
        let closed = match self {
            Self::Byte(quote, depth) => closing(text, place, quote, depth),
            Self::Mark(close) => {
                (place..text.len()).find(|at| text.has_word(*at, close.as_bytes())).map(|end| {
                    let slashes =
                        if close == ESCAPED { text.run_back(end, place, |byte| byte == b'\\') } else { end };
                    (slashes, end + close.len())
                })
            }
        };
        closed.unwrap_or_else(|| {
            let end = end_of_document(text, place);
            (end, end)
        })
    }
}

/// At depth k, a quote of the value itself has 2k+1 backslashes before it, and each of the value's own backslashes
/// is 2(k+1) of them.
fn closing(text: &Text<'_>, place: usize, quote: u8, depth: usize) -> Option<(usize, usize)> {
    let cycle = 2 * (depth + 1);
    let mut slashes = 0;
    for at in place..text.len() {
        match text.at(at) {
            b'\\' => slashes += 1,
            byte if byte == quote && slashes % cycle <= depth => return Some((at - slashes % cycle, at + 1)),
            _ => slashes = 0,
        }
    }
    None
}

/// The end of the text without the run of brackets and quotes that closes a JSON document.
pub(crate) fn end_of_document(text: &Text<'_>, floor: usize) -> usize {
    let line = text.run_back(text.len(), floor, |byte| matches!(byte, b'\n' | b'\r'));
    let end = text.run_back(line, floor, |byte| matches!(byte, b'"' | b'}' | b']' | b'\\'));
    if matches!(text.before(line), b'}' | b']') { end } else { line }
}

/// Where a value ends that no quote encloses. Whatever can be part of a secret is: a `,`, `&` or `)` ends it only
/// where something follows that cannot.
pub(crate) fn bare_end(text: &Text<'_>, place: usize) -> usize {
    let mut at = place;
    while !text.ends(at) {
        match text.at(at) {
            b'\\' => {
                let quote = text.run(at, DEEPEST + 1, |byte| byte == b'\\');
                if matches!(text.at(quote), b'"' | b'\'' | b'`') && closes(text, quote) {
                    return at;
                }
                // An escaped space is part of a word in a shell.
                at = if quote == at + 1 && text.at(quote) == b' ' { quote } else { quote - 1 };
            }
            b'"' | b'\'' | b'`' if closes(text, at) => return at,
            b'&' if separates(text, at) || text.has_word(at, b"&quot;") || text.has(at, b"&#") => return at,
            b',' | b';' if separates(text, at) => return at,
            b')' | b']' | b'}' | b'>' if ends_group(text, at) => return at,
            b'.' if text.ends(at + 1) => return at,
            b'<' if text.at(at + 1) == b'/' => return at,
            b'%' if ["%26", "%22", "%2522"].iter().any(|end| text.has_word(at, end.as_bytes())) => return at,
            0xc2 if text.has(at, "»".as_bytes()) => return at,
            0xe2 if text.has(at, "”".as_bytes()) => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Whether the quote at `place` can be the closing one of what encloses a bare value.
fn closes(text: &Text<'_>, place: usize) -> bool {
    let next = text.at(place + 1);
    let part = matches!(next, b'!' | b'#' | b'$' | b'@' | b'*' | b'+' | b'=' | b'-');
    text.ends(place + 1) || !(is_word(next) || part)
}

/// Whether a quote at `place`, right behind a name's `:`, is the closing one of what encloses both: there is no value.
pub(crate) fn encloses(text: &Text<'_>, place: usize) -> bool {
    let quote = text.run(place, DEEPEST, |byte| byte == b'\\');
    let next = text.after_gaps(quote + 1, 1);
    match text.at(quote + 1) {
        b',' => Quote::open(text, text.after_gaps(quote + 2, 1)).is_some(),
        b'}' | b']' | b')' => true,
        _ => next >= text.len(),
    }
}

/// Whether another name, a quote or the end follows the separator at `place`.
fn separates(text: &Text<'_>, place: usize) -> bool {
    const LONGEST: usize = 64;
    let escape = if text.has_word(place, b"&amp;") { place + 4 } else { place };
    let next = text.after_gaps(escape + 1, 4);
    let spaced = next > place + 1 || Quote::open(text, next).is_some();
    if text.ends(next) || (text.at(place) != b'&' && spaced) {
        return true;
    }
    let end =
        text.run(next, LONGEST, |byte| is_word(byte) || matches!(byte, b'-' | b'.' | b'[' | b']' | b'%'));
    end > next && matches!(text.at(end), b'=' | b':')
}

/// Whether the closing bracket at `place` is the end of something.
fn ends_group(text: &Text<'_>, place: usize) -> bool {
    let next = text.run(place, 8, |byte| matches!(byte, b')' | b']' | b'}' | b'>'));
    text.ends(next) || matches!(text.at(next), b',' | b';' | b':' | b'.' | b'"' | b'\'' | b'`' | b'\\' | b'<')
}
