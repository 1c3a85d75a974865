//! The labelled set: nothing of a secret survives, and what is none stays.

#![cfg(test)]

use jarvis_redact::redact;

const SET: &str = include_str!("labelled/set.txt");
const LETTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";
/// So many letters of a secret in a row give it away.
const TELLING: usize = 3;

struct Case {
    kind: String,
    number: usize,
    /// Pieces of the line, and whether each is secret.
    pieces: Vec<(String, bool)>,
    positive: bool,
}

impl Case {
    fn text(&self) -> String {
        self.pieces.iter().map(|(piece, _)| piece.as_str()).collect()
    }

    fn spelled(&self, spell: impl Fn(&str) -> String, before: &str, after: &str) -> Self {
        let mut pieces = vec![(before.to_owned(), false)];
        pieces.extend(self.pieces.iter().map(|(piece, secret)| (spell(piece), *secret)));
        pieces.push((after.to_owned(), false));
        Self { kind: self.kind.clone(), number: self.number, pieces, positive: self.positive }
    }

    /// What of the secrets is in `masked` and is not in the rest of the line anyway.
    fn leaks(&self, masked: &str) -> Vec<String> {
        let open: Vec<&str> =
            self.pieces.iter().filter(|(_, secret)| !secret).map(|(piece, _)| piece.as_str()).collect();
        let secrets = self.pieces.iter().filter(|(_, secret)| *secret);
        let parts = secrets.flat_map(|(secret, _)| {
            let letters: Vec<char> = secret.chars().collect();
            let size = letters.len().min(TELLING);
            letters.windows(size).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>()
        });
        let told = |part: &String| masked.contains(part.as_str()) && part.chars().any(char::is_alphanumeric);
        parts.filter(|part| told(part) && !open.iter().any(|piece| piece.contains(part.as_str()))).collect()
    }
}

