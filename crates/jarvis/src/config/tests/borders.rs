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
        "https://user@jarvis.example",
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
fn production_refuses_plain_http_to_and_from_other_machines() {
    Desk::production().load().unwrap();
    assert!(Desk::production().set("CORS_ORIGINS", "http://jarvis.example").fault().contains("plain http"));
    assert!(Desk::production().set("PUBLIC_URL", "http://jarvis.example").fault().contains("plain http"));
    for bind in ["0.0.0.0:8000", "[::]:8000", "192.168.1.2:8000", "[::ffff:192.168.1.2]:8000"] {
        assert!(Desk::production().set("BIND", bind).fault().contains("reverse proxy with TLS"), "{bind}");
        Desk::new().set("BIND", bind).load().unwrap();
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
