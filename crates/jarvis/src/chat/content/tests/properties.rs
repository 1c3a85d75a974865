use proptest::prelude::*;

use super::super::{check, glyphs::READS};
use super::{Case, hostile};

/// What tags, addresses, disguises and code are made of.
const PIECES: [&str; 52] = [
    "<",
    ">",
    "/",
    "=",
    "\"",
    "'",
    "`",
    "```",
    "~~~",
    "\n",
    " ",
    "\t",
    "<a ",
    "<a",
    "<b x=",
    "<script",
    "<script>",
    "</script",
    "</script>",
    "<style>",
    "</style",
    "<img ",
    "onerror=",
    "onclick",
    "src=",
    "javascript:",
    "data:",
    "data:text/html,",
    "vbscript",
    ":",
    "alert(1)",
    "alert",
    "(",
    ")",
    "(s)",
    "import",
    "&",
    "&#",
    "&#60;",
    "&lt",
    "&amp;",
    "%",
    "%3c",
    "%25",
    "%c0",
    "\\",
    "\\x3c",
    "\\u{3c}",
    "\u{200b}",
    "\0",
    "＜",
    "expression(",
];
/// What a message may hold, in characters.
const LONGEST: usize = 10_000;
/// Looks at a character of the message, for each of its characters: six layers at most, each read by every part of the search.
const MOST_READS: usize = 120;

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Hostile messages in which a character more or less does not move where code begins and ends.
fn without_code() -> Vec<String> {
    let plain = |case: &Case| !case.text.contains('`') && !case.text.contains("~~~");
    hostile().into_iter().filter(plain).map(|case| case.text).collect()
}

/// Those that wear no disguise: within one, another breaks it, for browsers too.
fn undisguised(text: &str) -> bool {
    !text.contains(['&', '%', '\\', '＆', '％'])
}

/// A hostile message and, for each of its characters, whether that is to be disguised.
fn disguises() -> impl Strategy<Value = (String, Vec<bool>)> {
    prop::sample::select(without_code()).prop_flat_map(|text| {
        let chances = prop::collection::vec(prop::bool::weighted(0.2), text.chars().count());
        (Just(text), chances)
    })
}

fn disguised(text: &str, chosen: &[bool], how: impl Fn(char) -> String) -> String {
    let pairs = text.chars().zip(chosen);
    pairs.map(|(c, chosen)| if *chosen { how(c) } else { c.to_string() }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_has_a_verdict_that_points_into_it(text in pieces()) {
        if let Err(found) = check(&text) {
            prop_assert!(found.at < text.chars().count());
        }
    }

    #[test]
    fn any_text_in_a_fence_is_let_through(text in pieces(), tilde in any::<bool>()) {
        let mark = if tilde { "~" } else { "`" };
        let longest = text.split(|c: char| mark.chars().all(|mark| mark != c)).map(str::len).max().unwrap_or(0);
        let fence = mark.repeat(longest.max(2) + 1);
        prop_assert_eq!(check(&format!("{fence}\n{text}\n{fence}")), Ok(()));
        prop_assert_eq!(check(&format!("Look:\n\n{fence}html\n{text}")), Ok(()));
    }

    #[test]
    fn invisible_characters_disguise_nothing(
        (text, chosen) in disguises(),
        unseen in prop::sample::select(&['\u{200b}', '\u{200d}', '\u{ad}', '\u{feff}', '\u{2060}', '\u{1}', '\0', '\u{fe0f}', '\u{202e}'][..]),
    ) {
        let text = disguised(&text, &chosen, |c| format!("{c}{unseen}"));
        prop_assert!(check(&text).is_err(), "{text:?}");
    }

    #[test]
    fn character_references_disguise_nothing((text, chosen) in disguises(), form in 0..5) {
        let whole = vec![true; chosen.len()];
        let text = disguised(&text, if undisguised(&text) { &chosen } else { &whole }, |c| match form {
            0 => format!("&#{};", u32::from(c)),
            1 => format!("&#x{:x};", u32::from(c)),
            2 => format!("&#X{:06X};", u32::from(c)),
            3 => format!("&#{:07};", u32::from(c)),
            _ => format!("&amp;#{};", u32::from(c)),
        });
        // Five layers.
        prop_assume!(form != 4 || !text.contains("&amp;#50;&amp;#53;&amp;#50;&amp;#53;"));
        prop_assert!(check(&text).is_err(), "{text:?}");
    }

    #[test]
    fn percent_encoding_disguises_nothing((text, chosen) in disguises()) {
        let whole = vec![true; chosen.len()];
        let text = disguised(&text, if undisguised(&text) { &chosen } else { &whole }, |c| {
            c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect()
        });
        prop_assert!(check(&text).is_err(), "{text:?}");
    }

    #[test]
    fn capitals_and_full_width_letters_disguise_nothing((text, chosen) in disguises(), wide in any::<bool>()) {
        if !undisguised(&text) {
            return Ok(());
        }
        let text = disguised(&text, &chosen, |c| match c {
            'a'..='z' if wide => char::from_u32(u32::from(c) + 0xFEE0).unwrap().to_string(),
            _ => c.to_ascii_uppercase().to_string(),
        });
        prop_assert!(check(&text).is_err(), "{text:?}");
    }
}

proptest! {
    // Each reads a message of the greatest length.
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_work_grows_with_the_length_alone(unit in prop::collection::vec(prop::sample::select(&PIECES[..]), 1..5)) {
        let unit = unit.concat();
        let text: String = unit.chars().cycle().take(LONGEST).collect();
        READS.set(0);
        let _verdict = check(&text);
        prop_assert!(READS.get() <= MOST_READS * LONGEST, "{} for {unit:?}", READS.get() / LONGEST);
    }

    #[test]
    fn the_work_grows_with_the_length_alone_in_a_mixture_too(text in prop::collection::vec(prop::sample::select(&PIECES[..]), 3_000)) {
        let text = text.concat();
        READS.set(0);
        let _verdict = check(&text);
        prop_assert!(READS.get() <= MOST_READS * text.chars().count(), "{}", READS.get() / text.len());
    }
}

/// Shapes that a search which looks ahead from each of its steps would read again and again.
#[test]
fn no_shape_makes_the_work_grow_faster_than_the_length() {
    let shapes = [
        "<a ",
        "<a",
        "<a x=",
        "<a x=\"",
        "<a x='<a y=\"",
        "<a b <c d=",
        "<script ",
        "<script>",
        "<script><a>",
        "</script>",
        "<style>",
        "<script>a ",
        "javascript:",
        "javascript:\n",
        "=\"javascript:",
        "= 'javascript: ,",
        "t:",
        "\n:",
        "data:",
        "data:text/html",
        "data:text/html,x",
        "&",
        "&#",
        "&#0",
        "&#x",
        "&a",
        "%",
        "%u",
        "%2",
        "%25",
        "\\",
        "\\u{",
        "( ",
        "alert ",
        "=",
        "= ",
        "a =",
        "`",
        "` ``",
        "~~~\n",
        "> ```\n",
        "* ",
        "[",
        "](",
        "<",
        "<!--",
        "| ` ",
        "* a\n  ```\n",
        "\u{200b}",
        "＜",
        "<x:",
        "/<aonerror=",
        "/<a style=",
        "/<a x='",
        "/<a b\"c=",
    ];
    for shape in shapes {
        let text: String = shape.chars().cycle().take(LONGEST).collect();
        READS.set(0);
        assert_eq!(check(&text), Ok(()), "{shape:?}");
        assert!(READS.get() <= MOST_READS * LONGEST, "{} for {shape:?}", READS.get() / LONGEST);
    }
}
