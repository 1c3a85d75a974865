//! Credentials that say what they are: keys with a prefix, JWT, PEM, one-time-code addresses, our own codes.

use crate::found::Found;
use crate::text::{Text, is_base64url, is_word};
use crate::value::end_of_document;

/// A prefix in the case that it has, and how many letters have to follow at least.
pub(crate) const PREFIXES: [(&str, usize); 70] = [
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 12),
    ("gldt-", 12),
    ("glrt-", 12),
    ("glptt-", 12),
    ("gloas-", 12),
    ("glcbt-", 12),
    ("npm_", 20),
    ("pypi-", 20),
    ("rubygems_", 20),
    ("hf_", 20),
    ("sk-", 20),
    ("sk_live_", 10),
    ("sk_test_", 10),
    ("rk_live_", 10),
    ("rk_test_", 10),
    ("pk_live_", 10),
    ("whsec_", 16),
    ("rzp_live_", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xoxe-", 10),
    ("xoxe.", 10),
    ("xapp-", 10),
    ("AKIA", 16),
    ("ASIA", 16),
    ("ABIA", 16),
    ("ACCA", 16),
    ("AIza", 30),
    ("ya29.", 20),
    ("GOCSPX-", 16),
    ("SG.", 20),
    ("dop_v1_", 20),
    ("doo_v1_", 20),
    ("shpat_", 20),
    ("shpss_", 20),
    ("shpca_", 20),
    ("AGE-SECRET-KEY-1", 20),
    ("hvs.", 20),
    ("hvb.", 20),
    ("hvr.", 20),
    ("glsa_", 20),
    ("tskey-", 16),
    ("lin_api_", 20),
    ("figd_", 20),
    ("PMAK-", 20),
    ("sntrys_", 20),
    ("r8_", 20),
    ("gsk_", 20),
    ("xai-", 20),
    ("pplx-", 20),
    ("nvapi-", 20),
    ("ATATT", 30),
    ("ATCTT", 30),
    ("EAA", 40),
    ("sq0atp-", 16),
    ("sq0csp-", 16),
    ("ntn_", 20),
    ("NRAK-", 20),
    ("dapi", 32),
    ("pul-", 40),
    ("dp.pt.", 20),
];

/// The key at `place`, if one is there: all of it, the prefix too.
pub(crate) fn key(text: &Text<'_>, place: usize) -> Option<Found> {
    // Ours (jarvis-crypto): three letters name the kind.
    let ours = text.at(place) == b'j'
        && text.at(place + 1) == b'r'
        && text.at(place + 2).is_ascii_lowercase()
        && text.at(place + 3) == b'_';
    if ours && text.starts_word(place) {
        return body(text, place, place + 4, 16);
    }
    let fits = |(prefix, _): &&(&str, usize)| text.has(place, prefix.as_bytes());
    let (prefix, least) = PREFIXES.iter().filter(fits).max_by_key(|(prefix, _)| prefix.len())?;
    // `task-`, `disk-`: short prefixes are ends of words.
    let marked = prefix.len() >= 4 && !prefix.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !text.starts_word(place) && !marked && text.before(place) != b'_' {
        return None;
    }
    let start = place + prefix.len();
    mixed(text, start).then(|| body(text, place, start, *least)).flatten()
}

fn body(text: &Text<'_>, start: usize, body: usize, least: usize) -> Option<Found> {
    let end =
        text.run(body, usize::MAX, |byte| is_base64url(byte) || matches!(byte, b'.' | b'+' | b'/' | b'~'));
    let end = text.run_back(end, body, |byte| matches!(byte, b'.' | b'/' | b'-')).max(body);
    let end = text.run(end, 2, |byte| byte == b'=');
    (end - body >= least).then(|| Found::stars(start, secret_beside(text, end)))
}

