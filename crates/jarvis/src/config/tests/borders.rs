use super::*;

#[test]
fn bad_origins_are_faults() {
    let bad = [
        "null",
        "*",
        "https://*.example",
        "jarvis.example",
        "https://jarvis.example/",
        "https://jarvis.example/app",
        "https://Jarvis.example",
        "https://jarvis.example:443",
        "ftp://jarvis.example",
        "https://jarvis.example?x",
        "file:///tmp",
        "http://127.1:8000",
    ];
    for origin in bad {
        let fault = Desk::new().set("CORS_ORIGINS", &format!("http://localhost:8000,{origin}")).fault();
        assert!(fault.contains(&format!("{origin:?}")), "{fault}");
    }
}

#[test]
fn a_fault_of_an_address_names_its_host_and_never_what_stands_before_it() {
    let bad = "https://u:hidden-word@jarvis.example";
    for name in ["CORS_ORIGINS", "PUBLIC_URL", "TRUSTED_HOSTS", "TRUSTED_PROXIES", "OLLAMA_BASE_URL"] {
        for text in [bad.to_owned(), bad.replace("https://", ""), format!("{bad},*")] {
            let fault = Desk::new().set(name, &text).fault();
            assert!(fault.contains(name) && !fault.contains("hidden-word"), "{fault}");
            assert!(fault.contains("...@jarvis.example"), "{fault}");
        }
    }
    let table = format!("[[oidc]]\nid = \"a\"\nclient_id = \"b\"\nissuer = \"{bad}\"\n");
    for desk in [
        Desk::new().set("OPENAI_BASE_URL", bad),
        Desk::new().set("OIDC_ISSUER", bad).set("OIDC_CLIENT_ID", "b"),
        Desk::new().in_file(&table),
    ] {
        let fault = desk.fault();
        assert!(!fault.contains("hidden-word") && fault.contains("...@jarvis.example"), "{fault}");
    }
}

#[test]
fn production_refuses_plain_http_to_and_from_other_machines() {
    Desk::production().load().unwrap();
    assert!(Desk::production().set("CORS_ORIGINS", "http://jarvis.example").fault().contains("plain http"));
    assert!(Desk::production().set("PUBLIC_URL", "http://jarvis.example").fault().contains("plain http"));
    for bind in ["0.0.0.0:8000", "[::]:8000", "192.168.1.2:8000", "[::ffff:192.168.1.2]:8000"] {
        for desk in [Desk::production, Desk::new] {
            let fault = desk().set("BIND", bind).fault();
            assert!(fault.contains("BIND: ") && fault.contains("TLS_CERT_FILE"), "{fault}");
            let config = desk().set("BIND", bind).set("TRUSTED_PROXIES", "10.1.2.3").load().unwrap();
            assert!(config.borders.only_through_proxies, "{bind}");
        }
    }
    Desk::production().set("BIND", "[::1]:8000").load().unwrap();
    Desk::production().set("CORS_ORIGINS", "https://jarvis.example").load().unwrap();
}

#[test]
fn the_public_address_is_one_of_our_own_origins_and_hosts() {
    let borders = Desk::production().set("PUBLIC_URL", "https://jarvis.example/").load().unwrap().borders;
    assert!(borders.origins.contains(&"https://jarvis.example".to_owned()));
    assert!(borders.hosts.contains(&"jarvis.example".to_owned()));
}

#[test]
fn trusted_hosts_are_names_without_port() {
    let hosts = Desk::new().set("TRUSTED_HOSTS", "Jarvis.Example, [::1]").load().unwrap().borders.hosts;
    assert_eq!(hosts, ["jarvis.example", "[::1]"]);
    for bad in ["*", "jarvis.example:8000", "https://jarvis.example", "::1", "a/b", ".example*"] {
        Desk::new().set("TRUSTED_HOSTS", bad).fault();
    }
}

#[test]
fn a_database_is_named_whole_or_in_parts() {
    let url = |desk: Desk| match desk.load().unwrap().database.url {
        DatabaseUrl::Sqlite(path) => path.to_str().unwrap().to_owned(),
        DatabaseUrl::Postgres(url) => url.expose().clone(),
    };
    assert_eq!(url(Desk::new().set("DATABASE_URL", "sqlite:///var/jarvis.db")), "/var/jarvis.db");
    assert_eq!(url(Desk::new().set("DATABASE_URL", "sqlite://here.db")), "here.db");
    let whole = "postgres://u:p%40ss@db:5432/jarvis";
    assert_eq!(url(Desk::new().set("DATABASE_URL", whole)), whole);
    let parts = Desk::new().set("POSTGRES_HOST", "db").set("POSTGRES_PASSWORD", "p@ss/w:rd?");
    assert_eq!(url(parts), "postgres://jarvis:p%40ss%2Fw%3Ard%3F@db:5432/jarvis");
}

#[test]
fn a_database_that_is_half_named_is_a_fault_that_hides_the_password() {
    assert!(Desk::new().set("POSTGRES_PASSWORD", "hidden-word").fault().contains("POSTGRES_HOST: missing"));
    for bad in [
        "mysql://u:hidden-word@db/x",
        "postgres://u:hidden-word@db",
        "sqlite:",
        "sqlite::memory:",
        "hidden-word",
    ] {
        let fault = Desk::new().set("DATABASE_URL", bad).fault();
        assert!(fault.contains("DATABASE_URL") && !fault.contains("hidden-word"), "{fault}");
    }
    for published in ["postgres", "change-me", "Password"] {
        Desk::production().set("POSTGRES_HOST", "db").set("POSTGRES_PASSWORD", published).fault();
        Desk::production().set("DATABASE_URL", &format!("postgres://u:{published}@db/jarvis")).fault();
    }
}

