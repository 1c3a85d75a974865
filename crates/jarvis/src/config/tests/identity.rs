//! The encryption key, and the settings that say who somebody is: second factors, password hashes, sign-in providers.

use super::*;

const PROVIDER: &str = "[[oidc]]\nid = \"a\"\nissuer = \"https://a.example\"\nclient_id = \"jarvis\"\n";

#[test]
fn the_encryption_key_is_32_random_bytes_in_base64() {
    for text in [SEAL, SEAL.trim_end_matches('=')] {
        let secrets = Desk::new().set("ENCRYPTION_KEY", text).load().unwrap().secrets;
        assert_eq!(secrets.encryption_source, SecretSource::Set);
        assert_eq!(secrets.encryption.expose()[..3], [0x84, 0xbf, 0x67]);
    }
    let weak = [
        "tiny",
        // 31 bytes, and 33.
        "hL9nVq0m3Zx7Yc1TgRk5Wb8PsDf2JtUe6AaOiNlQrA==",
        "hL9nVq0m3Zx7Yc1TgRk5Wb8PsDf2JtUe6AaOiNlQrEoA",
        // Hexadecimal, a passphrase, zeros, a count.
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSAhISE=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAECAwQFBgcAAQIDBAUGBwABAgMEBQYHAAECAwQFBgc=",
        "ChangeMe/changeMe/changeMe/changeMe/changeM=",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ];
    for name in ["ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS"] {
        for text in weak {
            let fault = Desk::new().set(name, text).fault();
            assert!(fault.contains(name) && fault.contains("openssl rand -base64 32"), "{fault}");
            assert!(!fault.contains(text), "{fault}");
        }
    }
}

#[test]
fn the_encryption_key_is_not_the_signing_key() {
    let desk = Desk::new().set("JARVIS_SECRET_KEY", SEAL).set("ENCRYPTION_KEY", SEAL);
    assert!(desk.fault().contains("ENCRYPTION_KEY: is JARVIS_SECRET_KEY again"));
}

const THIRD_SEAL: &str = "TeR/Lc2KRe6Nx3fV+ZvPkDfFJNDkmpItNIw1TY3Rb2A=";

#[test]
fn the_encryption_key_may_come_from_a_file_and_old_ones_are_a_list() {
    let desk = Desk::new();
    let path = desk.write("key", &format!("{SEAL}\n"), 0o600);
    let desk = desk.set("ENCRYPTION_KEY_FILE", path.to_str().unwrap());
    let desk = desk.set("ENCRYPTION_KEY_PREVIOUS", &format!("{OTHER_SEAL},\n{THIRD_SEAL}"));
    let secrets = desk.load().unwrap().secrets;
    assert_eq!(secrets.encryption_previous.len(), 2);
    let third = jarvis_crypto::seal::key_from_base64(THIRD_SEAL).unwrap();
    assert_eq!(secrets.encryption_previous[1].expose(), third.expose());
}

#[test]
fn second_factors_and_password_hashes_are_chosen() {
    let config = Desk::new().set("REQUIRE_2FA", "ALL").set("PASSWORD_HASH", "bcrypt").load().unwrap();
    assert_eq!(config.require_second_factor, RequireSecondFactor::All);
    assert_eq!(config.password_hash, PasswordHash::Bcrypt { rounds: 12 });
    let config = Desk::new().set("PASSWORD_HASH", "bcrypt").set("BCRYPT_ROUNDS", "16").load().unwrap();
    assert_eq!(config.password_hash, PasswordHash::Bcrypt { rounds: 16 });
    assert_eq!(Desk::new().set("BCRYPT_ROUNDS", "16").load().unwrap().password_hash, PasswordHash::Argon2id);
    for (name, value) in [
        ("BCRYPT_ROUNDS", "9"),
        ("BCRYPT_ROUNDS", "17"),
        ("BCRYPT_ROUNDS", "-12"),
        ("PASSWORD_HASH", "md5"),
        ("REQUIRE_2FA", "true"),
    ] {
        assert!(Desk::new().set(name, value).fault().contains(name), "{name}={value}");
    }
}

#[test]
fn one_provider_is_four_keys() {
    let desk = Desk::new().set("OIDC_ISSUER", "https://id.example/realms/x/").set("OIDC_CLIENT_ID", "jarvis");
    let config = desk.load().unwrap();
    let provider = &config.oidc[0];
    assert_eq!((provider.id.as_str(), provider.name.as_str()), ("oidc", "id.example"));
    assert_eq!(provider.issuer, "https://id.example/realms/x/", "letter by letter");
    assert!(provider.client_secret.is_none());

    let path = desk.write("secret", "s3cret\n", 0o600);
    let desk = desk.set("OIDC_NAME", "Société").set("OIDC_CLIENT_SECRET_FILE", path.to_str().unwrap());
    let config = desk.load().unwrap();
    assert_eq!(config.oidc[0].name, "Société");
    assert_eq!(config.oidc[0].client_secret.as_ref().unwrap().expose(), "s3cret");
}

#[test]
fn half_a_provider_is_a_fault() {
    assert!(Desk::new().set("OIDC_ISSUER", "https://id.example").fault().contains("OIDC_CLIENT_ID: missing"));
    for part in ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"] {
        assert!(Desk::new().set(part, "x").fault().contains("OIDC_ISSUER: missing"), "{part}");
    }
    for (line, missing) in [("id", 0), ("issuer", 1), ("client_id", 2)] {
        let without: Vec<&str> =
            PROVIDER.lines().enumerate().filter(|(n, _)| *n != missing + 1).map(|(_, line)| line).collect();
        let fault = Desk::new().in_file(&without.join("\n")).fault();
        assert!(fault.contains(&format!("jarvis.toml:1: oidc: {line}: missing")), "{fault}");
    }
}

