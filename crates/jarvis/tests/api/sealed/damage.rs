//! A record that is not what was written: it is said to be damaged, and the rest is read.

use serde_json::json;

use super::{Cell, damaged, regenerate, sent, turn, two_turns};
use crate::support::TestApp;
use crate::talk::chat;

/// Bytes of a record before and after its text.
const HEAD: usize = 33;

/// Lets columns be empty that may not be: who writes to the file asks no database.
async fn allow_null(app: &TestApp) {
    if app.on_postgres() {
        app.execute("ALTER TABLE messages ALTER COLUMN content DROP NOT NULL").await;
        app.execute("ALTER TABLE conversations ALTER COLUMN title DROP NOT NULL").await;
        return;
    }
    app.execute(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(replace(sql, 'content           BLOB NOT NULL', 'content BLOB'),
                                                'title      BLOB NOT NULL', 'title BLOB');
         PRAGMA writable_schema = RESET",
    )
    .await;
    // Everybody reads the schema again.
    app.execute("CREATE TABLE touched (a INTEGER)").await;
}

#[tokio::test]
async fn whatever_is_done_to_a_text_it_is_shown_as_damaged_and_the_rest_is_read() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = two_turns(&mut app, &ada).await;
    assert_eq!(damaged(&ada, &id).await, [0; 0]);
    allow_null(&app).await;
    let messages = ada.messages(&id).await;
    let answer = Cell::of_message("content", &messages[1]["id"]);
    let thinking = Cell::of_message("thinking", &messages[1]["id"]);
    for cell in [answer, thinking] {
        let whole = cell.read(&app).await.unwrap();
        assert!(whole.len() > HEAD + 16);
        let mut spoilt: Vec<Option<Vec<u8>>> = Vec::new();
        // The version, the key's id, the nonce, the text, the tag.
        for byte in [0, 1, 8, 9, 32, HEAD, whole.len() - 17, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[byte] ^= 0x10;
            spoilt.push(Some(flipped));
        }
        for length in [0, 1, 9, HEAD, 48, whole.len() - 1] {
            spoilt.push(Some(whole[..length].to_vec()));
        }
        spoilt.push(Some([whole.as_slice(), b"\0"].concat()));
        spoilt.push(Some(b"It shines.".to_vec()));
        spoilt.push(Some(vec![0xff; 80]));
        spoilt.push(None);
        for record in spoilt {
            cell.write(&app, record.as_deref()).await;
            assert_eq!(damaged(&ada, &id).await, [1], "{} {record:?}", cell.column);
        }
        cell.write(&app, Some(&whole)).await;
        assert_eq!(damaged(&ada, &id).await, [0; 0]);
    }
    // A thought that nobody had.
    let question = Cell::of_message("thinking", &messages[2]["id"]);
    question.write(&app, thinking.read(&app).await.as_deref()).await;
    assert_eq!(damaged(&ada, &id).await, [2]);
    app.stop().await;
}

#[tokio::test]
async fn a_damaged_message_is_not_sent_to_the_model_and_is_in_nobodys_way() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = two_turns(&mut app, &ada).await;
    let messages = ada.messages(&id).await;
    Cell::of_message("content", &messages[1]["id"]).flip(&app, 40).await;
    assert_eq!(sent(&mut app, &ada, &id).await, ["Is it raining?", "And now?", "It stopped.", "So?"]);
    let answer = ada.messages(&id).await.pop().unwrap();
    Cell::of_message("content", &answer["id"]).flip(&app, 40).await;
    assert_eq!(regenerate(&mut app, &ada, &id).await["content"], "Once more.");
    // What was asked cannot be asked again; something else can.
    let question = ada.messages(&id).await[4].clone();
    assert_eq!(question["content"], "So?");
    Cell::of_message("content", &question["id"]).flip(&app, 40).await;
    let again = ada.post(&format!("/conversations/{id}/regenerate"), json!({})).await;
    assert_eq!(again.problem(), (409, "question_damaged"));
    assert_eq!(
        sent(&mut app, &ada, &id).await,
        ["Is it raining?", "And now?", "It stopped.", "Once more.", "So?"]
    );
    let seen: Vec<bool> =
        ada.messages(&id).await.iter().map(|message| message["damaged"].as_bool().unwrap()).collect();
    assert_eq!(seen, [false, true, false, false, true, false, false, false]);
    app.stop().await;
}

#[tokio::test]
async fn a_damaged_title_says_so_and_another_mends_it() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = two_turns(&mut app, &ada).await;
    let other = turn(&mut app, &ada, None, ["Tea?", "Hm", "Yes."]).await;
    allow_null(&app).await;
    let (title, others) = (Cell::title(&id), Cell::title(&other));
    let whole = title.read(&app).await.unwrap();
    let (cut, swapped) = (whole[..20].to_vec(), others.read(&app).await.unwrap());
    for record in [Some(cut), Some(swapped), Some(Vec::new()), Some(b"Rain".to_vec()), None] {
        title.write(&app, record.as_deref()).await;
        let list = ada.get("/conversations").await;
        let seen: Vec<_> =
            list.json["items"].as_array().unwrap().iter().map(|c| (&c["title"], &c["damaged"])).collect();
        assert_eq!(seen, [(&json!("Tea?"), &json!(false)), (&json!(""), &json!(true))], "{record:?}");
        let one = ada.get(&format!("/conversations/{id}")).await.json;
        assert_eq!((&one["title"], &one["damaged"]), (&json!(""), &json!(true)));
        assert_eq!(damaged(&ada, &id).await, [0; 0]);
        sent(&mut app, &ada, &other).await;
    }
    let renamed = ada.patch(&format!("/conversations/{id}"), json!({"title": "Weather"})).await.json;
    assert_eq!((&renamed["title"], &renamed["damaged"]), (&json!("Weather"), &json!(false)));
    app.stop().await;
}

#[tokio::test]
async fn damage_is_counted() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id =
        chat(&mut app, &ada, json!({"message": "Tea?"}), &["Yes."]).await.json["conversation_id"].clone();
    let id = id.as_str().unwrap();
    let last = ada.messages(id).await.pop().unwrap();
    Cell::of_message("content", &last["id"]).flip(&app, 40).await;
    ada.messages(id).await;
    let metrics = app.stranger().get("/metrics").await.text;
    let line =
        metrics.lines().find(|line| line.starts_with("jarvis_damaged_records_total{table=\"messages\"}"));
    assert!(line.is_some_and(|line| !line.ends_with(" 0")), "{metrics}");
    app.stop().await;
}
