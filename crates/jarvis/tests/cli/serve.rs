//! `jarvis serve`: its first line, its log, its end, and what survives the end.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;

use crate::process::{Home, PASSWORD, client};

/// A stop with nothing to wait for.
const SOON: Duration = Duration::from_secs(5);

fn owner(code: &str) -> serde_json::Value {
    json!({"email": "ada@example.org", "username": "ada", "password": PASSWORD, "setup_code": code})
}

#[tokio::test]
async fn the_first_start_prints_a_set_up_link_until_there_is_an_account() {
    let home = Home::new();
    let server = home.serve(&[]);
    let code = server.setup_code().unwrap();
    assert!(
        server.line.starts_with("Jarvis is ready. Make your account here: http://127.0.0.1:"),
        "{}",
        server.line
    );
    server.kill();
    // Not used yet: the same link again.
    let server = home.serve(&[]);
    assert_eq!(server.setup_code().as_ref(), Some(&code));
    let (status, body) = server.post("/auth/register", owner(&code)).await;
    assert_eq!((status, body["role"].as_str()), (201, Some("superuser")));
    server.kill();
    let server = home.serve(&[]);
    assert_eq!(server.setup_code(), None);
    assert_eq!(server.line, format!("Jarvis is ready: {}", server.base()));
}

#[tokio::test]
async fn the_public_address_is_the_one_in_the_link() {
    let home = Home::new();
    let server = home.serve(&[("PUBLIC_URL", "https://jarvis.example")]);
    assert!(server.line.contains("https://jarvis.example/setup#code="), "{}", server.line);
}

#[tokio::test]
async fn a_termination_ends_it_soon_and_well() {
    let home = Home::new();
    for signal in ["-TERM", "-INT"] {
        let server = home.serve(&[]);
        // An idle connection must not hold it up.
        let client = client();
        let live = format!("{}/health/live", server.base());
        assert_eq!(client.get(&live).send().await.unwrap().status(), 200);
        let (code, rest) = server.stop(signal, SOON);
        assert_eq!((code, rest.as_str()), (0, ""), "{}", home.log());
        assert!(client.get(&live).send().await.is_err());
        assert!(home.log().contains("stopped"), "{}", home.log());
    }
}

