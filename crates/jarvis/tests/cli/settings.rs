//! What is wrong with the surroundings is said in one clear line, with an exit code that scripts can use.

use std::fs;
use std::net::TcpListener;

use sqlx::{Connection, Executor, SqliteConnection};

use crate::process::{Home, PASSWORD};

const UNAVAILABLE: i32 = 69;
const CONFIG: i32 = 78;

#[test]
fn all_faults_of_the_settings_are_told_at_once() {
    let home = Home::new();
    let key = "too-short-and-private";
    let settings = [
        ("BIND", "everywhere"),
        ("LOG_LEVEL", "loud"),
        ("DB_POOL_SIZE", "0"),
        ("JARVIS_SECRET_KEY", key),
        ("CORS_ORIGINS", "https://ok.example,*"),
        ("DATABASE_URL", "mysql://user:hunter2@localhost/jarvis"),
        ("REGISTRATION", "sometimes"),
    ];
    for command in [&["serve"][..], &["user", "add", "--username", "ada", "--email", "ada@example.org"]] {
        let told = home.run(command, &settings, "");
        assert_eq!((told.code, told.out.as_str()), (CONFIG, ""), "{told:?}");
        assert_eq!(told.err.lines().count(), settings.len(), "{}", told.err);
        for (name, _) in settings {
            assert_eq!(
                told.err.lines().filter(|line| line.contains(name)).count(),
                1,
                "{name}: {}",
                told.err
            );
        }
        assert!(!told.err.contains(key) && !told.err.contains("hunter2"), "{}", told.err);
    }
}

#[test]
fn an_unknown_key_is_a_fault_wherever_it_stands() {
    let home = Home::new();
    let told = home.run(&["serve", "--set", "NO_SUCH_SETTING=1"], &[], "");
    assert_eq!((told.code, told.err.lines().count()), (CONFIG, 1), "{told:?}");
    fs::write(home.path().join("jarvis.toml"), "bnid = \"127.0.0.1:0\"\n").unwrap();
    let told = home.run(&["serve"], &[], "");
    assert_eq!((told.code, told.err.lines().count()), (CONFIG, 1), "{told:?}");
    assert!(told.err.contains("jarvis.toml:1") && told.err.contains("bind"), "{}", told.err);
    let told = home.run(&["serve", "--config", "missing.toml"], &[], "");
    assert_eq!(told.code, CONFIG, "{told:?}");
    assert!(told.err.contains("missing.toml"), "{}", told.err);
}

#[test]
fn production_does_not_start_without_its_secret() {
    let home = Home::new();
    let told = home.run(&["serve"], &[("ENVIRONMENT", "production")], "");
    assert_eq!((told.code, told.out.as_str()), (CONFIG, ""), "{told:?}");
    assert!(told.err.contains("JARVIS_SECRET_KEY"), "{}", told.err);
}

#[test]
fn a_data_folder_that_cannot_be_written_to_is_one_clear_line() {
    let home = Home::new();
    fs::write(home.path().join("taken"), "").unwrap();
    let below = home.path().join("taken/data");
    let file = home.path().join("taken");
    for folder in [below.to_str().unwrap(), file.to_str().unwrap(), "/proc/jarvis", "/dev/null"] {
        let told = home.run(&["serve"], &[("DATA_DIR", folder)], "");
        assert_eq!((told.code, told.out.as_str()), (CONFIG, ""), "{folder}: {told:?}");
        assert_eq!(told.err.lines().count(), 1, "{folder}: {}", told.err);
        assert!(told.err.contains("DATA_DIR") && told.err.contains(folder), "{folder}: {}", told.err);
    }
}

#[test]
fn a_port_that_is_taken_is_one_clear_line() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = home.run(&["serve"], &[("BIND", &address)], "");
    assert_eq!((told.code, told.out.as_str()), (UNAVAILABLE, ""), "{told:?}");
    assert_eq!(told.plain().len(), 1, "{}", told.err);
    assert!(told.plain()[0].contains(&address), "{}", told.err);
    // Whoever holds the port may be another Jarvis with the same database: it was not touched.
    assert!(!home.path().join("data/jarvis.db").exists());
}

#[test]
fn a_file_that_is_no_database_is_one_clear_line_and_left_alone() {
    let home = Home::new();
    let file = home.path().join("letters.txt");
    let text = "Not a database. ".repeat(100);
    fs::write(&file, &text).unwrap();
    let url = format!("sqlite://{}", file.display());
    for command in [&["serve"][..], &["user", "add", "--username", "ada", "--email", "ada@example.org"]] {
        let told = home.run(command, &[("DATABASE_URL", &url)], "");
        assert_eq!((told.code, told.out.as_str()), (UNAVAILABLE, ""), "{told:?}");
        assert_eq!(told.plain().len(), 1, "{}", told.err);
        assert!(told.plain()[0].contains("not a database"), "{}", told.err);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_database_in_a_folder_that_is_missing_is_one_clear_line() {
    let home = Home::new();
    let url = format!("sqlite://{}/missing/jarvis.db", home.path().display());
    let told = home.run(&["serve"], &[("DATABASE_URL", &url)], "");
    assert_eq!((told.code, told.out.as_str()), (UNAVAILABLE, ""), "{told:?}");
    assert_eq!(told.plain().len(), 1, "{}", told.err);
}

#[tokio::test]
async fn a_database_that_another_program_holds_is_one_clear_line() {
    let home = Home::new();
    assert_eq!(home.add("ada", &["--password-stdin"], PASSWORD).code, 0);
    let file = home.path().join("data/jarvis.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let told = home.add("bob", &["--password-stdin"], PASSWORD);
    assert_eq!((told.code, told.out.as_str()), (UNAVAILABLE, ""), "{told:?}");
    assert_eq!(told.plain().len(), 1, "{}", told.err);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(home.add("bob", &["--password-stdin"], PASSWORD).code, 0);
}

#[test]
fn a_database_server_that_is_away_is_one_clear_line_without_its_password() {
    let home = Home::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://jarvis:pumpernickel@{nobody}/jarvis");
    let told = home.run(&["serve"], &[("DATABASE_URL", &url), ("DB_POOL_TIMEOUT", "1")], "");
    assert_eq!((told.code, told.out.as_str()), (UNAVAILABLE, ""), "{told:?}");
    assert_eq!(told.plain().len(), 1, "{}", told.err);
    assert!(!told.err.contains("pumpernickel"), "{}", told.err);
}

#[test]
fn a_secret_is_refused_on_the_command_line() {
    let home = Home::new();
    let told = home.run(&["serve", "--set", "jarvis_secret_key=hunter2"], &[], "");
    assert_eq!(told.code, 2);
    assert!(told.err.contains("_FILE"), "{}", told.err);
}
