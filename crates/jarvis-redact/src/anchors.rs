//! Where to look: four letters each of the words and prefixes by which credentials are known.

use crate::prefixed::PREFIXES;
use crate::screen::fold;

/// Which recogniser to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Name,
    /// A prefix that begins so many bytes before.
    Key(usize),
    Scheme,
    /// `eyJ` and a letter or digit: `{"` and a letter, in base64.
    Jwt,
    Pem,
    Otpauth,
    Hook,
    /// An IPv4 address in IPv6, whose head begins so many bytes before.
    Mapped(usize),
    /// `@` as JSON or HTML spell it, so many bytes before and behind.
    At(usize, usize),
    /// A space as Rust prints it, `\u{a0}`, that begins so many bytes before.
    Space(usize),
    /// `-u name:password`
    User,
    /// A program that takes a password behind a flag of one letter.
    Program,
}

/// Four letters of each name that [`crate::names`] knows, in lower case.
const NAMES: [&[u8; 4]; 35] = [
    b"pass", b"secr", b"toke", b"jeto", b"auth", b"cook", b"cred", b"code", b"mnem", b"phra", b"ecou",
    b"priv", b"gnat", b"sser", b"saml", b"onid", b"ssid", b".sid", b"?key", b"&key", b"_key", b"-key",
    b".key", b" key", b"ikey", b"skey", b"ekey", b"tkey", b"gkey", b"rkey", b"nkey", b"hkey", b" api",
    b"_api", b"torn",
];
/// Names of three letters, and what can follow one.
const SHORT: [&[u8; 3]; 9] = [b"pwd", b"otp", b"pin", b"mdp", b"cvv", b"cvc", b"jwt", b"psk", b"sig"];
const FOLLOWS: [u8; 16] = *b"=:\"' \\%>]_-&23\xc2\xef";

const OTHERS: [(&[u8; 4], Anchor); 24] = [
    (b"bear", Anchor::Scheme),
    (b"basi", Anchor::Scheme),
    (b"begi", Anchor::Pem),
    (b"otpa", Anchor::Otpauth),
    (b"hook", Anchor::Hook),
    (b":fff", Anchor::Mapped(1)),
    (b"ff9b", Anchor::Mapped(3)),
    (b"0040", Anchor::At(1, 4)),
    (b"&#64", Anchor::At(0, 5)),
    (b" -u ", Anchor::User),
    (b" -u\"", Anchor::User),
    (b" -u'", Anchor::User),
    (b"\"-u\"", Anchor::User),
    (b"user", Anchor::User),
    (b"mysq", Anchor::Program),
    (b"mari", Anchor::Program),
    (b"sshp", Anchor::Program),
    (b"-cli", Anchor::Program),
    (b"cker", Anchor::Program),
    (b"podm", Anchor::Program),
    // `github` and `age` are in many words.
    (b"hub_", Anchor::Key(3)),
    (b"e-se", Anchor::Key(2)),
    (b"{a0}", Anchor::Space(2)),
    (b"02f}", Anchor::Space(4)),
];

/// Every four letters to stop at, folded, with the recogniser to ask.
pub(crate) fn grams() -> Vec<(u32, Anchor)> {
    let mut grams = Vec::new();
    let mut add = |letters: [u8; 4], anchor| {
        let gram = fold(u32::from_le_bytes(letters));
        if !grams.iter().any(|(known, _)| *known == gram) {
            grams.push((gram, anchor));
        }
    };
    NAMES.iter().for_each(|name| add(**name, Anchor::Name));
    for [one, two, three] in SHORT {
        FOLLOWS.iter().for_each(|four| add([*one, *two, *three, *four], Anchor::Name));
    }
    OTHERS.iter().for_each(|(letters, anchor)| add(**letters, *anchor));
    // `jrv_`, `jrr_`, `jrf_`: whatever letter we use next.
    (b'a'..=b'z').for_each(|kind| add([b'j', b'r', kind, b'_'], Anchor::Key(0)));
    (b'0'..=b'9').for_each(|digit| add([b'b', b'o', b't', digit], Anchor::Hook));
    (b'0'..=b'6').chain(b'b'..=b'z').for_each(|letter| add([b'e', b'y', b'j', letter], Anchor::Jwt));
    let body = (b'0'..=b'9').chain(b'a'..=b'z').chain([b'_', b'-']);
    for (prefix, _) in
        PREFIXES.iter().filter(|(prefix, _)| !["github_pat_", "AGE-SECRET-KEY-1"].contains(prefix))
    {
        match *prefix.as_bytes() {
            [one, two, three, four, ..] => add([one, two, three, four], Anchor::Key(0)),
            [one, two, three] => body.clone().for_each(|four| add([one, two, three, four], Anchor::Key(0))),
            _ => {}
        }
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_is_too_short_to_be_found() {
        assert!(PREFIXES.iter().all(|(prefix, _)| prefix.len() >= 3));
        assert!(grams().len() < 560, "{}: the more there are, the more clean text stops", grams().len());
    }
}