#[tokio::test]
async fn a_killed_server_starts_again_with_everything_that_was_said() {
    let home = Home::new();
    assert_eq!(home.add("ada", &["--password-stdin"], PASSWORD).code, 0);
    let server = home.serve(&[]);
    let (_, body) = server.login("ada", PASSWORD).await;
    let token = body["access_token"].as_str().unwrap().to_owned();
    let made = client().post(format!("{}/conversations", server.base())).bearer_auth(&token);
    let made: serde_json::Value =
        made.json(&json!({"title": "Plans"})).send().await.unwrap().json().await.unwrap();
    let path = format!("/conversations/{}", made["id"].as_str().unwrap());
    server.kill();
    let server = home.serve(&[]);
    assert_eq!(server.get(&path, &token).await, 200);
    assert_eq!(server.login("ada", PASSWORD).await.0, 200);
    assert_eq!(server.stop("-TERM", SOON).0, 0);
    // A signing key of one's own signs everybody out, and only that.
    let server = home.serve(&[("JARVIS_SECRET_KEY", "qT8wN3xKf6ZrB1vYc9LmJ4hGd7PsEa5U")]);
    assert_eq!(server.get(&path, &token).await, 401);
    assert_eq!(server.login("ada", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn what_is_private_is_private_on_the_disk() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mode = |name: &str| {
        let path = home.path().join(name);
        std::fs::metadata(&path).unwrap_or_else(|_| panic!("{name}")).permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    assert_eq!(mode("data/secrets"), 0o700);
    assert_eq!(mode("data/secrets/jarvis_secret_key"), 0o600);
    drop(server);
}

#[tokio::test]
async fn the_log_opens_with_the_security_status_and_tells_no_secret() {
    let home = Home::new();
    let key = "qT8wN3xKf6ZrB1vYc9LmJ4hGd7PsEa5U";
    let metrics = "mT7qX2vLk9RzB4nWc8YpJ5sHd3GfEa6U";
    let server = home.serve(&[
        ("JARVIS_SECRET_KEY", key),
        ("METRICS_TOKEN", metrics),
        ("LOG_LEVEL", "trace"),
        ("REQUIRE_2FA", "none"),
    ]);
    let code = server.setup_code().unwrap();
    assert_eq!(server.post("/auth/register", owner("AAAA-BBBB-CCCC-DDDD-EEEE")).await.0, 403);
    assert_eq!(server.post("/auth/register", owner(&code)).await.0, 201);
    assert_eq!(server.login("ada", "a wrong guess of hers").await.0, 401);
    let login = json!({"username": "ada", "password": PASSWORD});
    let answer = client().post(format!("{}/auth/login", server.base())).json(&login).send().await.unwrap();
    let cookies: Vec<String> =
        answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned()).collect();
    let [access, refresh] =
        [&cookies[0], &cookies[1]].map(|line| line.split(['=', ';']).nth(1).unwrap().to_owned());
    let renew = async || {
        let request = client().post(format!("{}/auth/refresh", server.base()));
        let request = request.header("cookie", format!("jarvis_refresh={refresh}"));
        request.header("sec-fetch-site", "same-origin").send().await.unwrap()
    };
    let renewed = renew().await;
    let next = renewed.headers()["set-cookie"].to_str().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    assert_eq!(server.get("/auth/me", &next).await, 200);
    assert_eq!(server.get(&format!("/auth/me?token={access}"), "not-a-token-at-all").await, 401);
    assert_eq!(server.get("/metrics", metrics).await, 200);
    let text = json!({"message": "the pumpernickel affair"});
    let chat = client().post(format!("{}/chat", server.base())).bearer_auth(&next).json(&text);
    assert_eq!(chat.send().await.unwrap().status(), 503);
    let (ended, rest) = server.stop("-TERM", SOON);
    assert_eq!((ended, rest.as_str()), (0, ""));

    let log = home.log();
    let first = log.lines().next().unwrap();
    assert!(first.ends_with("Security Status"), "{first}");
    assert!(
        log.contains("JARVIS_SECRET_KEY: set (********)") && log.contains("METRICS_TOKEN: set (********)"),
        "{log}"
    );
    assert!(log.contains("account made") && log.contains("route=\"/auth/login\""), "{log}");
    let secrets = [
        PASSWORD,
        "a wrong guess of hers",
        &code,
        "AAAA-BBBB-CCCC-DDDD-EEEE",
        &access,
        &refresh,
        &next,
        key,
        metrics,
        "not-a-token-at-all",
        "pumpernickel",
        "argon2",
        "jrt_",
        "eyJ",
        "ada@example.org",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_and_touches_nothing() {
    let home = Home::new();
    let server = home.serve(&[]);
    let second = home.run(&["serve"], &[], "");
    assert_eq!(second.code, 69);
    assert!(matches!(second.plain()[..], [line] if line.contains("another Jarvis")), "{second:?}");
    // The lock goes with the process, however it ends.
    server.kill();
    drop(home.serve(&[]));
}

#[tokio::test]
async fn the_database_is_for_its_owner_alone_even_in_an_open_folder() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("data")).unwrap();
    std::fs::set_permissions(home.path().join("data"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = home.serve(&[]);
    server.post("/auth/login", json!({"username": "a", "password": "b"})).await;
    for entry in std::fs::read_dir(home.path().join("data")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        // The folder of the secrets, too.
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", entry.path().display());
    }
}

#[tokio::test]
async fn an_address_that_others_reach_needs_an_owner_first() {
    let home = Home::new();
    let open = [("BIND", "0.0.0.0:0"), ("TRUSTED_PROXIES", "192.0.2.7")];
    let told = home.run(&["serve"], &open, "");
    assert_eq!((told.code, told.out.as_str()), (78, ""), "{told:?}");
    assert!(matches!(told.plain()[..], [line] if line.contains("nobody owns this Jarvis")), "{told:?}");
    assert_eq!(home.add("ada", &["--role", "superuser", "--password-stdin"], PASSWORD).code, 0);
    let server = home.serve(&open);
    assert!(server.line.starts_with("Jarvis is ready: http://0.0.0.0:"), "{}", server.line);
}
