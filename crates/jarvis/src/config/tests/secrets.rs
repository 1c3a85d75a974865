use std::{fs, os::unix::fs::PermissionsExt, thread};

use super::*;

#[test]
fn a_secret_may_come_from_a_file() {
    let desk = Desk::new();
    let path = desk.write("key", &format!("{STRONG}\n"), 0o600);
    let config = desk.set("JARVIS_SECRET_KEY_FILE", path.to_str().unwrap()).load().unwrap();
    assert_eq!(config.secrets.signing.expose().as_slice(), STRONG.as_bytes());
    assert_eq!(config.secrets.signing_source, SecretSource::Set);
}

#[test]
fn a_secret_given_both_ways_is_a_fault_and_a_missing_file_too() {
    let desk = Desk::new();
    let path = desk.write("key", STRONG, 0o600);
    let desk = desk.set("JARVIS_SECRET_KEY", OTHER).set("JARVIS_SECRET_KEY_FILE", path.to_str().unwrap());
    assert!(desk.fault().contains("given twice"));
    let fault = Desk::new().set("METRICS_TOKEN_FILE", "/nowhere/token").fault();
    assert!(fault.contains("METRICS_TOKEN_FILE: cannot read /nowhere/token"), "{fault}");
    assert!(Desk::new().in_file("bind_file = \"x\"\n").fault().contains("unknown key"));
}

#[test]
fn a_secret_that_everybody_can_read_is_refused_in_production_and_warned_of_else() {
    for (mode, is_fault) in [("production", true), ("development", false)] {
        let desk = Desk::new().set("ENVIRONMENT", mode);
        let path = desk.write("key", STRONG, 0o644);
        let desk = desk.set("JARVIS_SECRET_KEY_FILE", path.to_str().unwrap());
        let lines = if is_fault { desk.faults() } else { desk.load().unwrap().warnings };
        assert!(lines.iter().any(|line| line.contains("chmod 600")), "{mode}: {lines:?}");
    }
    let desk = Desk::production().in_file(&format!("metrics_token = \"{OTHER}\"\n"));
    desk.load().unwrap();
    for mode in [0o644, 0o640, 0o620, 0o602] {
        fs::set_permissions(desk.path("jarvis.toml"), PermissionsExt::from_mode(mode)).unwrap();
        assert!(desk.fault().contains("jarvis.toml: holds a secret"), "{mode:o}");
    }
}

#[test]
fn a_credential_of_the_service_manager_is_taken_as_it_lies_there() {
    let desk = Desk::production();
    let path = desk.write("metrics_token", OTHER, 0o440);
    let desk = desk.set("METRICS_TOKEN_FILE", path.to_str().unwrap());
    assert!(desk.fault().contains("metrics_token: holds a secret"));
    let folder = desk.path("");
    let config = desk.set("CREDENTIALS_DIRECTORY", folder.to_str().unwrap()).load().unwrap();
    assert!(config.metrics_token.unwrap().ct_eq(OTHER.as_bytes()));
}

/// Random secrets of every usual spelling pass: thousands of each.
#[test]
fn random_secrets_are_strong() {
    for _ in 0..2_000 {
        let token = jarvis_crypto::OpaqueToken::generate("").unwrap();
        let bytes = seal_bytes();
        let hexadecimal: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        for text in [token.expose(), hexadecimal.as_str()] {
            assert_eq!(super::super::secret::strong(text).as_deref(), Ok(text));
        }
    }
}

fn seal_bytes() -> [u8; 32] {
    let text = jarvis_crypto::seal::new_key_base64().unwrap();
    *jarvis_crypto::seal::key_from_base64(text.expose()).unwrap().expose()
}

#[test]
fn weak_and_published_secrets_are_faults_that_do_not_repeat_them() {
    let weak = [
        "tiny",
        "your-secret-key-change-in-production-please",
        "change-me-change-me-change-me-change-me",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Super_Secret_Key_0123456789_abcdef",
        "Xk39vTq7Xk39vTq7Xk39vTq7Xk39vTq7Xk39vTq7",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789",
        "1122334455667788990011223344556677",
        "a-string-secret-at-least-256-bits-long",
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcdefgh",
    ];
    for name in ["JARVIS_SECRET_KEY", "JARVIS_SECRET_KEY_PREVIOUS", "METRICS_TOKEN"] {
        for secret in weak {
            let fault = Desk::new().set(name, secret).fault();
            assert!(fault.contains(name) && !fault.contains(secret), "{fault}");
        }
        Desk::new().set(name, STRONG).load().unwrap();
    }
}