/// Some digit or some capital: `sk-` before a long name with dashes is none.
/// Only so many letters are looked at: what is left alone is read again from the next anchor in it.
fn mixed(text: &Text<'_>, start: usize) -> bool {
    const LOOKED_AT: usize = 64;
    let body = text.part(start, text.run(start, LOOKED_AT, is_base64url));
    body.iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// The second half of a pair such as `AKIA...:40 letters`.
fn secret_beside(text: &Text<'_>, end: usize) -> usize {
    const LETTERS: usize = 40;
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let half = end + usize::from(matches!(text.at(end), b':' | b',' | b' ' | b';'));
    let past = text.run(half, LETTERS + 1, base64);
    if half > end && past - half == LETTERS { past } else { end }
}

/// A JSON Web Token, signed or encrypted (RFC 7515, RFC 7516), or any other JSON object in base64.
pub(crate) fn jwt(text: &Text<'_>, place: usize) -> Option<Found> {
    const LEAST: usize = 10;
    const ALONE: usize = 30;
    if !text.has(place, b"eyJ") || !text.starts_word(place) {
        return None;
    }
    let mut end = text.run(place, usize::MAX, |byte| is_base64url(byte) || matches!(byte, b'+' | b'/'));
    let header = end - place;
    if header < LEAST {
        return None;
    }
    while text.at(end) == b'.' && (is_base64url(text.at(end + 1)) || text.at(end + 1) == b'.') {
        end = text.run(end + 1, usize::MAX, |byte| is_base64url(byte) || matches!(byte, b'+' | b'/'));
    }
    end = text.run(end, 2, |byte| byte == b'=');
    (end > place + header || header >= ALONE).then(|| Found::stars(place, end))
}

/// A PEM block (RFC 7468), on as many lines as it likes. One that does not end goes to the end of the text.
pub(crate) fn pem(text: &Text<'_>, place: usize) -> Option<Found> {
    const END: &[u8] = b"-----END";
    let start = place.checked_sub(5).filter(|start| text.has(*start, b"-----BEGIN"))?;
    let end = (place..text.len()).find(|at| text.has(*at, END)).map(|at| {
        let label = text.run(at + END.len(), 64, |byte| byte != b'-');
        text.run(label, 5, |byte| byte == b'-')
    });
    Some(Found::stars(start, end.unwrap_or_else(|| end_of_document(text, place))))
}

/// `Bearer x` and `Basic x` outside of a header.
pub(crate) fn scheme(text: &Text<'_>, place: usize) -> Option<Found> {
    const WORDS: [&str; 14] = [
        "token",
        "tokens",
        "auth",
        "authentication",
        "authorization",
        "scheme",
        "realm",
        "error",
        "required",
        "format",
        "header",
        "credentials",
        "credential",
        "challenge",
    ];
    // What is left alone is read again from the next anchor in it.
    const LOOKED_AT: usize = 256;
    let bearer = text.has_word(place, b"bearer");
    let word = if bearer { 6 } else { 5 };
    if !text.starts_word(place) || !(bearer || text.has_word(place, b"basic")) {
        return None;
    }
    let encoded = ["%20", "+", "\\u0020"].iter().find(|space| text.has(place + word, space.as_bytes()));
    let start = encoded.map_or_else(|| text.after_gaps(place + word, 8), |space| place + word + space.len());
    let token = |byte: u8| is_base64url(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'%');
    let end = text.run(start, LOOKED_AT, token);
    // A parameter: `expires_in=1800`.
    let padded = text.run(end, 3, |byte| byte == b'=');
    if padded > end && is_word(text.at(padded)) {
        return None;
    }
    let value = text.part(start, end);
    if start == place + word
        || value.len() < 8
        || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
    {
        return None;
    }
    let number = value.iter().any(u8::is_ascii_digit);
    let names = bearer
        && text.at(place) == b'B'
        && value.iter().all(|byte| byte.is_ascii_alphabetic())
        && value.len() >= 8;
    let secret = if bearer {
        !value.starts_with(b"realm") && (number || value.len() >= 20 || names && !is_prose(value))
    } else {
        opens_as_pair(value)
    };
    secret.then(|| Found::stars(start, text.run(end, usize::MAX, |byte| token(byte) || byte == b'=')))
}

/// One capital at most, at the start.
fn is_prose(value: &[u8]) -> bool {
    value.iter().skip(1).all(u8::is_ascii_lowercase)
}

/// Whether base64 opens as `name:password`.
fn opens_as_pair(value: &[u8]) -> bool {
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut colon = false;
    for byte in value.iter().filter(|byte| **byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return false,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            let letter = bits >> held & 0xff;
            if letter < 0x20 {
                return false;
            }
            colon |= letter == u32::from(b':');
        }
    }
    colon
}

/// `otpauth://`: the secret, and whose it is.
pub(crate) fn otpauth(text: &Text<'_>, place: usize) -> Option<Found> {
    let start = place + 4;
    let scheme = ["://", "%3a%2f%2f", "-migration://", ":\\/\\/"]
        .iter()
        .find(|scheme| text.has_word(start + 3, scheme.as_bytes()));
    let start = start + 3 + scheme.filter(|_| text.has_word(place, b"otpauth"))?.len();
    let end = text
        .run(start, usize::MAX, |byte| !matches!(byte, 0..=b' ' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\'));
    Some(Found::stars(start, end)).filter(|_| end > start)
}

/// Addresses whose path is the credential: Slack and Discord hooks, Telegram bots.
pub(crate) fn hook(text: &Text<'_>, place: usize) -> Option<Found> {
    let path = |byte: u8| is_base64url(byte) || matches!(byte, b'/' | b':');
    let start = if text.has(place, b"hooks.slack.com/") {
        place + b"hooks.slack.com/".len()
    } else if text.has(place, b"hooks/") && text.ends_word(place, b"/web") {
        place + b"hooks/".len()
    } else {
        let colon = text.run(place + 3, 16, |byte| byte.is_ascii_digit());
        let bot = text.has(place, b"bot") && colon > place + 6 && text.at(colon) == b':';
        let token = text.run(colon + 1, 64, is_base64url);
        return (bot && token - colon > 24).then(|| Found::stars(place + 3, token));
    };
    let end = text.run(start, usize::MAX, path);
    (end - start >= 24).then(|| Found::stars(start, end))
}

/// A recovery or set-up code of ours (jarvis-crypto): four or five groups of four letters of Crockford's alphabet,
/// the first dash at `place`.
pub(crate) fn code(text: &Text<'_>, place: usize) -> Option<Found> {
    let start = place.checked_sub(4)?;
    // Most are UUIDs, which have more letters before.
    if text.before(start) == b'-' || !text.starts_word(start) {
        return None;
    }
    let mut end = start;
    let mut groups = 0;
    loop {
        let past = text.run(end, 5, |byte| byte.is_ascii_alphanumeric() && !matches!(byte, b'U' | b'u'));
        if past - end != 4 {
            return None;
        }
        groups += 1;
        end = past;
        if text.at(end) != b'-' || groups > 5 {
            break;
        }
        end += 1;
    }
    let letters = text.part(start, end);
    let strict =
        letters.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'-');
    let digits = letters.iter().filter(|byte| byte.is_ascii_digit()).count();
    let fits = (4..=5).contains(&groups) && (strict || digits > 0) && digits < groups * 4;
    (fits && !is_word(text.at(end))).then(|| Found::stars(start, end))
}
