//! The key of the installation, as an operator meets it: a wrong one, a new one, and a record that does not open.

use std::path::Path;
use std::time::{Duration, Instant};

use jarvis_crypto::{Place, Sealer, Secret, seal};
use serde_json::{Value, json};
use sqlx::Connection;

use crate::process::{Home, PASSWORD, PATIENCE, Server, client};

const OLD: &str = "WxcfDQ1Pkdwznugo/VDeB87Au8QHCdvI6ugl6tpmuBc=";
const NEW: &str = "jNedh09Rm9j6Nl4xi6FJTs5iOtDvxmGxE5sGjT7KC98=";
const SOON: Duration = Duration::from_secs(5);

async fn connect(home: &Path) -> sqlx::SqliteConnection {
    let url = format!("sqlite://{}", home.join("data/jarvis.db").display());
    sqlx::SqliteConnection::connect(&url).await.unwrap()
}

async fn number(home: &Home, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut connect(home.path()).await).await.unwrap()
}

/// A server with one account, and that account's token.
async fn with_ada(home: &Home, settings: &[(&str, &str)]) -> (Server, String) {
    let words = ["user", "add", "--username", "ada", "--email", "ada@example.org", "--password-stdin"];
    assert_eq!(home.run(&words, settings, PASSWORD).code, 0);
    let server = home.serve(settings);
    let (_, body) = server.login("ada", PASSWORD).await;
    (server, body["access_token"].as_str().unwrap().to_owned())
}

async fn make(server: &Server, token: &str, title: &str) -> String {
    let request = client().post(format!("{}/conversations", server.base())).bearer_auth(token);
    let made: Value = request.json(&json!({"title": title})).send().await.unwrap().json().await.unwrap();
    made["id"].as_str().unwrap().to_owned()
}

async fn read(server: &Server, token: &str, id: &str) -> Value {
    let request = client().get(format!("{}/conversations/{id}", server.base())).bearer_auth(token);
    request.send().await.unwrap().json().await.unwrap()
}

