//! What holds for any text at all.

#![cfg(test)]

use std::borrow::Cow;

use jarvis_redact::{Lines, push_visible, redact, redact_bytes};
use proptest::prelude::*;

/// Pieces from which recognisers are fooled most easily.
const PIECES: [&str; 96] = [
    "password",
    "pass",
    "pwd",
    "token",
    "secret",
    "code",
    "otp",
    "api_key",
    "key",
    "authorization",
    "cookie",
    "set-cookie",
    "Bearer",
    "Basic",
    "mot de passe",
    "clé API",
    "-u ",
    "--user ",
    "--password ",
    "mysql -p",
    "name",
    "value",
    "is ",
    "est ",
    "=",
    ":",
    ": ",
    "=>",
    "\"",
    "\\\"",
    "\\\\\\\"",
    "'",
    "\\'",
    "`",
    "“",
    "”",
    "«",
    "»",
    "&quot;",
    "%22",
    "%3D",
    "%26",
    "\\u0022",
    "\\u003d",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "</",
    ",",
    ", ",
    ";",
    "; ",
    "&",
    "&amp;",
    "?",
    "#",
    "/",
    "://",
    "@",
    "%40",
    ".",
    "-",
    "--",
    "-----BEGIN A-----",
    "-----END A-----",
    "\\n",
    "\n",
    "\r\n",
    "\\r\\n\\r\\n",
    "\t",
    " ",
    "\u{a0}",
    "\u{202f}",
    "\u{200b}",
    "\0",
    "***",
    "null",
    "eyJhbGciOiJ9.",
    "ghp_",
    "jrv_",
    "sk-",
    "AKIA",
    "4111 1111 1111 1111",
    "06 39 98 12 34",
    "198.51.100.7",
    "2001:db8:1::7",
    "ada@example.org",
    "FR76",
    "Some(",
    "Secret(..)",
    "é",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        2 => "[a-z0-9]{1,12}",
        1 => "\\PC{1,6}",
        1 => "[ -~]{1,10}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A secret that nothing else in a text can be: its letters are in no piece above.
fn secret() -> impl Strategy<Value = String> {
    "Q[QXZ0-9]{6,30}Z"
}

fn survives(masked: &str, secret: &str) -> bool {
    [&secret[..5], &secret[2..7], &secret[secret.len() - 5..]].iter().any(|part| masked.contains(part))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once(text in text()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(&*redact(&once), &*once);
    }

    #[test]
    fn any_bytes_are_fine_and_twice_is_once(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let masked = redact_bytes(&bytes).into_owned();
        prop_assert_eq!(&*redact_bytes(&masked), &*masked);
    }

    #[test]
    fn text_stays_text(text in text()) {
        let masked = redact_bytes(text.as_bytes()).into_owned();
        prop_assert!(String::from_utf8(masked).is_ok(), "{}", text);
    }

    #[test]
    fn a_value_does_not_survive_whatever_surrounds_it(
        before in "[a-z ,.]{0,40}",
        name in prop::sample::select(&["password", "PASSWORD", "user_password", "client-secret", "apiKey", "access_token", "mot_de_passe"][..]),
        sign in prop::sample::select(&["=", ": ", ":", " = ", "%3D", "=\"", "='", "\": \"", "\\\":\\\"", "\\\\\\\":\\\\\\\"", "' => '", "&quot;:&quot;", "=Some(\""][..]),
        secret in secret(),
        after in prop::sample::select(&["", " ", "\n", "\"", "\\\"", "'", "\"}", "\\\"}\"}", ", next", "; next", "&next=1", ") x", "</password>", "%26a", "&quot;", "\u{a0}x", "."][..]),
        rest in text(),
    ) {
        let text = format!("{before} {name}{sign}{secret}{after}{rest}");
        let masked = redact(&text);
        prop_assert!(!survives(&masked, &secret), "{}\n{}", text, masked);
    }

    #[test]
    fn a_key_does_not_survive_whatever_surrounds_it(
        before in text(),
        gap in prop::sample::select(&[" ", "\"", "=", "/", "\\n", "%3D", "(", "\t", ",", "\u{a0}", "«"][..]),
        prefix in prop::sample::select(&["ghp_", "jrv_", "jri_", "xoxb-", "glpat-", "AKIA", "npm_", "hvs.", "sk-"][..]),
        secret in "Q[QXZ0-9]{26,30}Z",
        after in prop::sample::select(&["", " ", "\"", "'", ".", ",", ")", "\\n", "&", "%26", "\\\"", "\n"][..]),
        rest in text(),
    ) {
        let text = format!("{before}{gap}{prefix}{secret}{after}{rest}");
        let masked = redact(&text);
        prop_assert!(!survives(&masked, &secret), "{}\n{}", text, masked);
    }

    #[test]
    fn an_address_does_not_survive_whatever_surrounds_it(
        before in text(),
        gap in prop::sample::select(&[" ", "\"", "=", "<", "(", "mailto:", ",", ":"][..]),
        name in "q[qxz]{7,12}z",
        after in prop::sample::select(&["", " ", "\"", ">", ")", ",", ". ", "/x", "?a=1"][..]),
        rest in text(),
    ) {
        let text = format!("{before}{gap}{name}@example.org{after}{rest}");
        let masked = redact(&text);
        prop_assert!(!survives(&masked, &name), "{}\n{}", text, masked);
    }

    #[test]
    fn a_card_does_not_survive(before in "[a-z ]{0,20}[ \"=:,(]", sep in "[ -]?", after in "([ .,;)\"\n][a-z ]{0,10})?") {
        let card = ["4111", "1111", "1111", "1111"].join(&sep);
        let masked = redact(&format!("{before}{card}{after}")).into_owned();
        prop_assert!(!masked.contains("1111"), "{}", masked);
    }

    #[test]
    fn prose_is_borrowed_and_unchanged(words in prop::collection::vec("[b-dg-jl-ru-z][a-z]{0,3}[bdgjlmq]", 0..60)) {
        let text = words.join(" ");
        prop_assert!(matches!(redact(&text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn lines_are_masked_as_alone(texts in prop::collection::vec(text(), 0..6)) {
        // But for the blocks that go over several of them.
        let texts: Vec<String> = texts.iter().map(|text| text.replace("BEGIN", "").replace(['\n', '\r'], " ")).collect();
        let mut lines = Lines::default();
        let mut out = Vec::new();
        texts.iter().for_each(|text| lines.push(format!("{text}\n").as_bytes(), &mut out));
        let alone: String = texts.iter().map(|text| format!("{}\n", redact(text))).collect();
        prop_assert_eq!(String::from_utf8(out).unwrap(), alone);
    }

    #[test]
    fn what_is_made_visible_is_one_line(text in text(), control in any::<char>()) {
        let mut line = Vec::new();
        push_visible(&format!("{text}{control}"), &mut line);
        let line = String::from_utf8(line).unwrap();
        prop_assert!(!line.contains(jarvis_redact::forges));
        prop_assert_eq!(line.lines().count(), usize::from(!line.is_empty()));
    }
}

#[test]
fn a_block_over_several_lines_is_masked() {
    let mut lines = Lines::default();
    let mut out = Vec::new();
    let text = "before\n-----BEGIN PRIVATE KEY-----\r\nQUJDREVGR0hJSktMTU5PUA==\nnot+base64/QUJD\n-----END PRIVATE KEY-----\nafter\n";
    text.split_inclusive('\n').for_each(|line| lines.push(line.as_bytes(), &mut out));
    assert_eq!(String::from_utf8(out).unwrap(), "before\n***\r\n***\n***\n***\nafter\n");
}

#[test]
fn a_block_that_never_ends_swallows_no_log() {
    let mut lines = Lines::default();
    let mut out = Vec::new();
    for line in [
        "-----BEGIN PRIVATE KEY-----\n",
        "QUJDREVGR0hJSktMTU5PUA==\n",
        "2026-11-22 the server goes on, and on\n",
        "and on\n",
    ] {
        lines.push(line.as_bytes(), &mut out);
    }
    assert_eq!(String::from_utf8(out).unwrap(), "***\n***\n2026-11-22 the server goes on, and on\nand on\n");
}
