//! A name that promises a secret, and the value that it is given: `name=value`, JSON, YAML, headers, query strings,
//! forms, command lines, XML, pairs in debug output.

use crate::found::{Found, Mask, STARS};
use crate::judge::{is_measure, is_parameter, is_random, says_nothing};
use crate::link::{Link, Linked, wrapped};
use crate::name::Name;
use crate::names::{Kind, LONGEST};
use crate::text::{Text, is_word};
use crate::value::{Quote, bare_end, encloses, end_of_document};

impl Name {
    /// What is to be masked behind this name, if anything.
    pub(crate) fn value(&self, text: &Text<'_>) -> Option<Found> {
        let Linked { quote, link, value: place } = self.link(text)?;
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
            Some((start, end)) if text.at(end - 1) == b'"' => Mask::Quoted { start, end },
            _ => found.mask,
        };
        Some(Found { mask, ..found })
    }

    /// The values of an object: all up to its end where it is one of cookies, none where its names will say.
    fn object(&self, text: &Text<'_>, place: usize) -> Option<Found> {
        let end = text.run(place, LONGEST * 4, |byte| byte != b'}' && byte != b'\n');
        (self.kind == Kind::Cookie && end > place && text.at(end) == b'}').then(|| Found::stars(place, end))
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
        // A number in groups is one: a card behind `password=`.
        if end > place && end - place < 20 && text.part(place, end).iter().all(u8::is_ascii_digit) {
            let group = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.');
            let groups = text.run(end, 24, group);
            end = text.run_back(groups, end, |byte| !byte.is_ascii_digit());
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
            _ if !quoted && is_parameter(value) => false,
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
