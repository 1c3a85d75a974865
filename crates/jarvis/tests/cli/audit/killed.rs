//! `kill -9` while many change things: what was acknowledged is written down.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Home, PASSWORD, client};

/// Changes that are acknowledged before the process is killed.
const ENOUGH: usize = 120;

#[tokio::test]
async fn a_killed_server_has_written_down_every_change_that_it_acknowledged() {
    let (home, url) = (Home::new(), database().await);
    let settings: Vec<(&str, &str)> = url.iter().map(|url| ("DATABASE_URL", url.as_str())).collect();
    let words = [
        "user",
        "add",
        "--username",
        "root",
        "--email",
        "root@example.org",
        "--role",
        "superuser",
        "--password-stdin",
    ];
    assert_eq!(home.run(&words, &settings, PASSWORD).code, 0);
    let mut acknowledged = BTreeSet::new();
    for _ in 0..3 {
        let server = home.serve(&[settings.as_slice(), &[("REQUIRE_2FA", "none")]].concat());
        let token = server.login("root", PASSWORD).await.1["access_token"].as_str().unwrap().to_owned();
        let (base, made) = (server.base(), Arc::new(Mutex::new(BTreeSet::new())));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (base, token, made) = (base.clone(), token.clone(), Arc::clone(&made));
                #[expect(clippy::disallowed_methods, reason = "a test has no tracked tasks")]
                tokio::spawn(async move { change(&base, &token, &made).await })
            })
            .collect();
        let enough = async {
            while made.lock().unwrap().len() < ENOUGH {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(crate::process::PATIENCE, enough).await.expect("nothing is acknowledged");
        server.kill();
        for worker in workers {
            worker.await.unwrap();
        }
        acknowledged.extend(std::mem::take(&mut *made.lock().unwrap()));
        let told = home.run(&["audit", "verify"], &settings, "");
        assert_eq!(told.code, 0, "{told:?}");
    }
    let told = home.run(&["audit", "export"], &settings, "");
    let lines: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let written: BTreeSet<(String, String)> = lines
        .iter()
        .filter_map(|line| {
            let invite = line["data"]["details"]["invite"].as_str()?;
            Some((line["kind"].as_str()?.to_owned(), invite.to_owned()))
        })
        .collect();
    println!("{} acknowledged, {} written", acknowledged.len(), written.len());
    assert!(acknowledged.len() >= 3 * ENOUGH);
    let lost: Vec<_> = acknowledged.difference(&written).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// Makes invitations and takes them back until nobody answers any more.
async fn change(base: &str, token: &str, made: &Mutex<BTreeSet<(String, String)>>) {
    let client = client();
    loop {
        let request =
            client.post(format!("{base}/admin/invites")).bearer_auth(token).json(&json!({"role": "user"}));
        let Ok(reply) = request.send().await else { return };
        assert_eq!(reply.status(), 201);
        let Ok(reply) = reply.json::<Value>().await else { return };
        let id = reply["id"].as_str().unwrap().to_owned();
        made.lock().unwrap().insert(("invite_made".to_owned(), id.clone()));
        let request = client.delete(format!("{base}/admin/invites/{id}")).bearer_auth(token);
        let Ok(reply) = request.send().await else { return };
        assert_eq!(reply.status(), 204);
        made.lock().unwrap().insert(("invite_revoked".to_owned(), id));
    }
}

/// A database of our own where the tests were given a PostgreSQL server.
#[expect(clippy::disallowed_methods, reason = "how the test run says which database to use")]
async fn database() -> Option<String> {
    use sqlx::{Connection, Executor};
    let admin = std::env::var("TEST_POSTGRES_URL").ok()?;
    let name = format!("jarvis_{}", jarvis::ids::RunId::new().0.simple());
    let mut connection = sqlx::PgConnection::connect(&admin).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let mut url = url::Url::parse(&admin).unwrap();
    url.set_path(&name);
    Some(url.to_string())
}
