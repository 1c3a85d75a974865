//! Addresses that run something, wherever they stand: in an attribute, in a Markdown link, alone.

use super::Kind;
use super::glyphs::{END, Text};
use super::marks::Marks;

const SCHEMES: [(&str, Kind); 3] =
    [("javascript", Kind::ScriptUrl), ("vbscript", Kind::ScriptUrl), ("data", Kind::DataUrl)];
/// Characters of a media type and its parameters.
const MAX_TYPE: usize = 120;
/// Characters of a `data:` address in which markup must show.
const MAX_HEAD: usize = 64;

/// The first such address: its kind and where it begins.
pub(super) fn find(text: &Text, marks: &Marks) -> Option<(Kind, usize)> {
    (0..text.len()).filter(|index| text.ch(*index) == ':').find_map(|colon| {
        let (kind, start) =
            SCHEMES.iter().find_map(|(name, kind)| Some((*kind, scheme(text, colon, name)?)))?;
        let active = match kind {
            Kind::DataUrl => carries_script(text, colon + 1),
            _ => runs(text, marks, start, colon + 1),
        };
        active.then_some((kind, start))
    })
}

/// Where the scheme before the colon begins. Browsers drop tabs and line ends inside (URL, 4.4).
fn scheme(text: &Text, colon: usize, name: &str) -> Option<usize> {
    let mut start = colon;
    for expected in name.chars().rev() {
        loop {
            let c = text.before(start);
            start = start.checked_sub(1)?;
            if c.eq_ignore_ascii_case(&expected) {
                break;
            }
            if !matches!(c, '\t' | '\n' | '\r') && !super::glyphs::invisible(c) {
                return None;
            }
        }
    }
    let last = text.before(start);
    (!last.is_alphanumeric() && !matches!(last, '_' | '-' | '.')).then_some(start)
}

/// In quotes after `=` anything that runs; elsewhere the word right after the colon must: prose has a space there.
fn runs(text: &Text, marks: &Marks, start: usize, payload: usize) -> bool {
    if marks.word_runs(payload) && !text.ch(payload).is_whitespace() {
        return true;
    }
    let mut place = start;
    while text.before(place).is_whitespace() {
        place -= 1;
    }
    let quote = text.before(place);
    let quoted = matches!(quote, '"' | '\'') && {
        place -= 1;
        while text.before(place).is_whitespace() {
            place -= 1;
        }
        text.before(place) == '='
    };
    if !quoted {
        return false;
    }
    let end = (payload..text.len()).find(|index| text.ch(*index) == quote).unwrap_or(text.len());
    marks.runs(payload, end)
}

/// `data:text/html,<..`, `data:image/svg+xml;base64,PHN2..`: the type can carry script and there is something of it.
fn carries_script(text: &Text, start: usize) -> bool {
    let mut media = String::new();
    let mut comma = start;
    loop {
        match text.ch(comma) {
            ',' => break,
            '\t' | '\n' | '\r' => {}
            c if c == END || comma - start >= MAX_TYPE => return false,
            ' ' if media.is_empty() => {}
            c if c.is_ascii_graphic() => media.push(c.to_ascii_lowercase()),
            _ => return false,
        }
        comma += 1;
    }
    let mut parts = media.split(';');
    let kind = parts.next().unwrap_or_default();
    let base64 = parts.next_back() == Some("base64");
    let first = text.skip_spaces(comma + 1);
    if base64 {
        return active_type(kind) && (first..first + 4).all(|index| text.ch(index).is_ascii_alphanumeric());
    }
    if script_type(kind) {
        return first == comma + 1 && text.ch(first).is_ascii_graphic();
    }
    let shows = |index: usize| matches!(text.ch(index), '<' | '%' | '&' | '\\');
    if first > comma + 1 {
        return active_type(kind) && shows(first);
    }
    let mut head = (first..first + MAX_HEAD).take_while(|index| !text.ch(*index).is_whitespace());
    active_type(kind) && head.any(shows)
}

fn script_type(kind: &str) -> bool {
    kind.ends_with("/javascript") || kind.ends_with("/ecmascript") || kind.ends_with("/x-javascript")
}

fn active_type(kind: &str) -> bool {
    script_type(kind)
        || kind.ends_with("xml")
        || matches!(kind, "text/html" | "text/xsl" | "text/x-scriptlet")
}