/// Made-up letters, the same at each run.
fn expand(text: &str, seed: usize) -> String {
    let mut state = u64::try_from(seed).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut next = |from: &str| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        from.chars().nth(usize::try_from(state >> 33).unwrap() % from.len()).unwrap()
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('{') {
        out.push_str(head);
        let made = tail.split_once('}').and_then(|(inside, after)| {
            let (alphabet, count) = inside.split_once(':')?;
            let alphabet = match alphabet {
                "62" => &LETTERS[..62],
                "64" => LETTERS,
                "AZ" => &LETTERS[..36],
                "hex" => "0123456789abcdef",
                "az" => &LETTERS[36..62],
                "09" => &LETTERS[..10],
                _ => return None,
            };
            let count: usize = count.parse().ok()?;
            Some(((0..count).map(|_| next(alphabet)).collect::<String>(), after))
        });
        match made {
            Some((letters, after)) => {
                out.push_str(&letters);
                rest = after;
            }
            None => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The cases, with letters made up from `seed`.
fn cases_of(seed: usize) -> Vec<Case> {
    let mut kind = String::new();
    let mut cases = Vec::new();
    for (number, line) in SET.lines().enumerate() {
        let number = number + 1;
        if let Some(name) = line.strip_prefix("## ") {
            kind = name.to_owned();
        } else if let Some(text) = line.strip_prefix("- ") {
            cases.push(Case {
                kind: kind.clone(),
                number,
                pieces: vec![(text.to_owned(), false)],
                positive: false,
            });
        } else if let Some(text) = line.strip_prefix("+ ") {
            let mut pieces = Vec::new();
            for (place, piece) in text.split(['⟦', '⟧']).enumerate() {
                pieces.push((expand(piece, (number * 100 + place) * 10 + seed), place % 2 == 1));
            }
            assert!(pieces.len() >= 3 && pieces.len() % 2 == 1, "line {number}: {text}");
            cases.push(Case { kind: kind.clone(), number, pieces, positive: true });
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "line {number}: {line}");
        }
    }
    cases
}

fn cases() -> Vec<Case> {
    cases_of(0)
}

fn as_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

type Spelling = (&'static str, fn(&Case) -> Case);

/// The same line as a log may have it.
const SPELLINGS: [Spelling; 8] = [
    ("as it is", |case| case.spelled(str::to_owned, "", "")),
    ("with a line end", |case| case.spelled(str::to_owned, "", "\r\n")),
    ("behind other text", |case| {
        case.spelled(
            str::to_owned,
            "2026-11-22T13:08:57.586093Z  INFO jarvis::http: answered ",
            " status=200",
        )
    }),
    ("far into a line", |case| case.spelled(str::to_owned, &"lorem ipsum dolor sit amet ".repeat(5), "")),
    ("in JSON", |case| {
        case.spelled(as_json, "{\"level\":\"INFO\",\"message\":\"", "\",\"request_id\":\"7\"}")
    }),
    ("in JSON in JSON", |case| {
        case.spelled(
            |text| as_json(&as_json(text)),
            "{\"message\":\"{\\\"body\\\":\\\"",
            "\\\",\\\"n\\\":1}\"}",
        )
    }),
    ("as Rust prints it", |case| case.spelled(|text| text.escape_debug().to_string(), "Some(\"", "\")")),
    ("in brackets", |case| case.spelled(str::to_owned, "(", ")")),
];

#[test]
fn nothing_of_a_secret_survives() {
    let cases: Vec<Case> = (0..10).flat_map(cases_of).collect();
    let positives: Vec<&Case> = cases.iter().filter(|case| case.positive).collect();
    let mut leaks = Vec::new();
    let mut tried = 0;
    for (spelling, spell) in SPELLINGS {
        for case in positives.iter().map(|case| spell(case)) {
            tried += 1;
            let text = case.text();
            let masked = redact(&text);
            let told = case.leaks(&masked);
            if !told.is_empty() {
                leaks.push(format!(
                    "line {} ({}), {spelling}:\n    {text}\n    {masked}",
                    case.number, case.kind
                ));
            }
        }
    }
    let mut kinds: Vec<&str> = cases.iter().map(|case| case.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    println!(
        "{} kinds, {} lines with a secret, {tried} spellings, {} leaks",
        kinds.len(),
        positives.len(),
        leaks.len()
    );
    assert!(leaks.is_empty(), "{}\n{} leaks", leaks.join("\n"), leaks.len());
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
}

#[test]
fn what_is_no_secret_stays() {
    let cases = cases();
    let negatives: Vec<&Case> = cases.iter().filter(|case| !case.positive).collect();
    let mut touched = Vec::new();
    let mut tried = 0;
    for (spelling, spell) in SPELLINGS {
        for case in negatives.iter().map(|case| spell(case)) {
            tried += 1;
            let text = case.text();
            let masked = redact(&text);
            if masked != text {
                touched.push(format!(
                    "line {} ({}), {spelling}:\n    {text}\n    {masked}",
                    case.number, case.kind
                ));
            }
        }
    }
    println!("{} lines without a secret, {tried} spellings, {} touched", negatives.len(), touched.len());
    println!("{}", touched.join("\n"));
    assert!(touched.len() * 50 <= tried, "{} of {tried} touched", touched.len());
}

#[test]
fn the_text_around_a_secret_stays() {
    let cases = cases();
    let (mut all, mut kept) = (0, 0);
    for case in cases.iter().filter(|case| case.positive) {
        let masked = redact(&case.text()).into_owned();
        for word in
            case.pieces.iter().filter(|(_, secret)| !secret).flat_map(|(piece, _)| piece.split_whitespace())
        {
            all += 1;
            kept += usize::from(masked.contains(word));
            if !masked.contains(word) {
                println!("line {}: {word:?} is gone: {masked}", case.number);
            }
        }
    }
    println!("{kept} of {all} words around secrets kept");
    assert!(kept * 100 >= all * 98, "{kept} of {all}");
}

#[test]
fn a_json_event_is_json_afterwards() {
    let mut broken = Vec::new();
    for (spelling, spell) in SPELLINGS.iter().filter(|(name, _)| name.contains("JSON")) {
        for case in cases().iter().map(spell) {
            let masked = redact(&case.text()).into_owned();
            if serde_json::from_str::<serde_json::Value>(&masked).is_err() {
                broken.push(format!("line {}, {spelling}: {masked}", case.number));
            }
        }
    }
    for case in cases() {
        let text = case.text();
        let masked = redact(&text).into_owned();
        let valid = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        if text.starts_with(['{', '[']) && valid(&text) && !valid(&masked) {
            broken.push(format!("line {}: {masked}", case.number));
        }
    }
    assert!(broken.is_empty(), "{}\n{} broken", broken.join("\n"), broken.len());
}

#[test]
fn twice_is_once() {
    for (spelling, spell) in SPELLINGS {
        for case in cases().iter().map(spell) {
            let once = redact(&case.text()).into_owned();
            assert_eq!(redact(&once), once, "line {}, {spelling}", case.number);
        }
    }
}
