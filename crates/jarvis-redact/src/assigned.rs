//! A name that promises a secret, and the value that it is given: `name=value`, JSON, YAML, headers, query strings,
//! forms, command lines, XML, pairs in debug output.

use crate::found::{Found, Mask, STARS};
use crate::names::{self, Kind, LONGEST};
use crate::text::{Text, is_word};
use crate::value::{Quote, bare_end, encloses, end_of_document};

/// Values that say that there is none, or what is wrong with it. A password policy refuses them all.
const NOTHING: [&str; 68] = [
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "empty",
    "unset",
    "set",
    "missing",
    "required",
    "wrong",
    "invalid",
    "incorrect",
    "expired",
    "revoked",
    "rejected",
    "accepted",
    "refused",
    "ok",
    "failed",
    "too",
    "must",
    "is",
    "are",
    "was",
    "has",
    "not",
    "cannot",
    "may",
    "should",
    "the",
    "a",
    "an",
    "this",
    "no.",
    "string",
    "str",
    "&str",
    "&'a",
    "bool",
    "option",
    "bytes",
    "object",
    "include",
    "omit",
    "same-origin",
    "sensitive",
    "generated",
    "configured",
    "changed",
    "unchanged",
    "updated",
    "at",
    "weak",
    "short",
    "manquant",
    "invalide",
    "incorrect,",
    "requis",
    "obligatoire",
    "faux",
    "absent",
    "trop",
    "doit",
    "expiré",
];

/// Where a name was found, and what surrounds it.
pub(crate) struct Name {
    start: usize,
    /// Past the name; the next anchor inside of it says nothing new.
    pub(crate) end: usize,
    kind: Kind,
}

/// How the value follows the name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
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

/// The name around `place`: its extent, and its kind if it promises a secret.
pub(crate) fn name_around(text: &Text<'_>, place: usize, floor: usize) -> (usize, Option<Name>) {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    // Some anchors begin with the separator before the name.
    let place = place + usize::from(!part(text.at(place)));
    let mut start = text.run_back(place, floor.max(place.saturating_sub(LONGEST)), part);
    while !text.starts_word(start) && start < place {
        start += 1;
    }
    // An escape right before a name is none of its letters: `\npassword`, `%26password`, `\u0026password`.
    start = after_escape(text, start, place);
    let mut end = text.run(place, LONGEST, part);
    // "password." and "token-" end a clause.
    while end > place && matches!(text.before(end), b'.' | b'-') {
        end -= 1;
    }
    if let Some(french) = french_key(text, place) {
        return (french, Some(Name { start: place, end: french, kind: Kind::Secret }));
    }
    let kind = names::kind(text.part(start, end)).or_else(|| phrase(text, start, end));
    (end, kind.map(|kind| Name { start, end, kind }))
}

fn after_escape(text: &Text<'_>, start: usize, place: usize) -> usize {
    let past = match text.before(start) {
        b'\\' if matches!(text.at(start), b'n' | b'r' | b't') => start + 1,
        b'\\' if text.at(start) == b'u' => start + 5,
        b'%' if text.has(start, b"25") => start + 4,
        b'%' => start + 2,
        _ => start,
    };
    past.min(place)
}

/// Names of two words: "api key", "mot de passe", "clé API".
fn phrase(text: &Text<'_>, start: usize, end: usize) -> Option<Kind> {
    const KEYS: [&str; 12] = [
        "api",
        "secret",
        "private",
        "access",
        "signing",
        "encryption",
        "master",
        "auth",
        "shared",
        "account",
        "session",
        "subscription",
    ];
    let last = text.part(start, end);
    let before = start.checked_sub(1).filter(|before| text.at(*before) == b' ')?;
    if last.eq_ignore_ascii_case(b"passe") {
        return (text.ends_word(before, b"mot de") || text.ends_word(before, b"mots de"))
            .then_some(Kind::Secret);
    }
    if last.eq_ignore_ascii_case(b"phrase") {
        return ["seed", "recovery"]
            .iter()
            .any(|word| text.ends_word(before, word.as_bytes()))
            .then_some(Kind::Line);
    }
    if last.eq_ignore_ascii_case(b"secours") {
        return text.ends_word(before, b"code de").then_some(Kind::Code);
    }
    let key =
        last.eq_ignore_ascii_case(b"key") && KEYS.iter().any(|word| text.ends_word(before, word.as_bytes()));
    key.then_some(Kind::Secret)
}