#[test]
fn several_providers_are_tables() {
    let other = PROVIDER.replace("\"a\"", "\"work-2\"").replace("a.example", "b.example");
    let desk = Desk::new().in_file(&format!("llm_retries = 1\n{PROVIDER}name = \"A\"\n{other}"));
    let desk = desk.set("OIDC_ISSUER", "http://127.0.0.1:5556/dex").set("OIDC_CLIENT_ID", "jarvis");
    let config = desk.load().unwrap();
    let ids: Vec<&str> = config.oidc.iter().map(|provider| provider.id.as_str()).collect();
    assert_eq!(ids, ["a", "work-2", "oidc"]);
    assert_eq!(config.oidc[0].name, "A");
    assert_eq!(config.llm.retries, 1);
    let again = Desk::new().in_file(&format!("{PROVIDER}{PROVIDER}")).fault();
    assert!(again.contains("two providers have the id \"a\""), "{again}");
    let many: String = (0..17).map(|n| PROVIDER.replace("\"a\"", &format!("\"a{n}\""))).collect();
    assert!(Desk::new().in_file(&many).fault().contains("more than 16"));
}

#[test]
fn what_a_provider_must_not_be_is_a_fault_with_its_line() {
    let long = "x".repeat(33);
    for (name, value, reason) in [
        ("id", "A", "a-z, 0-9 and -"),
        ("id", "a/b", "a-z, 0-9 and -"),
        ("id", "é", "a-z, 0-9 and -"),
        ("id", &long, "a-z, 0-9 and -"),
        ("issuer", "http://a.example", "plain http"),
        ("issuer", "http://192.168.1.2", "plain http"),
        ("issuer", "https://a.example?x", "no ?"),
        ("issuer", "https://a.example#x", "no #"),
        ("issuer", "https://u:p@a.example", "no user"),
        ("issuer", "https://é.example", "visible ASCII"),
        ("issuer", "ftp://a.example", "http:// or https://"),
        ("issuer", "a.example", "http:// or https://"),
        ("client_id", "two words", "visible ASCII"),
        ("name", "two\\nlines", "line end"),
    ] {
        let lines = PROVIDER.lines().filter(|line| !line.starts_with(&format!("{name} ")));
        let table = format!("{}\n{name} = \"{value}\"\n", lines.collect::<Vec<_>>().join("\n"));
        let fault = Desk::new().in_file(&table).fault();
        let line = table.lines().count();
        assert!(fault.contains(&format!("jarvis.toml:{line}: oidc: {name}: ")), "{fault}");
        assert!(fault.contains(reason), "{fault}");
    }
    for http in ["http://localhost:5556", "http://127.0.0.1/dex", "http://[::1]:80"] {
        Desk::new().in_file(&PROVIDER.replace("https://a.example", http)).load().unwrap();
    }
}

#[test]
fn a_table_is_read_as_strictly_as_the_rest() {
    let fault = Desk::new().in_file(&format!("{PROVIDER}scopes = \"email\"\n")).fault();
    assert!(
        fault.contains("jarvis.toml:5: oidc: scopes: unknown key") && fault.contains("client_secret"),
        "{fault}"
    );
    let fault = Desk::new().in_file(&format!("{PROVIDER}name = 7\n")).fault();
    assert!(fault.contains("jarvis.toml:5: oidc: name: needs a text"), "{fault}");
    assert!(Desk::new().in_file("oidc = [\"https://a.example\"]\n").fault().contains("[[oidc]]"));
    assert!(Desk::new().in_file("[oidc]\nid = \"a\"\n").fault().contains("oidc"));
    assert!(Desk::new().in_file("[[providers]]\nid = \"a\"\n").fault().contains("providers"));
}

#[test]
fn a_providers_secret_is_kept_as_the_others_are() {
    let desk = Desk::new();
    let path = desk.write("secret", "s3cret\n", 0o600);
    let path = path.to_str().unwrap();
    let by_file = format!("{PROVIDER}client_secret_file = \"{path}\"\n");
    let config = desk.in_file(&by_file).load().unwrap();
    assert_eq!(config.oidc[0].client_secret.as_ref().unwrap().expose(), "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));

    let twice = format!("{by_file}client_secret = \"s3cret\"\n");
    let fault = Desk::new().in_file(&twice.replace(path, "/nowhere/secret")).fault();
    assert!(fault.contains("cannot read /nowhere/secret"), "{fault}");
    let home = Desk::new();
    let path = home.write("secret", "s3cret\n", 0o600);
    let twice =
        format!("{PROVIDER}client_secret_file = \"{}\"\nclient_secret = \"other\"\n", path.to_str().unwrap());
    assert!(home.in_file(&twice).fault().contains("given twice"));
    let spaced = Desk::new().in_file(&format!("{PROVIDER}client_secret = \"se cret\"\n")).fault();
    assert!(spaced.contains("copy it again") && !spaced.contains("se cret"), "{spaced}");

    let desk = Desk::production().set("PUBLIC_URL", "https://jarvis.example");
    let desk = desk.in_file(&format!("{PROVIDER}client_secret = \"s3cret\"\n"));
    desk.load().unwrap();
    fs::set_permissions(desk.path("jarvis.toml"), PermissionsExt::from_mode(0o644)).unwrap();
    assert!(desk.fault().contains("jarvis.toml: holds a secret"));
}

#[test]
fn production_knows_its_address_before_it_sends_people_to_a_provider() {
    let fault = Desk::production().in_file(PROVIDER).fault();
    assert!(fault.contains("PUBLIC_URL: missing"), "{fault}");
    Desk::production().set("PUBLIC_URL", "https://jarvis.example").in_file(PROVIDER).load().unwrap();
}