#[test]
fn an_api_key_without_a_server_sends_nothing_anywhere() {
    let config = Desk::new().set("OPENAI_API_KEY", "sk-left-over").load().unwrap();
    assert!(config.llm.openai.is_none());
    assert!(config.warnings.iter().any(|line| line.contains("OPENAI_API_KEY is not used")));
    let config = Desk::new().set("OLLAMA_BASE_URL", "off").load().unwrap();
    assert!(config.llm.ollama.is_none());
}

#[test]
fn the_time_zone_is_the_systems_unless_named() {
    assert_eq!(
        Desk::new().set("TIME_ZONE", "UTC").set("TZ", "Europe/Paris").load().unwrap().chat.time_zone,
        "UTC"
    );
    for bad in ["../../../etc/passwd", "/etc/passwd", "Europe/", "/UTC", "Mars Base"] {
        Desk::new().set("TIME_ZONE", bad).fault();
    }
    assert_eq!(Desk::new().set("TZ", ":UTC").load().unwrap().chat.time_zone, "UTC");
}

#[test]
fn the_default_origins_are_this_machine_at_the_port_that_is_listened_on() {
    let origins = |bind: &str| Desk::new().set("BIND", bind).load().unwrap().borders.origins;
    assert_eq!(origins("127.0.0.1:9123"), ["http://localhost:9123", "http://127.0.0.1:9123"]);
    assert_eq!(origins("[::1]:80"), ["http://localhost", "http://127.0.0.1"]);
    // The system chooses: nobody knows whose page any other port would be.
    assert_eq!(origins("127.0.0.1:0"), [""; 0]);
}

#[test]
fn proxies_are_addresses_and_networks_and_never_everybody() {
    let proxies = |list: &str| Desk::new().set("TRUSTED_PROXIES", list).load().unwrap().borders.proxies;
    let texts = |list: &str| proxies(list).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        texts("10.0.0.0/24, 192.0.2.7,2001:db8::/64,::1"),
        ["10.0.0.0/24", "192.0.2.7/32", "2001:db8::/64", "::1/128"]
    );
    assert!(texts(" , ").is_empty());
    for bad in [
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "10.0.0.0/7",
        "8000::/1",
        "2000::/15",
        "*",
        "proxy.example",
        "10.0.0.5/24",
        "10.0.0.0/33",
        "10.0.0",
        "10.0.0.0:80",
        "::ffff:10.0.0.0/104",
        "fe80::1%eth0",
        "10.0.0.1 10.0.0.2",
    ] {
        let fault = Desk::new().set("TRUSTED_PROXIES", &format!("192.0.2.7,{bad}")).fault();
        assert!(fault.contains("TRUSTED_PROXIES") && fault.contains(bad), "{fault}");
    }
}

/// A certificate for `localhost` and its key, in files of the desk.
fn certificate(desk: &Desk) -> [String; 2] {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let cert = desk.write("cert.pem", &made.cert.pem(), 0o644);
    let key = desk.write("key.pem", &made.signing_key.serialize_pem(), 0o600);
    [cert, key].map(|path| path.to_str().unwrap().to_owned())
}

#[test]
fn a_certificate_opens_a_public_address_and_makes_everything_https() {
    let desk = Desk::new();
    let [cert, key] = certificate(&desk);
    let desk = desk.set("TLS_CERT_FILE", &cert).set("TLS_KEY_FILE", &key).set("BIND", "0.0.0.0:8443");
    let config = desk.load().unwrap();
    assert!(config.is_https() && !config.borders.only_through_proxies);
    assert_eq!(config.borders.origins, ["https://localhost:8443", "https://127.0.0.1:8443"]);
    let text = format!("{:?}", security_status(&config));
    assert!(text.contains("TLS: 1.2 and 1.3 on 0.0.0.0:8443") && text.contains("cert.pem"), "{text}");
    assert!(!text.contains("plain HTTP"), "{text}");
}

#[test]
fn a_certificate_that_cannot_be_used_is_a_fault() {
    let desk = Desk::new();
    let [cert, key] = certificate(&desk);
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = desk.write("other.pem", &other.signing_key.serialize_pem(), 0o600);
    let (desk, other) = (desk.set("TLS_CERT_FILE", &cert), other.to_str().unwrap());
    assert!(desk.fault().contains("TLS_KEY_FILE: missing"));
    let desk = desk.set("TLS_KEY_FILE", other);
    assert!(desk.fault().contains("is not the key of"), "{}", desk.fault());
    let desk = desk.set("TLS_KEY_FILE", &cert);
    assert!(desk.fault().contains("no private key"), "{}", desk.fault());
    let desk = desk.set("TLS_KEY_FILE", "/nowhere/key.pem");
    assert!(desk.fault().contains("TLS_KEY_FILE: \"/nowhere/key.pem\" cannot be used"), "{}", desk.fault());
    let desk = desk.set("TLS_KEY_FILE", &key).set("TLS_CERT_FILE", &key);
    assert!(desk.fault().contains("holds no certificate"), "{}", desk.fault());
    let desk = desk.set("TLS_CERT_FILE", &cert);
    desk.load().unwrap();
    fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(desk.load().unwrap().warnings.iter().any(|line| line.contains("chmod 600")));
    let strict =
        desk.set("ENVIRONMENT", "production").set("JARVIS_SECRET_KEY", STRONG).set("ENCRYPTION_KEY", SEAL);
    assert!(strict.fault().contains("chmod 600"));
}
