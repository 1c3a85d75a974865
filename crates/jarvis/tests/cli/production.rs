//! What production refuses, each for itself and all of it at once; and `jarvis check-config`, which says so without a start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::process::Home;

const CONFIG: i32 = 78;
const SIGNING: &str = "q8Zr1vTt0mXw5LhJc2NfYk7BpDs9GaEu";
const ENCRYPTION: &str = "hL9nVq0m3Zx7Yc1TgRk5Wb8PsDf2JtUe6AaOiNlQrEo=";
/// 32 letters in base64: a passphrase, not random bytes.
const WORDS: &str = "YWxsIHRoZSBrZXlzIHRoYXQgYXJlIHdvcmRzIGFyZTI=";

/// Everything that production asks for.
const SAFE: [(&str, &str); 5] = [
    ("ENVIRONMENT", "production"),
    ("JARVIS_SECRET_KEY", SIGNING),
    ("ENCRYPTION_KEY", ENCRYPTION),
    ("PUBLIC_URL", "https://jarvis.example"),
    ("OIDC_CLIENT_ID", ""),
];

/// What it refuses.
const UNSAFE: [(&str, &str); 17] = [
    ("JARVIS_SECRET_KEY", ""),
    ("JARVIS_SECRET_KEY", "change-me-change-me-change-me-change-me"),
    ("JARVIS_SECRET_KEY_PREVIOUS", "5h0rt"),
    ("ENCRYPTION_KEY", ""),
    ("ENCRYPTION_KEY", WORDS),
    ("ENCRYPTION_KEY_PREVIOUS", "c2hvcnQ="),
    ("METRICS_TOKEN", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("DATABASE_URL", "postgres://jarvis:postgres@db.example/jarvis"),
    ("CORS_ORIGINS", "*"),
    ("CORS_ORIGINS", "http://jarvis.example"),
    ("PUBLIC_URL", "http://jarvis.example"),
    ("BIND", "0.0.0.0:8000"),
    ("BIND", "[::]:8000"),
    ("AUTH_REQUIRED", "false"),
    ("RATE_LIMIT_ENABLED", "false"),
    ("OIDC_ISSUER", "http://id.example"),
    ("OPENAI_API_KEY_FILE", "open-to-all"),
];

/// A home in which a secret lies open.
fn home() -> Home {
    let home = Home::new();
    let path = home.path().join("open-to-all");
    fs::write(&path, "sk-Wd3nRq6yHb8ZtKx1CvFm4JpLs0GeAu7o").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    home
}

/// The lines that are about this setting.
fn about<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let name = if name == "OPENAI_API_KEY_FILE" { "open-to-all" } else { name };
    text.lines().filter(|line| line.contains(&format!("{name}: "))).collect()
}

#[test]
fn each_unsafe_setting_stops_the_start_in_production() {
    let home = home();
    let told = home.run(&["check-config"], &SAFE, "");
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    for (name, value) in UNSAFE {
        let settings = [&SAFE[..], &[(name, value)]].concat();
        for command in ["serve", "check-config"] {
            let told = home.run(&[command], &settings, "");
            assert_eq!((told.code, told.out.as_str()), (CONFIG, ""), "{name}={value}: {told:?}");
            assert_eq!(told.err.lines().count(), 1, "{name}={value}: {}", told.err);
            assert_eq!(about(&told.err, name).len(), 1, "{name}={value}: {}", told.err);
        }
    }
}

#[test]
fn all_unsafe_settings_together_are_all_named() {
    let home = home();
    // Of two bad values of one setting, the later: so that both are seen, the earlier are tried in a round of their own.
    let mut first = UNSAFE.to_vec();
    first.reverse();
    for unsafe_settings in [UNSAFE.to_vec(), first] {
        let settings = [&SAFE[..], &unsafe_settings[..]].concat();
        let told = home.run(&["serve"], &settings, "");
        assert_eq!((told.code, told.out.as_str()), (CONFIG, ""), "{told:?}");
        let mut names: Vec<&str> = UNSAFE.iter().map(|(name, _)| *name).collect();
        names.dedup();
        for name in &names {
            assert_eq!(about(&told.err, name).len(), 1, "{name}: {}", told.err);
        }
        assert_eq!(told.err.lines().count(), names.len(), "{}", told.err);
        // No secret is repeated, however bad it is.
        for (name, value) in UNSAFE.iter().filter(|(name, _)| name.contains("KEY") || name.contains("TOKEN"))
        {
            assert!(
                value.is_empty() || *name == "OPENAI_API_KEY_FILE" || !told.err.contains(value),
                "{}",
                told.err
            );
        }
    }
}

#[test]
fn a_fault_in_the_file_is_told_with_its_line() {
    let home = Home::new();
    fs::write(
        home.path().join("jarvis.toml"),
        "# ours\n\nrate_limit_enabled = false\nauth_required = false\n",
    )
    .unwrap();
    let told = home.run(&["check-config"], &SAFE, "");
    assert_eq!((told.code, told.out.as_str()), (CONFIG, ""), "{told:?}");
    assert!(told.err.contains("jarvis.toml:3: rate_limit_enabled: "), "{}", told.err);
    assert!(told.err.contains("jarvis.toml:4: auth_required: "), "{}", told.err);
}

#[test]
fn settings_that_will_do_are_summed_up_and_nothing_is_started() {
    let home = Home::new();
    let told = home.run(&["check-config"], &[("REQUIRE_2FA", "none")], "");
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    for part in [
        "Security Status\n",
        "JARVIS_SECRET_KEY: generated",
        "ENCRYPTION_KEY: generated",
        "database password: not needed for SQLite",
        "rate limits: 10 messages and 600 requests a minute",
        "CORS origins: ",
        "trusted hosts: ",
        "TLS: ",
        "registration: open",
        "encryption at rest: ",
        "cache: memory",
        "database: SQLite",
        "warning: JARVIS_SECRET_KEY was generated",
        "warning: REQUIRE_2FA=none",
    ] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    assert!(!home.path().join("data/jarvis.db").exists());
    for key in ["jarvis_secret_key", "encryption_key"] {
        let key = fs::read_to_string(home.path().join("data/secrets").join(key)).unwrap();
        assert!(!told.out.contains(key.trim()), "{}", told.out);
    }
    let told = home.run(&["check-config"], &SAFE, "");
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.out.contains("JARVIS_SECRET_KEY: set (********)") && !told.out.contains(&SIGNING[..4]),
        "{}",
        told.out
    );
    assert!(!told.out.contains("warning: "), "{}", told.out);
}