#[test]
fn previous_keys_are_a_list_and_one_weak_entry_is_a_fault() {
    let desk = Desk::new().set("JARVIS_SECRET_KEY_PREVIOUS", &format!("{STRONG}, {OTHER}"));
    let previous = desk.load().unwrap().secrets.signing_previous;
    let texts: Vec<&[u8]> = previous.iter().map(|secret| secret.expose().as_slice()).collect();
    assert_eq!(texts, [STRONG.as_bytes(), OTHER.as_bytes()]);
    Desk::new().set("JARVIS_SECRET_KEY_PREVIOUS", &format!("{STRONG},short")).fault();
}

#[test]
fn one_secret_in_two_places_is_a_fault_that_names_both_and_not_the_secret() {
    let database = |secret: &str| format!("postgres://u:{}@db/jarvis", secret.replace('=', "%3D"));
    for (name, key) in [("JARVIS_SECRET_KEY", STRONG), ("ENCRYPTION_KEY", SEAL)] {
        for (other, text) in [
            (
                if key == SEAL { "ENCRYPTION_KEY_PREVIOUS" } else { "JARVIS_SECRET_KEY_PREVIOUS" },
                key.to_owned(),
            ),
            ("METRICS_TOKEN", key.to_owned()),
            ("OPENAI_API_KEY", key.to_owned()),
            ("OIDC_CLIENT_SECRET", key.to_owned()),
            ("DATABASE_URL", database(key)),
        ] {
            let called = match other {
                "OIDC_CLIENT_SECRET" => "client secret of oidc",
                "DATABASE_URL" => "password of the database",
                other => other,
            };
            for desk in [Desk::new(), Desk::production()] {
                let desk = desk.set("OIDC_ISSUER", "https://id.example").set("OIDC_CLIENT_ID", "jarvis");
                let desk = desk.set("PUBLIC_URL", "https://jarvis.example").set(name, key).set(other, &text);
                let fault = desk.set("OPENAI_BASE_URL", "https://models.example").fault();
                assert!(fault.contains(called) && fault.contains(&format!("of {name}:")), "{fault}");
                assert!(!fault.contains(key), "{fault}");
            }
        }
    }
    let fault = Desk::new().set("METRICS_TOKEN", OTHER).set("JARVIS_SECRET_KEY_PREVIOUS", OTHER).fault();
    assert!(fault.contains("METRICS_TOKEN: has the value of JARVIS_SECRET_KEY_PREVIOUS"), "{fault}");
}

#[test]
fn a_data_folder_that_everybody_may_write_to_is_refused_in_production_and_warned_of_else() {
    let desk = Desk::production();
    desk.load().unwrap();
    fs::set_permissions(desk.path("data"), PermissionsExt::from_mode(0o1777)).unwrap();
    assert!(desk.fault().contains("DATA_DIR: every user of this machine may write"), "{}", desk.fault());
    let desk = desk.set("ENVIRONMENT", "development");
    assert!(desk.load().unwrap().warnings.iter().any(|line| line.contains("DATA_DIR: every user")));
    fs::set_permissions(desk.path("data"), PermissionsExt::from_mode(0o770)).unwrap();
    desk.set("ENVIRONMENT", "production").load().unwrap();
}

#[test]
fn production_makes_no_secret() {
    let desk = Desk::new().set("ENVIRONMENT", "production");
    let faults = desk.faults();
    assert!(faults[0].contains("JARVIS_SECRET_KEY: missing"), "{faults:?}");
    assert!(faults[1].contains("ENCRYPTION_KEY: missing") && faults.len() == 2, "{faults:?}");
    assert!(!desk.path("data/secrets").exists());
}

#[test]
fn a_generated_key_is_private_and_kept() {
    let desk = Desk::new();
    let first = desk.load().unwrap();
    let second = desk.load().unwrap();
    assert_eq!(first.secrets.signing.expose(), second.secrets.signing.expose());
    assert!(first.secrets.signing.expose().len() >= 32);
    assert_eq!(first.secrets.encryption.expose(), second.secrets.encryption.expose());
    assert_ne!(first.secrets.encryption.expose(), Desk::new().load().unwrap().secrets.encryption.expose());
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("data/secrets"), 0o700);
    assert_eq!(mode("data/secrets/jarvis_secret_key"), 0o600);
    assert_eq!(mode("data/secrets/encryption_key"), 0o600);
    let left = fs::read_dir(desk.path("data/secrets")).unwrap().count();
    assert_eq!(left, 2);
}