/// The end of "API", "secrète" or "privée" at `place`, behind "clé".
fn french_key(text: &Text<'_>, place: usize) -> Option<usize> {
    const KEYS: [&str; 5] = ["api", "secrète", "secrete", "privée", "privee"];
    const NOUNS: [&str; 4] = ["clé", "clÉ", "cle", "clef"];
    let place = place + usize::from(text.at(place) == b'_');
    let key = KEYS.iter().find(|key| text.has_word(place, key.as_bytes()))?;
    let before = place.checked_sub(1).filter(|before| matches!(text.at(*before), b' ' | b'_' | b'-'))?;
    NOUNS.iter().any(|noun| text.ends_word(before, noun.as_bytes())).then_some(place + key.len())
}

impl Name {
    /// What is to be masked behind this name, if anything.
    pub(crate) fn value(&self, text: &Text<'_>) -> Option<Found> {
        let (quote, link, place) = self.link(text)?;
        let kind = self.kind_here(text, link)?;
        let place = wrapped(text, place, link);
        // An object has names of its own.
        if text.before(place) == b'{' {
            return self.object(text, place);
        }
        let enclosed = quote.is_none() && link != Link::Pair && encloses(text, place);
        if let Some((opened, inside)) = Quote::open(text, place).filter(|_| !enclosed) {
            let (mut end, mut past) = opened.end(text, inside);
            // A list of values: `["a","b"]`.
            for _ in 0..LONGEST {
                if text.before(place) != b'[' || text.at(past) != b',' {
                    break;
                }
                let Some((opened, inside)) = Quote::open(text, text.after_gaps(past + 1, 2)) else { break };
                (end, past) = opened.end(text, inside);
            }
            // `'abc'def`: what is glued to a value is of it.
            // ... and `'it''s'` has a quote in it.
            let again = |past: usize| {
                let (quote, inside) = Quote::open(text, past)?;
                (quote == opened && is_word(text.at(inside))).then_some(inside)
            };
            while let Some(inside) = again(past).filter(|_| past > end && end > inside) {
                (end, past) = opened.end(text, inside);
            }
            let glued = is_word(text.at(past)) && past > end;
            if glued {
                end = bare_end(text, past);
            }
            let start = if glued { place } else { inside };
            return self.judged(text, kind, link, !glued, start, end);
        }
        let end = self.bare(text, kind, link, place);
        let found = self.judged(text, kind, link, false, place, end)?;
        // `"otp": 123456` has to stay JSON.
        let mask = match quote {
            Some((start, end)) if found.mask == Mask::Stars && text.at(end - 1) == b'"' => {
                Mask::Quoted { start, end }
            }
            _ => found.mask,
        };
        Some(Found { mask, ..found })
    }

    /// The values of an object: all up to its end where it is one of cookies, none where its names will say.
    fn object(&self, text: &Text<'_>, place: usize) -> Option<Found> {
        let end = text.run(place, LONGEST * 4, |byte| byte != b'}' && byte != b'\n');
        (self.kind == Kind::Cookie && end > place && text.at(end) == b'}').then(|| Found::stars(place, end))
    }

    /// The quote that closes the name, what links it to its value, and where that begins.
    fn link(&self, text: &Text<'_>) -> Option<(Option<(usize, usize)>, Link, usize)> {
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
            return Some((json, if prose { Link::Colon } else { Link::Sign }, value));
        }
        if text.at(next) == b'>' && text.before(self.start) == b'<' {
            return Some((None, Link::Element, next + 1));
        }
        if let Some((_, end)) = quote {
            return self.pair(text, end, next, flag).map(|value| (None, Link::Pair, value));
        }
        if next == at {
            return None;
        }
        if flag && text.at(next) != b'-' {
            return Some((None, Link::Space, next));
        }
        let verb =
            ["is ", "est ", "was ", "are "].iter().find(|verb| text.has_word(next, verb.as_bytes()))?;
        Some((None, Link::Prose, text.after_gaps(next + verb.len(), 4)))
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