async fn wait_for(home: &Home, text: &str) {
    let began = Instant::now();
    while !home.log().contains(text) {
        assert!(began.elapsed() < PATIENCE, "{text} is not in {}", home.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Everything in the database, as text.
async fn contents(home: &Home) -> Vec<String> {
    let mut all = Vec::new();
    for table in ["meta", "users", "user_keys", "conversations"] {
        let sql = match table {
            "meta" => "SELECT key || value FROM meta ORDER BY 1",
            "users" => "SELECT username || password_hash FROM users ORDER BY 1",
            "user_keys" => "SELECT hex(user_id) || hex(key) FROM user_keys ORDER BY 1",
            _ => "SELECT hex(id) || hex(title) FROM conversations ORDER BY 1",
        };
        let rows: Vec<String> =
            sqlx::query_scalar(sql).fetch_all(&mut connect(home.path()).await).await.unwrap();
        all.extend(rows);
    }
    all
}

#[tokio::test]
async fn a_wrong_key_stops_the_start_and_changes_nothing() {
    let home = Home::new();
    let (server, token) = with_ada(&home, &[("ENCRYPTION_KEY", OLD)]).await;
    let id = make(&server, &token, "Plans").await;
    assert_eq!(server.stop("-TERM", SOON).0, 0);
    let before = contents(&home).await;
    for words in [&["serve"][..], &["user", "list"]] {
        let told = home.run(words, &[("ENCRYPTION_KEY", NEW)], "");
        assert_eq!((told.code, told.out.as_str()), (78, ""), "{told:?}");
        assert!(
            matches!(told.plain()[..], [line] if line.contains("ENCRYPTION_KEY is not the key") && line.contains("ENCRYPTION_KEY_PREVIOUS")),
            "{told:?}"
        );
    }
    assert_eq!(contents(&home).await, before);
    // The same where somebody took the check value away, and where it is damaged.
    let mut database = connect(home.path()).await;
    let check: String = sqlx::query_scalar("DELETE FROM meta WHERE key = 'encryption_check' RETURNING value")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!(home.run(&["serve"], &[("ENCRYPTION_KEY", NEW)], "").code, 78);
    assert_eq!(number(&home, "SELECT COUNT(*) FROM meta WHERE key = 'encryption_check'").await, 0);
    let damaged = check.replacen(&check[40..44], if &check[40..44] == "AAAA" { "BBBB" } else { "AAAA" }, 1);
    sqlx::query("INSERT INTO meta (key, value) VALUES ('encryption_check', $1)")
        .bind(damaged)
        .execute(&mut database)
        .await
        .unwrap();
    let told = home.run(&["serve"], &[("ENCRYPTION_KEY", OLD)], "");
    assert_eq!(told.code, 78);
    assert!(matches!(told.plain()[..], [line] if line.contains("key check value")), "{told:?}");
    sqlx::query("UPDATE meta SET value = $1 WHERE key = 'encryption_check'")
        .bind(check)
        .execute(&mut database)
        .await
        .unwrap();
    drop(database);
    let server = home.serve(&[("ENCRYPTION_KEY", OLD)]);
    assert_eq!(read(&server, &token, &id).await["title"], "Plans");
}

#[tokio::test]
async fn a_new_key_takes_over_however_often_the_server_is_killed_meanwhile() {
    let home = Home::new();
    let (server, token) = with_ada(&home, &[("ENCRYPTION_KEY", OLD)]).await;
    let id = make(&server, &token, "Plans").await;
    server.kill();
    crowd(&home, 1500).await;
    let both = [("ENCRYPTION_KEY", NEW), ("ENCRYPTION_KEY_PREVIOUS", OLD)];
    let current = Sealer::new(&key(NEW), &[]).current_header();
    let mut left = 1501;
    for wait in [0, 5, 20] {
        let server = home.serve(&both);
        assert_eq!(read(&server, &token, &id).await["title"], "Plans");
        tokio::time::sleep(Duration::from_millis(wait)).await;
        server.kill();
        let now = old_ones(&home, &current).await;
        assert!(now <= left, "{now} after {left}");
        left = now;
    }
    let server = home.serve(&both);
    wait_for(
        &home,
        "everything is sealed with the current ENCRYPTION_KEY, so take ENCRYPTION_KEY_PREVIOUS away",
    )
    .await;
    assert_eq!(old_ones(&home, &current).await, 0);
    assert_eq!(server.stop("-TERM", SOON).0, 0);
    // Said at each start until it is taken away.
    let server = home.serve(&both);
    wait_for(&home, "nothing is sealed with an old key any more").await;
    assert_eq!(server.stop("-TERM", SOON).0, 0);
    let server = home.serve(&[("ENCRYPTION_KEY", NEW)]);
    assert_eq!(read(&server, &token, &id).await["title"], "Plans");
    assert_eq!(server.stop("-TERM", SOON).0, 0);
    assert_eq!(home.run(&["serve"], &[("ENCRYPTION_KEY", OLD)], "").code, 78);
}

fn key(text: &str) -> Secret<[u8; 32]> {
    seal::key_from_base64(text).unwrap()
}

async fn old_ones(home: &Home, header: &[u8]) -> i64 {
    let sql = "SELECT COUNT(*) FROM user_keys WHERE substr(key, 1, 9) <> $1";
    sqlx::query_scalar(sql).bind(header).fetch_one(&mut connect(home.path()).await).await.unwrap()
}

/// Many people, each with a key under the old one.
async fn crowd(home: &Home, count: u32) {
    let old = Sealer::new(&key(OLD), &[]);
    let mut database = connect(home.path()).await;
    sqlx::query("BEGIN").execute(&mut database).await.unwrap();
    for n in 0..count {
        let id = [&n.to_be_bytes()[..], &[7; 12]].concat();
        let place = Place { table: "user_keys", column: "key", row: &id, owner: &id };
        sqlx::query(
            "INSERT INTO users (id, username, username_key, email, email_key, password_hash, role, is_active, is_verified,
                                preferences, created_at)
             VALUES ($1, $2, $2, $2, $2, '', 'user', 0, 0, '{}', 0)",
        )
        .bind(&id)
        .bind(format!("crowd-{n}"))
        .execute(&mut database)
        .await
        .unwrap();
        sqlx::query("INSERT INTO user_keys (user_id, key, created_at) VALUES ($1, $2, 0)")
            .bind(&id)
            .bind(old.seal(&[9; 32], place).unwrap())
            .execute(&mut database)
            .await
            .unwrap();
    }
    sqlx::query("COMMIT").execute(&mut database).await.unwrap();
}

#[tokio::test]
async fn a_damaged_record_is_one_line_in_the_log_and_none_of_it_is_told() {
    let home = Home::new();
    let (server, token) = with_ada(&home, &[]).await;
    let id = make(&server, &token, "The pumpernickel affair").await;
    let mut database = connect(home.path()).await;
    sqlx::query("UPDATE conversations SET title = substr(title, 1, 45)")
        .execute(&mut database)
        .await
        .unwrap();
    for _ in 0..3 {
        let seen = read(&server, &token, &id).await;
        assert_eq!((&seen["title"], &seen["damaged"]), (&json!(""), &json!(true)));
    }
    let log = home.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("does not open")).collect();
    assert!(matches!(lines[..], [line] if line.contains(&id) && line.contains("conversations")), "{lines:?}");
    assert!(!log.contains("pumpernickel"));
}
