//! The name of a secret in a text: `password`, `X-Api-Key`, "mot de passe", "clé API".

use crate::names::{self, Kind, LONGEST};
use crate::text::Text;

/// Where a name was found.
pub(crate) struct Name {
    pub(crate) start: usize,
    /// Past the name; the next anchor inside of it says nothing new.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
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
    let kind = phrase(text, start, end).or_else(|| names::kind(text.part(start, end)));
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
