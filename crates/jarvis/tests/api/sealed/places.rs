//! Records that are whole, in another place than their own.

use serde_json::json;

use super::{Cell, change, damaged, two_turns};
use crate::support::TestApp;

#[tokio::test]
async fn two_records_that_changed_places_are_both_damaged() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (id, second) = (two_turns(&mut app, &ada).await, two_turns(&mut app, &ada).await);
    let bobs = two_turns(&mut app, &bob).await;
    let messages = ada.messages(&id).await;
    let content = |at: usize| Cell::of_message("content", &messages[at]["id"]);

    // Within the conversation.
    content(1).swap(&app, content(3)).await;
    assert_eq!(damaged(&ada, &id).await, [1, 3]);
    content(1).swap(&app, content(3)).await;
    content(0).swap(&app, content(2)).await;
    assert_eq!(damaged(&ada, &id).await, [0, 2]);
    content(0).swap(&app, content(2)).await;
    // Within the row.
    content(1).swap(&app, Cell::of_message("thinking", &messages[1]["id"])).await;
    assert_eq!(damaged(&ada, &id).await, [1]);
    content(1).swap(&app, Cell::of_message("thinking", &messages[1]["id"])).await;
    assert_eq!(damaged(&ada, &id).await, [0; 0]);
    // Between two conversations of hers, and with one of his.
    let elsewhere = Cell::of_message("content", &ada.messages(&second).await[1]["id"]);
    content(1).swap(&app, elsewhere).await;
    assert_eq!((damaged(&ada, &id).await, damaged(&ada, &second).await), (vec![1], vec![1]));
    content(1).swap(&app, elsewhere).await;
    let his = Cell::of_message("content", &bob.messages(&bobs).await[1]["id"]);
    content(1).swap(&app, his).await;
    assert_eq!((damaged(&ada, &id).await, damaged(&bob, &bobs).await), (vec![1], vec![1]));
    content(1).swap(&app, his).await;
    assert_eq!(
        (damaged(&ada, &id).await, damaged(&bob, &bobs).await),
        (Vec::<usize>::new(), Vec::<usize>::new())
    );
    app.stop().await;
}

#[tokio::test]
async fn a_message_hung_elsewhere_or_put_into_another_mouth_is_damaged() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (id, second) = (two_turns(&mut app, &ada).await, two_turns(&mut app, &ada).await);
    let bobs = two_turns(&mut app, &bob).await;
    let messages = ada.messages(&id).await;
    let [question, answer] = [&messages[2]["id"], &messages[3]["id"]];
    let (here, there) = (json!(id), json!(second));

    change(&app, "UPDATE messages SET role = 'assistant' WHERE id = {}", &[&messages[0]["id"]]).await;
    assert_eq!(damaged(&ada, &id).await, [0]);
    change(&app, "UPDATE messages SET role = 'user' WHERE id = {}", &[&messages[0]["id"]]).await;

    change(&app, "UPDATE messages SET conversation_id = {} WHERE id = {}", &[&there, answer]).await;
    assert_eq!(damaged(&ada, &id).await, [3]);
    change(&app, "UPDATE messages SET conversation_id = {} WHERE id = {}", &[&here, answer]).await;

    // The first turn is left out.
    change(&app, "UPDATE messages SET parent_id = NULL WHERE id = {}", &[question]).await;
    let seen = ada.messages(&id).await;
    assert_eq!((seen.len(), &seen[0]["damaged"], &seen[1]["damaged"]), (2, &json!(true), &json!(false)));
    change(&app, "UPDATE messages SET parent_id = {} WHERE id = {}", &[&messages[1]["id"], question]).await;
    assert_eq!(damaged(&ada, &id).await, [0; 0]);

    // A conversation that is given to somebody else says nothing to them.
    let (adas, his) = (json!(super::user(&ada).await), json!(super::user(&bob).await));
    change(&app, "UPDATE conversations SET owner = {} WHERE id = {}", &[&his, &here]).await;
    change(&app, "UPDATE messages SET owner = {} WHERE conversation_id = {}", &[&his, &here]).await;
    assert_eq!(damaged(&bob, &id).await, [0, 1, 2, 3]);
    let one = bob.get(&format!("/conversations/{id}")).await.json;
    assert_eq!((&one["title"], &one["damaged"]), (&json!(""), &json!(true)));
    // Not with her key in the place of his, either: a key opens in its own row alone.
    let (hers, own) = (Cell::key_of(&ada).await, Cell::key_of(&bob).await);
    own.write(&app, hers.read(&app).await.as_deref()).await;
    app.app.vault.forget(jarvis::ids::UserId(own.row));
    assert_eq!(damaged(&bob, &id).await, [0, 1, 2, 3]);
    assert_eq!(damaged(&bob, &bobs).await, [0, 1, 2, 3]);
    change(&app, "UPDATE messages SET owner = {} WHERE conversation_id = {}", &[&adas, &here]).await;
    change(&app, "UPDATE conversations SET owner = {} WHERE id = {}", &[&adas, &here]).await;
    assert_eq!(damaged(&ada, &id).await, [0; 0]);
    app.stop().await;
}
