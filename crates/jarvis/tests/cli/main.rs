//! The binary as an operator meets it: its lines, its exit codes, its start and its end.

#![cfg(test)]

mod audit;
mod keys;
mod limit;
mod people;
mod process;
mod production;
mod quiet;
mod redact;
mod serve;
mod settings;
mod user;

use process::{Home, PASSWORD};

#[test]
fn every_command_explains_itself() {
    let home = Home::new();
    for command in [
        &[][..],
        &["serve"],
        &["user"],
        &["user", "add"],
        &["user", "set-role"],
        &["redact"],
        &["check-config"],
        &["openapi"],
    ] {
        let mut words = command.to_vec();
        words.push("--help");
        let told = home.run(&words, &[], "");
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{command:?}");
        assert!(told.out.contains("Usage: jarvis"), "{command:?}: {}", told.out);
    }
    let told = home.run(&["--help"], &[], "");
    for name in ["serve", "user", "redact", "check-config", "openapi", "--config", "--set"] {
        assert!(told.out.contains(name), "{name}: {}", told.out);
    }
    let version = home.run(&["--version"], &[], "");
    assert_eq!((version.code, version.out), (0, format!("jarvis {}\n", env!("CARGO_PKG_VERSION"))));
    // Looking at the help must leave nothing behind.
    assert_eq!(home.files(), Vec::<String>::new());
}

#[test]
fn a_command_line_that_is_not_understood_is_told_so() {
    let home = Home::new();
    for words in [
        &[][..],
        &["srve"],
        &["serve", "--port", "80"],
        &["user"],
        &["user", "add"],
        &["user", "add", "--username", "ada"],
        &["user", "disable"],
        &["user", "set-role", "ada"],
        &["user", "delete", "ada"],
        &["serve", "--set", "BIND"],
        &["user", "add", "--username", "ada", "--email", "ada@example.org", "--role", "owner"],
        &["user", "add", "--username", "ada", "--email", "ada@example.org", "--password", PASSWORD],
    ] {
        let told = home.run(words, &[], "");
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{words:?}");
        assert!(told.err.contains("Usage:") || told.err.contains("error:"), "{words:?}: {}", told.err);
    }
    assert_eq!(home.files(), Vec::<String>::new());
}

#[test]
fn the_api_is_described_without_any_setting_or_file() {
    let home = Home::new();
    let told = home.run(&["openapi"], &[("BIND", "nonsense")], "");
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let document: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    assert!(document["paths"]["/auth/login"]["post"].is_object());
    assert_eq!(home.files(), Vec::<String>::new());
}