    /// What `code` and its like are where they stand, and whether prose can be about them.
    fn kind_here(&self, text: &Text<'_>, link: Link) -> Option<Kind> {
        let before = text.before(self.start);
        let query = matches!(before, b'?' | b'&' | b'#')
            || text.ends_word(self.start, b"%26")
            || text.ends_word(self.start, b"\\u0026");
        match self.kind {
            Kind::Weak if query && link == Link::Sign => Some(Kind::Token),
            Kind::Cookie | Kind::Line | Kind::Authorization if link == Link::Prose => None,
            kind => Some(kind),
        }
    }

    /// The end of a value without quotes.
    fn bare(&self, text: &Text<'_>, kind: Kind, link: Link, place: usize) -> usize {
        let mut end = bare_end(text, place);
        match kind {
            _ if text.before(self.start) == b';'
                && link == Link::Sign
                && !text.ends_word(self.start, b"&amp;") =>
            {
                // A connection string: spaces are of the value, and only the next `;` ends it.
                end =
                    text.run(place, usize::MAX, |byte| !matches!(byte, b';' | b'"' | b'\n' | b'\r' | b'\\'));
            }
            Kind::Code => {
                while end > place && text.gap(end) == 1 && group(text, end + 1) {
                    end = bare_end(text, end + 1);
                }
            }
            Kind::Cookie if text.ends_word(self.end, b"set-cookie") => end = line_end(text, end),
            Kind::Cookie => {
                while text.at(end) == b';' && text.gap(end + 1) > 0 && !text.ends(end + 2) {
                    end = bare_end(text, end + 2);
                }
            }
            Kind::Line => end = line_end(text, end),
            Kind::Authorization => end = credential_end(text, place, end),
            _ if text.part(place, end).eq_ignore_ascii_case(b"bearer")
                || text.part(place, end).eq_ignore_ascii_case(b"basic") =>
            {
                end = credential_end(text, place, end);
            }
            _ => {}
        }
        end
    }

