//! From an old key of the installation to a new one.

use std::time::Duration;

use jarvis_crypto::{Place, Sealer, seal};
use serde_json::json;

use super::{Cell, damaged, two_turns};
use crate::factors::enrol;
use crate::support::{Client, PATIENCE, TestApp};

const OLD: &str = "WxcfDQ1Pkdwznugo/VDeB87Au8QHCdvI6ugl6tpmuBc=";
const NEW: &str = "jNedh09Rm9j6Nl4xi6FJTs5iOtDvxmGxE5sGjT7KC98=";

/// Where the database of a running Jarvis is, as a setting.
fn database(app: &TestApp) -> String {
    match app.postgres_url() {
        Some(url) => url.to_string(),
        None => format!("sqlite://{}/jarvis.db", app.folder().display()),
    }
}

async fn until(app: &TestApp, said: &str) {
    let done = async {
        while !jarvis::rotation::status(&app.app).await.unwrap().unwrap().contains(said) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, done).await.expect("the rotation does not end");
}

#[tokio::test]
async fn everything_moves_to_the_new_key_also_from_half_way() {
    let mut first = TestApp::start_with(&[("ENCRYPTION_KEY", OLD)]).await;
    let (ada, bob) = (first.ada().await, first.bob().await);
    let (id, bobs) = (two_turns(&mut first, &ada).await, two_turns(&mut first, &bob).await);
    enrol(&first, &ada).await;
    enrol(&first, &bob).await;
    let text = Cell::of_message("content", &ada.messages(&id).await[1]["id"]);
    let before = text.read(&first).await;
    // A rotation that was killed: Bob's key is done, nothing else is.
    let own = Cell::key_of(&bob).await;
    let place =
        Place { table: "user_keys", column: "key", row: own.row.as_bytes(), owner: own.row.as_bytes() };
    let [old, new] = [OLD, NEW].map(|key| Sealer::new(&seal::key_from_base64(key).unwrap(), &[]));
    let key = old.open(&own.read(&first).await.unwrap(), place).unwrap();
    let half = new.seal(key.expose(), place).unwrap();
    own.write(&first, Some(&half)).await;

    let database = database(&first);
    let both = [("ENCRYPTION_KEY", NEW), ("ENCRYPTION_KEY_PREVIOUS", OLD), ("DATABASE_URL", &database)];
    let both = TestApp::start_with(&both).await;
    until(&both, "take it away").await;
    assert_eq!(own.read(&first).await.unwrap(), half, "what is done is left alone");
    let header = new.current_header();
    for client in [&ada, &bob] {
        let key = Cell::key_of(client).await;
        let totp = Cell { table: "totp", column: "secret", ..key };
        assert!(key.read(&first).await.unwrap().starts_with(&header));
        assert!(totp.read(&first).await.unwrap().starts_with(&header));
    }
    assert_eq!(text.read(&first).await, before, "texts stay as they are");

    let after = TestApp::start_with(&[("ENCRYPTION_KEY", NEW), ("DATABASE_URL", &database)]).await;
    let moved = |client: &Client| after.stranger().with_token(client.token.as_ref().unwrap());
    assert_eq!(damaged(&moved(&ada), &id).await, [0; 0]);
    assert_eq!(damaged(&moved(&bob), &bobs).await, [0; 0]);
    after.stop().await;
    both.stop().await;
    first.stop().await;
}

#[tokio::test]
async fn a_key_that_does_not_open_holds_nobody_up() {
    let mut first = TestApp::start_with(&[("ENCRYPTION_KEY", OLD)]).await;
    let (ada, bob) = (first.ada().await, first.bob().await);
    let (id, bobs) = (two_turns(&mut first, &ada).await, two_turns(&mut first, &bob).await);
    Cell::key_of(&ada).await.flip(&first, 50).await;
    let database = database(&first);
    let both = [("ENCRYPTION_KEY", NEW), ("ENCRYPTION_KEY_PREVIOUS", OLD), ("DATABASE_URL", &database)];
    let both = TestApp::start_with(&both).await;
    // Beside the one that is lost, none is left.
    until(&both, "(records under an old key: 1)").await;
    let after = TestApp::start_with(&[
        ("ENCRYPTION_KEY", NEW),
        ("ENCRYPTION_KEY_PREVIOUS", OLD),
        ("DATABASE_URL", &database),
    ])
    .await;
    let as_on = |client: &Client| after.stranger().with_token(client.token.as_ref().unwrap());
    assert_eq!(damaged(&as_on(&bob), &bobs).await, [0; 0]);
    assert_eq!(damaged(&as_on(&ada), &id).await, [0, 1, 2, 3]);
    let made = as_on(&ada).post("/conversations", json!({})).await;
    assert_eq!(made.problem(), (409, "key_damaged"));
    after.stop().await;
    both.stop().await;
    first.stop().await;
}
