//! What links a name to its value: a sign, a space, a pair of quotes.

use crate::name::Name;
use crate::names::LONGEST;
use crate::text::{Text, is_word};
use crate::value::Quote;

/// How the value follows the name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// `=` or `:`, perhaps encoded.
    Sign,
    /// `: `, where prose may follow.
    Colon,
    /// A space: `--password x`.
    Space,
    /// "the password is x".
    Prose,
    /// `<password>x</password>`.
    Element,
    /// `("password", "x")`, `name="password" value="x"`.
    Pair,
}

pub(crate) struct Linked {
    /// The double quote that closes the name in a JSON document.
    pub(crate) quote: Option<(usize, usize)>,
    pub(crate) link: Link,
    /// Where the value begins.
    pub(crate) value: usize,
}

impl Name {
    /// What links this name to its value.
    pub(crate) fn link(&self, text: &Text<'_>) -> Option<Linked> {
        let flag = text.at(self.start) == b'-';
        let mut at = self.end;
        if text.at(at) == b']' {
            at += 1;
        }
        let quote = Quote::close(text, at).map(|(_, end)| (at, end));
        if let Some((_, end)) = quote {
            at = end;
        }
        if text.at(at) == b']' {
            at += 1;
        }
        let next = text.after_gaps(at, 4);
        let sign = sign(text, next);
        let json = quote.filter(|_| text.at(next) == b':');
        if let Some(after) = sign {
            let module = text.at(next) == b':'
                && (text.at(after) == b':' || matches!(text.before(self.start), b':' | b'/'));
            let module = module && (text.at(after) == b':' || text.ends(after)) && quote.is_none();
            if module && !(text.before(self.start) == b':' && text.at(self.start.wrapping_sub(2)) != b':') {
                return None;
            }
            let value = text.after_gaps(after, 8);
            let prose = quote.is_none() && value > after && text.at(next) == b':';
            return Some(Linked { quote: json, link: if prose { Link::Colon } else { Link::Sign }, value });
        }
        if text.at(next) == b'>' && text.before(self.start) == b'<' {
            return Some(Linked { quote: None, link: Link::Element, value: next + 1 });
        }
        if let Some((_, end)) = quote {
            return self.pair(text, end, next, flag).map(|value| Linked {
                quote: None,
                link: Link::Pair,
                value,
            });
        }
        if next == at {
            return None;
        }
        if flag && text.at(next) != b'-' {
            return Some(Linked { quote: None, link: Link::Space, value: next });
        }
        let verb =
            ["is ", "est ", "was ", "are "].iter().find(|verb| text.has_word(next, verb.as_bytes()))?;
        Some(Linked { quote: None, link: Link::Prose, value: text.after_gaps(next + verb.len(), 4) })
    }

    /// `"--password", "x"`, `("password", "x")`, `["password","x"]`, `name="password" value="x"`, and the parts of a form.
    fn pair(&self, text: &Text<'_>, quote: usize, next: usize, flag: bool) -> Option<usize> {
        let (lines, value) = past_line_ends(text, quote);
        if lines >= 2 {
            return Some(value);
        }
        let comma = text.at(next) == b',';
        let after = text.after_gaps(if comma { next + 1 } else { next }, 4);
        let mark = |byte: u8| matches!(byte, b'\\' | b'"' | b'\'');
        let named = text.run(after, 15, mark);
        if text.has_word(named, b"value") {
            let sign = text.run(named + 5, 15, mark);
            return matches!(text.at(sign), b':' | b'=').then(|| text.after_gaps(sign + 1, 4));
        }
        let after = if text.at(after) == b'b' { after + 1 } else { after };
        let (opened, inside) = comma.then(|| Quote::open(text, after)).flatten()?;
        let opening = text.run_back(self.start, self.start.saturating_sub(16), |byte| {
            matches!(byte, b'"' | b'\'' | b'\\' | b'b')
        });
        if flag || text.before(opening) == b'(' {
            return Some(after);
        }
        // A list of two: longer ones are lists of names.
        let end = text.run(inside, 4 * LONGEST, |byte| !matches!(byte, b'"' | b'\''));
        let past = opened.end(text, end).1;
        (text.before(opening) == b'[' && text.at(past) == b']').then_some(after)
    }
}

/// How many line ends are at `place`, also as escapes, and where they end.
fn past_line_ends(text: &Text<'_>, place: usize) -> (usize, usize) {
    let (mut lines, mut at) = (0, place);
    for _ in 0..4 {
        let letter = text.run(at, 15, |byte| byte == b'\\');
        match text.at(letter) {
            b'\n' => lines += 1,
            b'n' if letter > at => lines += 1,
            b'\r' => {}
            b'r' if letter > at => {}
            _ => break,
        }
        at = letter + 1;
    }
    (lines, at)
}

/// `=`, `:`, `=>`, `:=`, `==`, also URL-encoded (once or twice), JSON-escaped or full-width; past it.
fn sign(text: &Text<'_>, place: usize) -> Option<usize> {
    const ENCODED: [&str; 9] = ["%3d", "%3a", "%253d", "%253a", "u003d", "u003a", "：", "＝", "&#61;"];
    match text.at(place) {
        b'=' => Some(place + if matches!(text.at(place + 1), b'>' | b'=') { 2 } else { 1 }),
        b':' => Some(place + if text.at(place + 1) == b'=' { 2 } else { 1 }),
        b'%' | b'\\' | b'&' | 0xef => {
            let place = text.run(place, 15, |byte| byte == b'\\');
            let encoded = ENCODED.iter().find(|sign| text.has_word(place, sign.as_bytes()))?;
            Some(place + encoded.len())
        }
        _ => None,
    }
}

/// Past what programs print around a value: `Some(`, `[`, `b`, and the brace of an object, which has names of its own.
pub(crate) fn wrapped(text: &Text<'_>, place: usize, link: Link) -> usize {
    const WORDS: [&str; 8] = ["Some", "Ok", "Secret", "String", "Owned", "Borrowed", "Box", "Password"];
    if link == Link::Prose {
        return place;
    }
    let mut at = place;
    for _ in 0..2 {
        let word = WORDS.iter().find(|word| text.has(at, word.as_bytes())).map_or(at, |word| at + word.len());
        let opens = match text.at(word) {
            b'(' => true,
            b'[' => word == at,
            b'{' => word == at && is_object(text, at + 1),
            _ => false,
        };
        if opens {
            at = word + 1;
        }
    }
    let raw = matches!(text.at(at), b'b' | b'r' | b'u') && matches!(text.at(at + 1), b'"' | b'\'');
    if raw { at + 1 } else { at }
}

/// Whether a name begins at `place`, behind a brace: `{abc}` is a value.
fn is_object(text: &Text<'_>, place: usize) -> bool {
    let name = text.after_gaps(place, 4);
    let end = text.run(name, LONGEST, |byte| is_word(byte) || byte == b'-');
    Quote::open(text, name).is_some() || (end > name && matches!(text.at(end), b':' | b'='))
}
