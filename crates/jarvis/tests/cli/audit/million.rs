//! How long it takes to check a million events.

use std::time::Instant;

use jarvis_crypto::ledger::{Frontier, GENESIS, cloak, leaf_hash, link};
use sqlx::Connection;

use super::database;
use crate::process::{Home, PASSWORD};

const EVENTS: i64 = 1_000_000;

/// `cargo nextest run -p jarvis --release --test cli --run-ignored only --no-capture million`: see bench/README.md.
#[tokio::test]
#[ignore = "a measurement: takes a minute"]
async fn a_million_events_are_checked() {
    let home = Home::new();
    assert_eq!(home.add("root", &["--password-stdin"], PASSWORD).code, 0);
    let mut connection = database(&home).await;
    let since = Instant::now();
    let mut tx = connection.begin().await.unwrap();
    sqlx::query("DELETE FROM audit_events").execute(&mut *tx).await.unwrap();
    let (mut last, mut frontier) = (GENESIS, Frontier::default());
    let data = r#"{"address":"192.0.2.x","agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","request":"01a202f6-9c47-748e-ab19-d6261ae385b4","details":{"way":"password"}}"#;
    for seq in 1..=EVENTS {
        let (at, person) = (1_795_000_000_000_000 + seq, [7_u8; 16]);
        let salt: [u8; 16] = u128::try_from(seq).unwrap().to_be_bytes();
        let cloak = cloak(&salt, data.as_bytes());
        let fields: [&[u8]; 9] = [
            &seq.to_be_bytes(),
            &at.to_be_bytes(),
            b"sign_in",
            b"success",
            b"request",
            &1_i64.to_be_bytes(),
            &person,
            &person,
            &cloak,
        ];
        last = link(&last, &fields);
        frontier.push(leaf_hash(&last));
        sqlx::query("INSERT INTO audit_events VALUES ($1, $2, 'sign_in', 'success', 'request', 1, $3, $3, $4, $5, $6, $7)")
            .bind(seq)
            .bind(at)
            .bind(person.to_vec())
            .bind(cloak.to_vec())
            .bind(salt.to_vec())
            .bind(data)
            .bind(last.to_vec())
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE audit_head SET size = $1, at = $2, hash = $3, frontier = $4")
        .bind(EVENTS)
        .bind(1_795_000_000_000_000 + EVENTS)
        .bind(last.to_vec())
        .bind(frontier.to_bytes())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    connection.close().await.unwrap();
    println!("made in {:.1} s", since.elapsed().as_secs_f64());
    let bytes = std::fs::metadata(home.path().join(super::DATABASE)).unwrap().len();
    let since = Instant::now();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jarvis"));
    let command = command.args(["audit", "verify"]).env_clear().current_dir(home.path());
    let told = command.output().unwrap();
    let took = since.elapsed().as_secs_f64();
    assert!(told.status.success() && told.stdout.starts_with(b"1000000 entries"), "{told:?}");
    println!("checked in {took:.2} s: {:.0} events a second; {} bytes each", 1e6 / took, bytes / 1_000_000);
}
