//! What is nowhere in the sources.

use super::{files, read};

/// The code of our crates without comments and unit tests.
fn code() -> Vec<(String, String)> {
    let crates = ["jarvis", "jarvis-crypto", "jarvis-llm", "jarvis-redact"];
    let all = crates.iter().flat_map(|name| files(&format!("crates/{name}/src"), &[".rs"]));
    let is_test = |path: &str| {
        path.contains("/tests") || path.ends_with("wycheproof.rs") || path.ends_with("scripted.rs")
    };
    all.filter(|(path, _)| !is_test(path)).map(|(path, text)| (path, without_tests(&text))).collect()
}

fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The code of the page without its tests.
fn page() -> Vec<(String, String)> {
    let all = files("web/src", &[".ts", ".tsx"]).into_iter();
    all.filter(|(path, _)| !path.contains(".test.") && !path.contains("/testing/")).collect()
}

fn nowhere(sources: &[(String, String)], words: &[&str]) {
    for (path, text) in sources {
        let found: Vec<_> = words.iter().filter(|word| text.contains(**word)).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn no_other_program_is_started() {
    nowhere(&code(), &["process::Command", "Command::new(", "libc::", "dlopen"]);
}

#[test]
fn no_sql_is_put_together_from_text() {
    // sqlx takes a literal or one of these; a number of ours in a PRAGMA, which takes no parameters, is none of anybody's text.
    let ours = "AssertSqlSafe(format!(\"PRAGMA busy_timeout = {}\", BUSY.as_millis()))";
    let code: Vec<_> = code().into_iter().map(|(path, text)| (path, text.replace(ours, ""))).collect();
    nowhere(&code, &["AssertSqlSafe", "QueryBuilder", "SqlSafeStr", "raw_sql"]);
}

#[test]
fn what_is_not_there_is_not_attacked() {
    let manifests = files("crates", &["Cargo.toml"]);
    // Patterns and templates made of text, mail, XML, archives, pictures.
    nowhere(
        &manifests,
        &[
            "regex",
            "tera",
            "handlebars",
            "minijinja",
            "askama",
            "lettre",
            "quick-xml",
            "roxmltree",
            "zip",
            "\ntar",
            "\nimage",
            "multipart",
            "ldap",
        ],
    );
}

#[test]
fn sha_1_is_for_one_time_codes_alone() {
    for (path, text) in
        code().iter().filter(|(path, _)| !path.ends_with("/mac.rs") && !path.ends_with("/totp.rs"))
    {
        let found = ["Sha1", "sha1", "Md5", "md5"].iter().find(|word| text.contains(**word));
        assert!(found.is_none(), "{path}: {found:?}");
    }
}

#[test]
fn nobody_turns_the_check_of_certificates_off() {
    let off = [
        "danger_accept",
        "dangerous()",
        "with_custom_certificate_verifier",
        "tls_built_in_root_certs(false)",
    ];
    nowhere(&code(), &off);
}

#[test]
fn randomness_for_secrets_comes_from_the_system_alone() {
    let crypto = code().into_iter().filter(|(path, _)| path.contains("jarvis-crypto/")).collect::<Vec<_>>();
    nowhere(&crypto, &["rand::", "fastrand", "thread_rng", "Uuid::new_v4", "SmallRng"]);
}

#[test]
fn passwords_do_not_age_and_have_no_hints() {
    nowhere(
        &files("migrations", &[".sql"]),
        &["hint", "question", "answer_", "password_expires", "password_changed"],
    );
}

#[test]
fn the_page_writes_no_markup_and_runs_no_text() {
    let words = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "dangerouslySetInnerHTML",
        "eval(",
        "new Function",
        "addEventListener(\"message\"",
        "postMessage",
        "srcdoc",
        "__proto__",
    ];
    nowhere(&page(), &words);
}

#[test]
fn the_page_keeps_nothing_in_the_browser_but_two_small_things() {
    nowhere(&page(), &["sessionStorage", "indexedDB", "document.cookie", "caches.open", "serviceWorker"]);
    for (path, text) in page().iter().filter(|(_, text)| text.contains("localStorage")) {
        // When the session was renewed last, and the language.
        assert!(path.ends_with("/api/refresh.ts") || path.ends_with("/i18n/i18n.ts"), "{path}");
        assert!(text.matches("localStorage.setItem").count() <= 1, "{path}");
    }
}

#[test]
fn every_crate_keeps_the_lints() {
    let workspace = read("Cargo.toml");
    let lints = [
        "unsafe_code = \"forbid\"",
        "unwrap_used",
        "expect_used",
        "panic",
        "indexing_slicing",
        "as_conversions",
        "await_holding_lock",
        "dbg_macro",
        "print_stdout",
    ];
    for lint in lints {
        assert!(workspace.contains(lint), "{lint}");
    }
    for (path, text) in files("crates", &["Cargo.toml"]) {
        assert!(text.contains("[lints]\nworkspace = true"), "{path}");
    }
    assert!(
        read("scripts/test.sh").contains("cargo clippy --locked --workspace --all-targets -- -D warnings")
    );
}

#[test]
fn packages_come_from_their_registries_and_as_they_were_reviewed() {
    let lock = read("Cargo.lock");
    let sources = lock.lines().filter(|line| line.starts_with("source = "));
    assert!(sources.clone().count() > 300);
    for line in sources {
        assert_eq!(line, "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
    }
    // npm's lock names no addresses here, so that all come from the registry that is set; each has its digest.
    let lock = read("web/package-lock.json");
    let packages = lock.lines().filter(|line| line.starts_with("    \"node_modules/")).count();
    assert_eq!(packages, lock.matches("\"integrity\": \"sha512-").count());
    assert!(packages > 100 && !lock.contains("\"resolved\"") && !read("web/.npmrc").contains("registry="));
    assert!(read("scripts/web-deps.sh").contains("npm ci --ignore-scripts"));
}

#[test]
fn no_key_is_in_the_code() {
    for (path, text) in code().iter().filter(|(path, _)| !path.contains("jarvis-redact/")) {
        let found =
            ["-----BEGIN", "sk-proj-", "ghp_", "AKIA", "xoxb-"].iter().find(|word| text.contains(**word));
        assert!(found.is_none(), "{path}: {found:?}");
    }
}

#[test]
fn nobody_is_sent_elsewhere_but_on_the_way_through_a_provider() {
    for (path, text) in code().iter().filter(|(path, _)| !path.ends_with("/auth/api/oidc.rs")) {
        let found = ["LOCATION", "Redirect::", "SEE_OTHER", "MOVED_PERMANENTLY"]
            .iter()
            .find(|word| text.contains(**word));
        assert!(found.is_none(), "{path}: {found:?}");
    }
}

#[test]
fn json_is_written_by_a_serializer() {
    for (path, text) in code() {
        // One event, with nothing but an id in it.
        let written = text.matches("{{\\\"").count();
        assert_eq!(written, usize::from(path.ends_with("/chat/api/stream.rs")), "{path}");
    }
}
