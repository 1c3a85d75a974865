mod properties;

use super::*;

const HOSTILE: &str = include_str!("cases/hostile.txt");
const BENIGN: &str = include_str!("cases/benign.txt");

/// One message of a table: the heading above it with its line, what is found in it, its text.
pub(super) struct Case {
    name: String,
    kind: Option<Kind>,
    pub(super) text: String,
}

pub(super) fn hostile() -> Vec<Case> {
    cases(HOSTILE, |line| {
        let (kind, text) = line.split_once('|').unwrap();
        let kind = match kind {
            "script" => Kind::Script,
            "handler" => Kind::Handler,
            "embedded" => Kind::Embedded,
            "redirect" => Kind::Redirect,
            "style" => Kind::Style,
            "script_url" => Kind::ScriptUrl,
            "data_url" => Kind::DataUrl,
            other => panic!("{other}"),
        };
        (Some(kind), text)
    })
}

pub(super) fn benign() -> Vec<Case> {
    cases(BENIGN, |line| (None, line))
}

fn cases(table: &str, read: impl Fn(&str) -> (Option<Kind>, &str)) -> Vec<Case> {
    let mut heading = None;
    let mut cases = Vec::new();
    for (number, line) in table.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        if let Some(text) = line.strip_prefix("=== ") {
            heading = Some(text);
        } else if let Some(heading) = heading {
            let (kind, text) = read(line);
            cases.push(Case { name: format!("{heading}, line {}", number + 1), kind, text: written(text) });
        }
    }
    cases
}

/// `⏎` and `⟦200b⟧` as what they stand for.
fn written(line: &str) -> String {
    let line = line.replace('⏎', "\n");
    let mut parts = line.split('⟦');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('⟧').unwrap();
        text.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        text.push_str(rest);
    }
    text
}

/// Every case whose verdict is not the expected one.
fn wrong(cases: &[Case]) -> Vec<String> {
    let verdicts = cases.iter().map(|case| (case, check(&case.text).err()));
    verdicts
        .filter(|(case, found)| found.as_ref().map(|found| found.kind) != case.kind)
        .map(|(case, found)| format!("{}: {:?} has {found:?}, not {:?}", case.name, case.text, case.kind))
        .collect()
}

#[test]
fn active_content_is_found_and_named() {
    let cases = hostile();
    assert!(cases.len() >= 150, "{}", cases.len());
    let wrong = wrong(&cases);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn prose_and_code_are_let_through() {
    let cases = benign();
    assert!(cases.len() >= 500, "{}", cases.len());
    let wrong = wrong(&cases);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn no_case_is_there_twice() {
    let mut texts: Vec<String> = hostile().into_iter().chain(benign()).map(|case| case.text).collect();
    texts.sort();
    let twice: Vec<_> = texts.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn the_place_is_counted_in_characters_of_the_message_as_it_was_written() {
    let at = |text: &str| check(text).unwrap_err().at;
    assert_eq!(at("<script>alert(1)</script>"), 0);
    assert_eq!(at("été : <script>alert(1)</script>"), 6);
    assert_eq!(at("a\u{200b}b &amp;lt;script>alert(1)&lt;/script>"), 4);
    assert_eq!(at("`code` %3Cimg src=x onerror=alert(1)%3E"), 7);
    assert_eq!(at("un [lien](javascript:alert(1))"), 10);
}

#[test]
fn an_excerpt_is_short_and_holds_nothing_that_is_markup_or_unseen() {
    for case in hostile() {
        let found = check(&case.text).unwrap_err();
        assert!(found.excerpt.chars().count() <= EXCERPT, "{}", found.excerpt);
        let bad = |c: char| {
            matches!(c, '<' | '>' | '&' | '"' | '\'' | '`') || glyphs::invisible(c) || c.is_control()
        };
        assert!(!found.excerpt.contains(bad), "{}: {:?}", case.name, found.excerpt);
    }
    assert_eq!(
        check("<img src=\"x\"\u{200b}onerror=alert(1)>").unwrap_err().excerpt,
        "‹img src=’x’·onerror=alert(1)›"
    );
}
