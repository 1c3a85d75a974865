//! People's keys: made once, lost, damaged, and gone with their owner.

use std::time::Duration;

use futures_util::future::join_all;
use jarvis::auth::{Actor, Grant, Scopes};
use jarvis::chat::Changes;
use jarvis::clock::Timestamp;
use jarvis::error::Error;
use jarvis::ids::{SessionId, UserId};
use jarvis::users::Role;
use serde_json::json;

use super::{Cell, damaged, sent, turn, two_turns, user};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_first_conversations_at_once_all_are_sealed_with_one_key() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM user_keys").await, 0);
    let making = join_all((0..20).map(|n| ada.post("/conversations", json!({"title": format!("T{n}")}))));
    let reading = join_all((0..20).map(|_| ada.get("/conversations")));
    let (made, seen) = tokio::join!(making, reading);
    // Whoever finds a conversation finds its key.
    let seen = seen.iter().flat_map(|reply| reply.json["items"].as_array().unwrap());
    assert!(seen.into_iter().all(|conversation| conversation["damaged"] == false));
    assert!(made.iter().all(|reply| reply.status == 201));
    assert_eq!(app.count("SELECT COUNT(*) FROM user_keys").await, 1);
    app.app.vault.forget(UserId(user(&ada).await));
    let list = ada.get("/conversations").await.json["items"].as_array().unwrap().clone();
    assert_eq!(list.len(), 20);
    assert!(list.iter().all(|conversation| conversation["damaged"] == false));
    app.stop().await;
}

#[tokio::test]
async fn without_its_key_nothing_opens_and_what_comes_after_does() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (id, bobs) = (two_turns(&mut app, &ada).await, two_turns(&mut app, &bob).await);
    let owner = user(&ada).await;
    super::change(&app, "DELETE FROM user_keys WHERE user_id = {}", &[&json!(owner)]).await;
    app.app.vault.forget(UserId(owner));
    assert_eq!(damaged(&ada, &id).await, [0, 1, 2, 3]);
    assert_eq!(ada.get("/conversations").await.json["items"][0]["damaged"], true);
    // Reading made no other.
    assert_eq!(app.count("SELECT COUNT(*) FROM user_keys").await, 1);
    assert_eq!(damaged(&bob, &bobs).await, [0; 0]);
    assert_eq!(sent(&mut app, &ada, &id).await, ["So?"]);
    let after = ada.messages(&id).await;
    assert_eq!((&after[4]["content"], &after[5]["content"]), (&json!("So?"), &json!("So.")));
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_written_under_a_damaged_key_and_a_backup_mends_it() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = two_turns(&mut app, &ada).await;
    let key = Cell::key_of(&ada).await;
    let whole = key.read(&app).await;
    for spoil in ["flipped", "cut", "empty"] {
        match spoil {
            "flipped" => key.flip(&app, 50).await,
            "cut" => key.write(&app, whole.as_ref().map(|key| &key[..40])).await,
            _ => key.write(&app, Some(b"")).await,
        }
        app.app.vault.forget(UserId(key.row));
        assert_eq!(damaged(&ada, &id).await, [0, 1, 2, 3], "{spoil}");
        assert_eq!(ada.ask(&id, "So?").await.problem(), (409, "key_damaged"));
        assert_eq!(ada.post("/conversations", json!({})).await.problem(), (409, "key_damaged"));
        // A new conversation's question may reach the model before that is known; it is hung up on.
        assert_eq!(ada.post("/chat", json!({"message": "So?"})).await.problem(), (409, "key_damaged"));
        app.next_call().await.cancelled().await;
        key.write(&app, whole.as_deref()).await;
        assert_eq!(damaged(&ada, &id).await, [0; 0]);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_key_is_in_no_file_any_more_once_its_owner_is_gone() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    two_turns(&mut app, &ada).await;
    let bobs = two_turns(&mut app, &bob).await;
    let key = Cell::key_of(&ada).await.read(&app).await.unwrap();
    let bobs_key = Cell::key_of(&bob).await.read(&app).await.unwrap();
    if !app.on_postgres() {
        assert!(holds(&app, &key) && holds(&app, &bobs_key));
    }
    assert_eq!(ada.delete("/auth/me").await.status, 204);
    assert_eq!(app.count("SELECT COUNT(*) FROM user_keys").await, 1);
    if !app.on_postgres() {
        // Somebody may have been reading just then: it is tried again every few seconds.
        let gone = async {
            while holds(&app, &key) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), gone).await.expect("the key is still in a file");
        assert!(holds(&app, &bobs_key));
    }
    assert_eq!(damaged(&bob, &bobs).await, [0; 0]);
    app.stop().await;
}

/// Whether these bytes are in one of the database's files.
fn holds(app: &TestApp, bytes: &[u8]) -> bool {
    ["jarvis.db", "jarvis.db-wal", "jarvis.db-shm"].iter().any(|name| {
        let file = std::fs::read(app.folder().join(name)).unwrap_or_default();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn who_is_deleted_in_another_process_writes_nothing_under_a_key_that_is_gone() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = turn(&mut app, &ada, None, ["Tea?", "Hm", "Yes."]).await;
    let owner = UserId(user(&ada).await);
    let beside = app.beside().await;
    // As the gate there let her in a moment ago.
    let actor = Actor {
        user: owner,
        grant: Grant::Session(SessionId::new()),
        role: Role::User,
        proved_at: Timestamp::from_micros(0),
        scopes: Scopes::ALL,
        must_enrol: false,
    };
    let changes = || Changes { title: None, model: None };
    beside.chats.create(&actor, changes()).await.unwrap();
    assert_eq!(ada.delete("/auth/me").await.status, 204);
    // The key is in that process's memory still.
    let refused = beside.chats.create(&actor, changes()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)), "{refused:?}");
    let id = jarvis::ids::ConversationId(id.parse().unwrap());
    assert!(matches!(beside.chats.read(&actor, id).await, Err(Error::NotFound(_))));
    beside.accounts.announce_revoked().await.unwrap();
    // And now in none: it is not made again either.
    let refused = beside.chats.create(&actor, changes()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)), "{refused:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM user_keys").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM conversations").await, 0);
    beside.db.close().await;
    app.stop().await;
}
