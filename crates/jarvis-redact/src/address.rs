//! Addresses of people and machines: e-mail, the credentials in a URL, IPv6.

use crate::found::Found;
use crate::text::{Text, is_word};

/// The local part of the e-mail address whose `@` (or `%40`, or `\u0040`) is from `place` to `after`; not below `floor`.
pub(crate) fn email(text: &Text<'_>, place: usize, after: usize, floor: usize) -> Option<Found> {
    let label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80;
    let mut end = text.run(after, 63, label);
    let mut dots = 0;
    let mut last = after;
    while text.at(end) == b'.' && label(text.at(end + 1)) && dots < 8 {
        last = end + 1;
        end = text.run(last, 63, label);
        dots += 1;
    }
    let top = text.run(last, 63, |byte| byte.is_ascii_alphabetic() || byte >= 0x80 || byte == b'-');
    // A package and its version, `name@4.18.2` and `name@v1.2`, are none.
    let version = text.at(after + usize::from(text.at(after).eq_ignore_ascii_case(&b'v'))).is_ascii_digit();
    let top_level = top >= last + 2 && text.at(last).is_ascii_alphabetic();
    let named = dots > 0 && (top_level || !version);
    if !named && !text.has_word(after, b"localhost") {
        return None;
    }
    let quoted = text.before(place) == b'"';
    if quoted {
        let low = floor.max(place.saturating_sub(66));
        let start = (low..place - 1).rev().find(|at| text.at(*at) == b'"')? + 1;
        return Some(Found::stars(start, text.run_back(place - 1, start, |byte| byte == b'\\')));
    }
    let start = {
        let local = |byte: u8| {
            is_word(byte)
                || matches!(byte, b'.' | b'%' | b'+' | b'-' | b'\'' | b'!' | b'#' | b'$' | b'~' | b'^' | b'|')
        };
        let mut start = text.run_back(place, floor, local);
        // `o\'brien`, as it is in quotes.
        if text.at(start) == b'\'' && text.before(start) == b'\\' && start > floor {
            let slashes = text.run_back(start, floor, |byte| byte == b'\\');
            start = text.run_back(slashes, floor, local);
        }
        let start = text.run(start, usize::MAX, |byte| matches!(byte, b'\'' | b'.' | b'|'));
        let escape = text.before(start) == b'\\' && matches!(text.at(start), b'n' | b'r' | b't');
        let start = start + usize::from(escape);
        // Letters that are not ASCII are; spaces and quotes are not.
        let past = |at: usize| {
            let quote = ["«", "“", "‘"].iter().find(|quote| text.has(at, quote.as_bytes()));
            let bytes = quote.map_or(text.gap(at), |quote| quote.len());
            (bytes > 1).then_some(at + bytes)
        };
        (start..place).rev().find_map(past).unwrap_or(start)
    };
    // `git@` is everybody.
    (start < place && text.part(start, place) != b"git").then(|| Found::stars(start.min(place), place))
}

/// The credentials of the URL whose `://` is at `place`; also where a password has a `/` or an `@` in it. Where there are
/// none, the place up to which no later URL has any by the same `@`.
pub(crate) fn userinfo(text: &Text<'_>, place: usize) -> Option<Found> {
    const LONGEST: usize = 512;
    let start = place + 3;
    let inside = |byte: u8| !matches!(byte, 0..=b' ' | b'"' | b'<' | b'>' | b'`' | b'\\' | b'|');
    let authority =
        text.run(start, LONGEST, |byte| inside(byte) && !matches!(byte, b'/' | b'?' | b'#' | b','));
    let last_at = |end: usize| (start..end).rev().find(|at| text.at(*at) == b'@');
    if let Some(at) = last_at(authority) {
        return (at > start).then(|| Found::stars(start, at));
    }
    let colon = text.run(start, authority - start, |byte| byte != b':');
    let port = text.run(colon + 1, 6, |byte| byte.is_ascii_digit());
    if text.at(start) == b'['
        || colon >= authority
        || (port == authority && port > colon + 1)
        || colon + 1 == authority
    {
        return None;
    }
    let end = text.run(authority, LONGEST, inside);
    last_at(end).map(|at| Found::stars(start, at))
}

/// The address whose first group is the four digits before the colon at `place`, past its first two groups. Nothing where
/// nothing but zeros follows: that is a network.
pub(crate) fn ipv6(text: &Text<'_>, place: usize) -> Option<Found> {
    let start = place.checked_sub(4)?;
    let first = text.part(start, place);
    let global = first.iter().all(u8::is_ascii_hexdigit)
        && match (text.at(start).to_ascii_lowercase(), text.at(start + 1).to_ascii_lowercase()) {
            (b'2' | b'3', _) => true,
            (b'f', next) => matches!(next, b'c'..=b'f'),
            _ => false,
        };
    if !global || !text.starts_word(start) || matches!(text.before(start), b':' | b'.') {
        return None;
    }
    let end = text.run(place, 45, |byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let end = text.run_back(end, place, |byte| byte == b'.');
    let body = text.part(place, end);
    let short = body.windows(2).filter(|pair| pair == b"::").count();
    let colons = body.iter().filter(|byte| **byte == b':').count();
    let dotted = body.contains(&b'.');
    let groups =
        body.split(|byte| *byte == b':').all(|group| group.len() <= 4 || (dotted && group.len() <= 15));
    let fits = groups
        && !is_word(text.at(end))
        && (short == 1 || (short == 0 && colons == if dotted { 6 } else { 7 }));
    let second = text.run(place + 1, 4, |byte| byte.is_ascii_hexdigit());
    let host = text.part(second, end).iter().any(|byte| !matches!(byte, b':' | b'0'));
    (fits && host && text.at(second) == b':').then(|| Found::stars(second + 1, end))
}

/// An IPv4 address in hexadecimal behind `::ffff:` or `64:ff9b::`, whose last `f` or `b` group's start is `place`.
pub(crate) fn mapped(text: &Text<'_>, place: usize) -> Option<Found> {
    let start = ["::ffff:", "64:ff9b::"]
        .iter()
        .find(|head| text.has_word(place, head.as_bytes()))
        .map(|head| place + head.len())?;
    let end = text.run(start, 10, |byte| byte.is_ascii_hexdigit() || byte == b':');
    let fits = text.part(start, end).contains(&b':') && !is_word(text.at(end)) && text.at(end) != b'.';
    (fits && end > start).then(|| Found::stars(start, end))
}
