//! No secret of the operator's is in anything that the process says, at the most talkative level, whatever goes wrong.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::process::{Home, PASSWORD, client};

/// Each has its own mark, in the middle of what makes it a good secret.
const SIGNING: &str = "q8Zr1vTt0mXw5LMARKERONEhJc2NfYk7BpDs9GaEu";
const SIGNING_BEFORE: &str = "Wd3nRq6yHb8ZMARKERTWOtKx1CvFm4JpLs0GeAu7o";
const METRICS: &str = "zR3vX8qLw5TMARKERTHREEnJ7cYb2KfHs9GdPm4UeAa";
const OPENAI: &str = "sk-MARKERFOUR8qLw5TnJ7cYb2Kf";
const OIDC: &str = "MARKERFIVE3nRq6yHb8ZtKx1Cv";
const POSTGRES: &str = "MARKERSIX7nRq6yHb8ZtKx1Cv";
/// 32 bytes in base64; the mark is any nine characters of them.
const ENCRYPTION: &str = "hL9nVq0m3Zx7Yc1TgRk5Wb8PsDf2JtUe6AaOiNlQrEo=";
const ENCRYPTION_BEFORE: &str = "U0vXyG7kR2mWq9TzB4nHc1LfJd8PsYaEiOu3tQxNeZk=";
const MARKS: [&str; 5] = ["MARKER", "hL9nVq0m3", "6AaOiNlQr", "U0vXyG7kR", "iOu3tQxNe"];

const SECRETS: [(&str, &str); 7] = [
    ("JARVIS_SECRET_KEY", SIGNING),
    ("JARVIS_SECRET_KEY_PREVIOUS", SIGNING_BEFORE),
    ("ENCRYPTION_KEY", ENCRYPTION),
    ("ENCRYPTION_KEY_PREVIOUS", ENCRYPTION_BEFORE),
    ("METRICS_TOKEN", METRICS),
    ("OPENAI_API_KEY", OPENAI),
    ("OIDC_CLIENT_SECRET", OIDC),
];

fn silent(what: &str, text: &str) {
    for mark in MARKS {
        assert!(!text.contains(mark), "{what} tells {mark}: {text}");
    }
}

#[tokio::test]
async fn no_secret_is_told_by_a_server_that_works_and_by_what_goes_wrong_in_it() {
    let home = Home::new();
    let words = ["user", "add", "--username", "ada", "--email", "ada@example.org", "--password-stdin"];
    let told = home.run(&words, &SECRETS[..5], PASSWORD);
    assert_eq!(told.code, 0, "{told:?}");
    silent("another command", &(told.out + &told.err));
    // Nobody listens there: the model server and the provider fail.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (models, issuer) = (format!("http://{nobody}/v1"), format!("http://{nobody}"));
    let others = [
        ("LOG_LEVEL", "trace"),
        ("OPENAI_BASE_URL", models.as_str()),
        ("OIDC_ISSUER", issuer.as_str()),
        ("OIDC_CLIENT_ID", "jarvis"),
        ("REQUIRE_2FA", "none"),
        ("LLM_RETRIES", "0"),
    ];
    for format in ["text", "json"] {
        let settings = [&SECRETS[..], &others[..], &[("LOG_FORMAT", format)]].concat();
        let server = home.serve(&settings);
        silent("the first line", &server.line);
        let mut heard = String::new();
        for path in ["/health", "/models", "/metrics", "/auth/oidc/oidc/start", "/nowhere"] {
            for bearer in [METRICS, OPENAI, "nonsense"] {
                let answer = client()
                    .get(format!("{}{path}", server.base()))
                    .bearer_auth(bearer)
                    .send()
                    .await
                    .unwrap();
                heard += &format!("{:?}{}", answer.headers().clone(), answer.text().await.unwrap());
            }
        }
        let (status, body) = server.login("ada", PASSWORD).await;
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().unwrap().to_owned();
        let asked = client().post(format!("{}/chat", server.base())).bearer_auth(&token);
        let answer = asked.json(&json!({"message": "Hi"})).send().await.unwrap();
        assert_ne!(answer.status(), 200);
        heard += &answer.text().await.unwrap();
        assert_eq!(server.get("/models", &token).await, 200);
        heard += &server.login("ada", SIGNING).await.1.to_string();
        silent("an answer", &heard);
        let (code, rest) = server.stop("-TERM", Duration::from_secs(10));
        assert_eq!(code, 0, "{}", home.log());
        silent("standard output", &rest);
        let log = home.log();
        assert!(
            log.contains("Security Status")
                && log.contains("TRACE") | log.contains("DEBUG") | log.contains("INFO")
        );
        silent("the log", &log);
    }
}

#[test]
fn no_secret_is_told_by_a_start_that_fails() {
    let home = Home::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let parts = [
        ("POSTGRES_HOST", "127.0.0.1".to_owned()),
        ("POSTGRES_PORT", nobody.port().to_string()),
        ("POSTGRES_PASSWORD", POSTGRES.to_owned()),
    ];
    let whole = [("DATABASE_URL", format!("postgres://jarvis:{POSTGRES}@{nobody}/jarvis"))];
    for database in [&parts[..], &whole[..]] {
        let database: Vec<_> = database.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let settings =
            [&SECRETS[..], &database, &[("LOG_LEVEL", "trace"), ("DB_POOL_TIMEOUT", "1")]].concat();
        // The provider has no issuer: a fault of the settings. Without its secret: a database that is away.
        let told = home.run(&["serve"], &settings, "");
        assert_eq!(told.code, 78, "{told:?}");
        silent("a fault of the settings", &(told.out + &told.err));
        let settings: Vec<_> = settings.into_iter().filter(|(name, _)| !name.starts_with("OIDC")).collect();
        let told = home.run(&["serve"], &settings, "");
        assert_eq!(told.code, 69, "{told:?}");
        silent("a start that fails", &(told.out + &told.err));
    }
    // Each secret spoilt in its own way.
    let spoilt: Vec<(&str, String)> =
        SECRETS.iter().map(|(name, value)| (*name, format!("{value} § {value}"))).collect();
    let spoilt: Vec<_> = spoilt.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for command in ["serve", "check-config"] {
        let told = home.run(&[command], &spoilt, "");
        assert_eq!(told.code, 78, "{told:?}");
        silent("spoilt secrets", &(told.out + &told.err));
    }
}

/// Without rights over it nobody reads the memory of the process, and it leaves none behind.
#[cfg(target_os = "linux")]
#[test]
fn the_process_leaves_no_core_behind() {
    let home = Home::new();
    let server = home.serve(&[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    // What is not dumpable belongs to root, whoever runs it; as root only the limit can be seen.
    drop(server);
}
