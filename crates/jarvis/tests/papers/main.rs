//! What SECURITY.md, docs/security.md and docs/asvs.md say is there is there: each test, each file, each count. And what they say of the
//! sources as a whole, which no test from outside can see.

#![cfg(test)]

mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const PAPERS: [&str; 3] = ["SECURITY.md", "docs/security.md", "docs/asvs.md"];
/// Short for the folders that are named most.
const PLACES: [(&str, &str); 7] = [
    ("api/", "crates/jarvis/tests/api/"),
    ("cli/", "crates/jarvis/tests/cli/"),
    ("src/", "crates/jarvis/src/"),
    ("crypto/", "crates/jarvis-crypto/"),
    ("llm/", "crates/jarvis-llm/"),
    ("redact/", "crates/jarvis-redact/"),
    ("papers/", "crates/jarvis/tests/papers/"),
];
/// How a name of a file ends.
const KINDS: [&str; 9] = [".rs", ".ts", ".tsx", ".md", ".toml", ".json", ".sh", ".sql", ".txt"];
/// ASVS 5.0.0 has 345 requirements in these many chapters.
const REQUIREMENTS: usize = 345;
/// Parts of the names of crates that encrypt, sign, hash or make random numbers.
const CRYPTOGRAPHY: [&str; 31] = [
    "aes",
    "argon2",
    "aws-lc-rs",
    "bcrypt",
    "blake",
    "chacha20",
    "crypto-glue",
    "curve25519",
    "ecdsa",
    "ed25519",
    "getrandom",
    "hkdf",
    "hmac",
    "md-5",
    "oauth2",
    "openidconnect",
    "p256",
    "p384",
    "p521",
    "pbkdf2",
    "poly1305",
    "ring",
    "rsa",
    "rustls",
    "scrypt",
    "sha1",
    "sha2",
    "sha3",
    "subtle",
    "webauthn-rs",
    "zeroize",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below `folder` whose name ends so, with its text.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_dir() {
                walk(&path, endings, found);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("    ")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn whole(path: &str) -> String {
    let place =
        PLACES.iter().find_map(|(short, long)| path.strip_prefix(short).map(|rest| format!("{long}{rest}")));
    place.unwrap_or_else(|| path.to_owned())
}

/// What is wrong with one reference; nothing, if it is none.
fn fault(reference: &str) -> Option<String> {
    if let Some((path, test)) = reference.split_once("::") {
        // A path of Rust's own, like `sqlx::query`, has no file before it.
        if !KINDS.iter().any(|kind| path.ends_with(kind)) {
            return None;
        }
        let Ok(text) = fs::read_to_string(root().join(whole(path))) else {
            return Some(format!("there is no file {path}"));
        };
        return (!is_test(&text, path, test)).then(|| format!("{path} has no test {test:?}"));
    }
    let is_file =
        reference.contains('/') && !reference.starts_with('/') && !reference.contains([' ', '<', '*']);
    if is_file
        && KINDS.iter().any(|kind| reference.ends_with(kind))
        && !root().join(whole(reference)).is_file()
    {
        return Some(format!("there is no file {reference}"));
    }
    None
}

fn is_test(text: &str, path: &str, test: &str) -> bool {
    if !path.ends_with(".rs") {
        return ["it(\"", "it.each("].iter().any(|call| text.contains(call))
            && text.contains(&format!("(\"{test}\""));
    }
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let attribute = |line: &&str| {
        line.starts_with("#[test") || line.starts_with("#[tokio::test") || line.starts_with("#[ignore")
    };
    let names = [format!("fn {test}("), format!("async fn {test}(")];
    let stands = |line: &str| names.iter().any(|name| line.starts_with(name.as_str()));
    // Inside `proptest!` and other macros the attribute stands there too.
    lines
        .iter()
        .enumerate()
        .any(|(number, line)| stands(line) && lines[..number].iter().rev().take(4).any(attribute))
}

#[test]
fn every_test_and_file_that_is_named_is_there() {
    let mut faults = Vec::new();
    let mut named = 0;
    for paper in PAPERS {
        let text = read(paper);
        for reference in quoted(&text) {
            named += usize::from(reference.contains("::"));
            faults.extend(fault(reference).map(|fault| format!("{paper}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} of {named}:\n{}", faults.len(), faults.join("\n"));
    assert!(named > 300, "{named}");
}

/// A row of docs/asvs.md.
struct Row {
    id: String,
    level: String,
    status: String,
    check: String,
}

fn rows() -> Vec<Row> {
    let text = read("docs/asvs.md");
    let cells = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let number = cells[0].split('.').filter(|part| part.parse::<u8>().is_ok()).count();
        (number == 3 && cells.len() > 1).then_some(cells)
    });
    cells
        .map(|cells| {
            let [id, level, _, status, check] = cells[..] else { panic!("not five cells: {cells:?}") };
            let [id, level, status, check] = [id, level, status, check].map(str::to_owned);
            Row { id, level, status, check }
        })
        .collect()
}

#[test]
fn every_requirement_has_one_row_and_what_is_held_has_a_check() {
    let mut faults = Vec::new();
    let mut seen = BTreeMap::new();
    for row in rows() {
        *seen.entry(row.id.clone()).or_insert(0) += 1;
        let known =
            ["held", "gap", "n/a"].contains(&row.status.as_str()) || row.status.starts_with("not yet (");
        let checked = quoted(&row.check)
            .any(|word| word.contains('/') || word.ends_with(".md") || word.ends_with(".toml"));
        if !known || !["1", "2", "3", "-"].contains(&row.level.as_str()) {
            faults.push(format!("{}: {} {}", row.id, row.level, row.status));
        } else if row.status == "held" && !checked {
            faults.push(format!("{} is held by nothing", row.id));
        } else if row.status != "held" && row.check.len() < 4 {
            faults.push(format!("{} does not say why", row.id));
        }
    }
    faults.extend(seen.iter().filter(|(_, times)| **times > 1).map(|(id, _)| format!("{id} stands twice")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(seen.len(), REQUIREMENTS);
}

#[test]
fn the_numbers_at_the_top_are_those_of_the_rows() {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let kinds = ["held", "gap", "not yet", "n/a"];
    for row in rows() {
        let kind = kinds.into_iter().find(|kind| row.status.starts_with(kind)).unwrap();
        *counts.entry((row.level, kind)).or_default() += 1;
    }
    let text = read("docs/asvs.md");
    for level in ["1", "2", "3"] {
        let count = |kind| counts.get(&(level.to_owned(), kind)).copied().unwrap_or_default();
        let [held, gap, later, none] = kinds.map(count);
        let line = format!("| L{level} | {held} | {gap} | {later} | {none} |");
        assert!(text.contains(&line), "docs/asvs.md should say {line}");
    }
}

#[test]
fn the_inventory_names_every_crate_of_cryptography() {
    let (lock, inventory) = (read("Cargo.lock"), read("docs/security.md"));
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let belongs = |name: &&str| {
        CRYPTOGRAPHY.iter().any(|part| {
            *name == *part
                || name.starts_with(&format!("{part}-"))
                || (part.len() > 4 && name.starts_with(part))
        })
    };
    let missing: Vec<&str> =
        names.filter(belongs).filter(|name| !inventory.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in docs/security.md: {missing:?}");
}