#[test]
fn starts_at_the_same_time_agree_on_one_key() {
    let desk = Desk::new();
    let of = |secrets: Secrets| [&secrets.signing.expose()[..], secrets.encryption.expose()].concat();
    let keys: Vec<Vec<u8>> = thread::scope(|scope| {
        let starts: Vec<_> = (0..16).map(|_| scope.spawn(|| of(desk.load().unwrap().secrets))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_generated_key_that_others_can_open_is_refused() {
    let desk = Desk::new();
    desk.load().unwrap();
    for name in ["data/secrets/jarvis_secret_key", "data/secrets/encryption_key", "data/secrets"] {
        let private = fs::metadata(desk.path(name)).unwrap().permissions();
        for bit in [0o040, 0o004] {
            fs::set_permissions(desk.path(name), PermissionsExt::from_mode(private.mode() | bit)).unwrap();
            let faults = desk.faults();
            assert!(
                faults.iter().all(|line| line.contains("other users of this machine may open")),
                "{faults:?}"
            );
        }
        fs::set_permissions(desk.path(name), private).unwrap();
    }
    desk.load().unwrap();
}

#[test]
fn the_security_status_names_everything_and_shows_no_secret() {
    let desk = Desk::new()
        .set("JARVIS_SECRET_KEY", STRONG)
        .set("METRICS_TOKEN", OTHER)
        .set("ENCRYPTION_KEY", SEAL)
        .set("ENCRYPTION_KEY_PREVIOUS", OTHER_SEAL)
        .set("REQUIRE_2FA", "none")
        .set("PASSWORD_HASH", "bcrypt")
        .set("OIDC_ISSUER", "https://id.example")
        .set("OIDC_CLIENT_ID", "jarvis")
        .set("OIDC_CLIENT_SECRET", "never-to-be-seen")
        .set("DATABASE_URL", "postgres://u:hidden-word@db/jarvis")
        .set("BIND", "0.0.0.0:8000")
        .set("TRUSTED_PROXIES", "10.0.0.0/8")
        .set("CORS_ORIGINS", "http://jarvis.example:8000");
    let lines = security_status(&desk.load().unwrap());
    assert_eq!(lines[0], StatusLine::Fact("Security Status".to_owned()));
    let text = format!("{lines:?}");
    for part in [
        "JARVIS_SECRET_KEY: set",
        "JARVIS_SECRET_KEY_PREVIOUS: missing",
        "ENCRYPTION_KEY: set",
        "ENCRYPTION_KEY_PREVIOUS: 1 set",
        "second factor: nobody must have one",
        "password hash: bcrypt, 12 rounds",
        "sign-in providers: oidc (https://id.example)",
        "METRICS_TOKEN: set",
        "OPENAI_API_KEY: missing",
        "CORS origins: http://jarvis.example:8000",
        "trusted hosts: localhost",
        "TLS: off, plain HTTP on 0.0.0.0:8000 for trusted proxies alone",
        "trusted proxies: 10.0.0.0/8",
        "registration: open",
        "encryption at rest: messages, titles, second factors;",
        "cache: memory",
        "database: PostgreSQL",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for secret in [&STRONG[..3], &OTHER[..3], &SEAL[..3], &OTHER_SEAL[..3], "hidden-word", "never-to-be-seen"]
    {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    for part in [
        "BIND=0.0.0.0:8000",
        "PUBLIC_URL is not https",
        "REGISTRATION=open",
        "REQUIRE_2FA=none",
        "http://jarvis.example:8000 is plain http",
    ] {
        let is_warned = |line: &StatusLine| matches!(line, StatusLine::Warning(line) if line.contains(part));
        assert!(lines.iter().any(is_warned), "{part}: {text}");
    }
    let quiet = security_status(&Desk::production().load().unwrap());
    assert!(quiet.iter().all(|line| matches!(line, StatusLine::Fact(_))), "{quiet:?}");
}