    fn judged(
        &self,
        text: &Text<'_>,
        kind: Kind,
        link: Link,
        quoted: bool,
        start: usize,
        end: usize,
    ) -> Option<Found> {
        let value = text.part(start, end);
        let number = value.iter().filter(|byte| **byte != b' ' && **byte != b'-').all(u8::is_ascii_digit);
        let secret = match kind {
            // Looked at once: what is left alone is read again from the next name in it.
            _ if !quoted && value.len() > LONGEST * 4 => true,
            _ if value.is_empty()
                || value == STARS
                || matches!(value, b"..." | b".." | b"..)" | b"~" | b"?" | b"-" | b"$" | b"%s" | b"{}") =>
            {
                false
            }
            _ if !quoted && says_nothing(value) => false,
            // A parameter of a statement: `$1`.
            _ if !quoted && value.len() <= 3 && value.first() == Some(&b'$') && number_from(value, 1) => {
                false
            }
            // "unexpected token: `}`"
            Kind::Token if value.len() <= 2 && !value.iter().any(u8::is_ascii_alphanumeric) => false,
            _ if link == Link::Prose => {
                quoted || (6..=8).contains(&value.len()) && number || is_random(value, 8)
            }
            Kind::Token => !is_measure(value),
            Kind::Pass => !number || value.len() > 3,
            Kind::Pwd => !matches!(value.first(), Some(b'/' | b'~' | b'.')) && value.get(1) != Some(&b':'),
            Kind::Weak => number && (6..=8).contains(&value.len()) || is_random(value, 12),
            Kind::Digits => number && (3..=8).contains(&value.len()),
            Kind::Secret | Kind::Code | Kind::Authorization | Kind::Cookie | Kind::Line => true,
        };
        secret.then(|| Found::stars(start, end))
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

/// Past what programs print around a value: `Some(`, `[`, `b`.
fn wrapped(text: &Text<'_>, place: usize, link: Link) -> usize {
    if link == Link::Prose {
        return place;
    }
    let mut at = place;
    for _ in 0..2 {
        let word = text.run(at, 16, |byte| byte.is_ascii_alphabetic());
        if text.at(word) == b'(' || (word == at && matches!(text.at(at), b'[' | b'{')) {
            at = word + 1;
        }
    }
    let raw = matches!(text.at(at), b'b' | b'r' | b'u') && matches!(text.at(at + 1), b'"' | b'\'');
    if raw { at + 1 } else { at }
}

fn group(text: &Text<'_>, place: usize) -> bool {
    let end = text.run(place, 6, |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-');
    (place + 2..=place + 5).contains(&end) && !is_word(text.at(end))
}

/// A scheme and its credential.
fn credential_end(text: &Text<'_>, place: usize, first: usize) -> usize {
    const PARAMETERS: [&[u8]; 6] = [b"digest", b"aws4", b"hawk", b"oauth", b"signature", b"negotiate"];
    const ONE: [&[u8]; 9] =
        [b"basic", b"bearer", b"token", b"apikey", b"ntlm", b"key", b"dpop", b"bot", b"jwt"];
    if PARAMETERS.iter().any(|scheme| text.has_word(place, scheme)) {
        return line_end(text, first);
    }
    let next = text.after_gaps(first, 4);
    if next == first || text.at(first) == b'\n' {
        return first;
    }
    let second = bare_end(text, next);
    let known = ONE.iter().any(|scheme| text.part(place, first).eq_ignore_ascii_case(scheme));
    if known || is_random(text.part(next, second), 8) && !text.part(next, second).contains(&b'=') {
        second
    } else {
        first
    }
}

/// The end of the line, written as it is or as an escape, or of the quotes around it.
fn line_end(text: &Text<'_>, place: usize) -> usize {
    for at in place..text.len() {
        match text.at(at) {
            b'\n' | b'\r' => return at,
            b'\\' if matches!(text.at(at + 1), b'n' | b'r') && text.at(at.wrapping_sub(1)) != b'\\' => {
                return at;
            }
            // Quotes inside of a credential's own parameters stand behind a `=`.
            b'"' | b'\''
                if matches!(text.at(at + 1), 0 | b',' | b'}' | b']' | b')') && text.at(at + 2) != b' ' =>
            {
                return text.run_back(at, at.saturating_sub(15), |byte| byte == b'\\').max(place);
            }
            _ => {}
        }
    }
    end_of_document(text, place)
}

fn number_from(value: &[u8], start: usize) -> bool {
    value.get(start..).is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
}

fn says_nothing(value: &[u8]) -> bool {
    value.len() <= 12 && NOTHING.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// A count, a time, a size, a date: `42`, `0.35s`, `128k`.
fn is_measure(value: &[u8]) -> bool {
    let number = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let unit = value.get(number..).unwrap_or_default();
    let decimal = value.get(..number).unwrap_or_default().contains(&b'.');
    number > 0 && (number <= 5 || decimal) && unit.len() <= 2 && unit.iter().all(u8::is_ascii_alphabetic)
}

/// Whether no person would write this: letters and digits mixed, and neither an id nor a hash nor a path.
fn is_random(value: &[u8], least: usize) -> bool {
    let any = |fits: fn(&u8) -> bool| value.iter().any(fits);
    let hex =
        value.iter().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase() || *byte == b'-');
    value.len() >= least
        && any(u8::is_ascii_digit)
        && any(u8::is_ascii_alphabetic)
        && !hex
        && !any(|byte| matches!(byte, b'/' | b':' | b'(' | b',' | b'<'))
        && !is_measure(value)
        && !value.iter().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
        }) | (value.len() >= 20 && !any(|byte| matches!(byte, b'_' | b'-' | b'.')))
}
