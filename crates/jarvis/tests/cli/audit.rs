//! `jarvis audit`: what somebody does to the trail who can write to the database, and what is left after the process was killed.

mod attacks;
mod killed;
mod million;

use std::path::Path;

use sqlx::{Connection, Executor, SqliteConnection};

use crate::process::{Home, PASSWORD, PATIENCE, Told};

/// Where a default installation keeps things.
const DATABASE: &str = "data/jarvis.db";
const CHECKPOINTS: &str = "data/audit/checkpoints.jsonl";

fn verify(home: &Home, more: &[&str]) -> Told {
    home.run(&[&["audit", "verify"], more].concat(), &[], "")
}

/// Nothing was changed.
fn passes(told: &Told) {
    assert!(told.code == 0 && told.out.contains("nothing was changed"), "{told:?}");
}

/// Something was, and this is what is said first.
fn fails(told: &Told, said: &str) {
    assert_eq!((told.code, told.out.as_str()), (1, ""), "{told:?}");
    assert!(told.err.starts_with(said) && told.err.lines().count() == 1, "{said:?}: {}", told.err);
}

/// A server that somebody uses for a while.
async fn lived_in(home: &Home, sign_ins: usize) {
    let server = home.serve(&[]);
    for _ in 0..sign_ins {
        assert_eq!(server.login("root", PASSWORD).await.0, 200);
    }
    assert_eq!(server.login("root", "wrong").await.0, 401);
    assert_eq!(server.stop("-TERM", PATIENCE).0, 0);
}

/// Eight sign-ins in two lives of a server.
async fn used() -> Home {
    let home = Home::new();
    assert_eq!(home.add("root", &["--role", "superuser", "--password-stdin"], PASSWORD).code, 0);
    lived_in(&home, 5).await;
    lived_in(&home, 3).await;
    home
}

fn copy(from: &Home) -> Home {
    fn folder(from: &Path, to: &Path) {
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                std::fs::create_dir(&to).unwrap();
                std::fs::set_permissions(&to, entry.metadata().unwrap().permissions()).unwrap();
                folder(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), &to).unwrap();
            }
        }
    }
    let home = Home::new();
    folder(from.path(), home.path());
    home
}

async fn database(home: &Home) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}/{DATABASE}", home.path().display())).await.unwrap()
}

async fn execute(home: &Home, sql: &'static str) {
    let mut database = database(home).await;
    database.execute(sql).await.unwrap();
    database.close().await.unwrap();
}

/// What a query gives.
async fn number(home: &Home, sql: &'static str) -> i64 {
    let mut database = database(home).await;
    let number = sqlx::query_scalar(sql).fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    number
}
