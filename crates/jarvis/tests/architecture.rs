//! The rules of docs/architecture.md that a machine can check, read from the sources.

#![cfg(test)]

use std::fs;
use std::path::Path;

/// Files over this many lines are doing too much.
const MAX_LINES: usize = 400;
const FEATURES: [&str; 8] = ["auth", "users", "people", "chat", "models", "live", "health", "vault"];
/// Which feature may name which: (from, to). `live::socket` is at the top, like the APIs, and not a feature.
const EDGES: [(&str, &str); 10] = [
    ("auth", "users"),
    ("auth", "vault"),
    ("people", "vault"),
    ("people", "auth"),
    ("people", "users"),
    ("chat", "auth"),
    ("chat", "models"),
    ("chat", "live"),
    ("chat", "vault"),
    ("health", "models"),
];

struct Source {
    /// Below `src` or `tests`, without `.rs`: `chat/store`.
    module: String,
    text: String,
}

impl Source {
    fn is(&self, allowed: &[&str]) -> bool {
        allowed.iter().any(|module| self.module == *module || self.module.starts_with(&format!("{module}/")))
    }

    fn part(&self, name: &str) -> bool {
        self.module.split('/').any(|part| part == name)
    }

    fn feature(&self) -> &str {
        self.module.split('/').next().unwrap()
    }

    /// The code without comments, unit tests and without derives of column types, which are data and not queries.
    fn code(&self) -> String {
        let code = self.text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines
            .map(|line| line.replace("sqlx::Type", "").replace("sqlx::FromRow", "").replace("#[sqlx(", ""))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn sources(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, base: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let module = path.strip_prefix(base).unwrap().with_extension("").display().to_string();
                found.push(Source { module, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    walk(&base, &base, &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

#[test]
fn axum_stays_at_the_top() {
    for source in sources("src").iter().filter(|source| source.code().contains("axum::")) {
        let top = source.is(&["server", "http", "app", "auth/gate", "live/socket"]) || source.part("api");
        assert!(top, "{} names axum", source.module);
    }
}

#[test]
fn sql_stays_in_the_stores() {
    for source in sources("src").iter().filter(|source| source.code().contains("sqlx::")) {
        assert!(source.is(&["db"]) || source.part("store"), "{} names sqlx", source.module);
    }
}

#[test]
fn models_are_spoken_to_in_three_places() {
    for source in sources("src").iter().filter(|source| source.code().contains("jarvis_llm::")) {
        assert!(source.is(&["models", "chat/run", "chat/prompt"]), "{} names jarvis_llm", source.module);
    }
}

#[test]
fn features_know_only_the_features_they_may() {
    for source in sources("src") {
        let from = source.feature().to_owned();
        if !FEATURES.contains(&from.as_str())
            || source.part("api")
            || source.is(&["live/socket", "auth/gate"])
        {
            continue;
        }
        for to in FEATURES.iter().filter(|to| **to != from && source.code().contains(&format!("crate::{to}")))
        {
            assert!(EDGES.contains(&(from.as_str(), to)), "{} names the feature {to}", source.module);
        }
    }
}

#[test]
fn nobody_reaches_into_another_feature() {
    for source in sources("src") {
        for feature in FEATURES.iter().filter(|feature| **feature != source.feature()) {
            let code = source.code();
            assert!(!code.contains(&format!("{feature}::store")), "{} names {feature}::store", source.module);
            let api = code.contains(&format!("{feature}::api"));
            assert!(!api || source.module == "server", "{} names {feature}::api", source.module);
        }
    }
}

#[test]
fn files_are_short_and_there_are_no_drawers() {
    let leaves = [
        "../jarvis-llm/src",
        "../jarvis-llm/tests",
        "../jarvis-crypto/src",
        "../jarvis-redact/src",
        "../jarvis-redact/tests",
    ];
    for folder in ["src", "tests"].into_iter().chain(leaves) {
        for source in sources(folder) {
            let lines = source.text.lines().count();
            assert!(lines <= MAX_LINES, "{folder}/{} has {lines} lines", source.module);
            for drawer in ["util", "utils", "helper", "helpers", "common", "misc", "types", "mod"] {
                assert!(!source.part(drawer), "{folder}/{} is a drawer", source.module);
            }
        }
    }
}
