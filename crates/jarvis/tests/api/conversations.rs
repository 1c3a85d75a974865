//! Conversations: making, naming, listing, deleting.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::talk::{chat, conversation, empty_conversation};

#[tokio::test]
async fn a_conversation_is_made_named_and_deleted() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let made = ada.post("/conversations", json!({"title": "  Winter  ", "model": "scripted-8b"})).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        (&made.json["title"], &made.json["model"], &made.json["running"]),
        (&json!("Winter"), &json!("ollama/scripted-8b"), &json!(false))
    );
    let path = format!("/conversations/{}", made.id());
    assert_eq!(ada.get(&path).await.json, made.json);
    let renamed = ada.patch(&path, json!({"title": "Printemps à Paris"})).await.json;
    assert_eq!(renamed["title"], "Printemps à Paris");
    assert_eq!((&renamed["model"], &renamed["updated_at"]), (&made.json["model"], &made.json["updated_at"]));
    assert_eq!(ada.patch(&path, json!({})).await.json, renamed);
    assert_eq!(ada.get(&path).await.json, renamed);
    assert_eq!(ada.delete(&path).await.status, 204);
    for gone in [ada.get(&path).await, ada.delete(&path).await, ada.patch(&path, json!({})).await] {
        assert_eq!(gone.problem(), (404, "not_found"));
    }
    app.stop().await;
}

#[tokio::test]
async fn the_first_question_gives_the_title() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let question = format!("Why is\nthe sky\u{7} blue {}", "when it is dark ".repeat(10));
    let id = conversation(&mut app, &ada, &question, "Because.").await;
    let title = ada.get(&format!("/conversations/{id}")).await.json["title"].as_str().unwrap().to_owned();
    assert!(title.starts_with("Why is the sky blue when it is dark"), "{title}");
    assert!(title.ends_with('…') && title.chars().count() <= 61, "{title}");
    // A name that was given stays.
    ada.patch(&format!("/conversations/{id}"), json!({"title": "Sky"})).await;
    chat(&mut app, &ada, json!({"message": "And the sea?", "conversation_id": id}), &["Too."]).await;
    assert_eq!(ada.get(&format!("/conversations/{id}")).await.json["title"], "Sky");
    app.stop().await;
}

#[tokio::test]
async fn a_title_is_one_line_of_two_hundred_characters() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let path = format!("/conversations/{}", empty_conversation(&ada).await);
    for title in ["a\nb", "a\tb", "a\u{1b}[31m", "a\0b", "a\u{85}b", &"é".repeat(201)] {
        let refused = [
            ada.patch(&path, json!({"title": title})).await,
            ada.post("/conversations", json!({"title": title})).await,
        ];
        for reply in refused {
            assert_eq!(reply.problem(), (422, "invalid"), "{title:?}");
            assert_eq!(reply.json["errors"][0]["field"], "title");
        }
    }
    for title in ["é".repeat(200), String::new(), "🎉 <b>".to_owned()] {
        assert_eq!(ada.patch(&path, json!({"title": title})).await.json["title"], title);
    }
    for body in [json!({"title": 1}), json!({"owner": "x"}), json!({"model": 1}), json!({"running": true})] {
        assert_eq!(ada.patch(&path, body.clone()).await.problem(), (422, "invalid"), "{body}");
        assert_eq!(ada.post("/conversations", body).await.problem(), (422, "invalid"));
    }
    app.stop().await;
}

#[tokio::test]
async fn the_list_is_newest_first_in_pages() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut made = Vec::new();
    // All of the same moment: the clock of these tests stands still.
    for _ in 0..7 {
        made.push(empty_conversation(&ada).await);
    }
    app.clock.advance(std::time::Duration::from_secs(1));
    let used = made.remove(2);
    chat(&mut app, &ada, json!({"message": "hi", "conversation_id": used}), &["ho"]).await;
    made.push(used);
    made.reverse();
    for limit in [1, 2, 3, 7, 200] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("/conversations?limit={limit}{after}")).await.json;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit && found.len() <= made.len());
            found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match &page["next"] {
                Value::Null => break,
                next => after = format!("&after={}", next.as_str().unwrap()),
            }
        }
        assert_eq!(found, made, "{limit}");
    }
    assert_eq!(ada.get("/conversations").await.json["items"].as_array().unwrap().len(), 7);
    app.stop().await;
}

#[tokio::test]
async fn a_page_that_makes_no_sense_is_refused() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "q", "a").await;
    let (cursor, before) = ("after", "before");
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "offset=1"] {
        for path in ["/conversations".to_owned(), format!("/conversations/{id}/messages")] {
            assert_eq!(
                ada.get(&format!("{path}?{query}")).await.problem(),
                (422, "invalid"),
                "{path}?{query}"
            );
        }
    }
    for text in
        ["", "x", "_", "1_", "1_x", "x_01a202f6-9c47-748e-ab19-d6261ae385b4", "99999999999999999999_1", "%00"]
    {
        assert_eq!(
            ada.get(&format!("/conversations?{cursor}={text}")).await.problem(),
            (422, "invalid"),
            "{text}"
        );
        let path = format!("/conversations/{id}/messages?{before}={text}");
        assert_eq!(ada.get(&path).await.problem(), (422, "invalid"), "{text}");
    }
    app.stop().await;
}

#[tokio::test]
async fn deleting_while_an_answer_is_written_stops_it() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": "Tell me."})).await;
    let id = accepted["conversation"]["id"].as_str().unwrap().to_owned();
    let call = app.next_call().await;
    call.text("Once").await;
    socket.until("message.delta").await;
    assert_eq!(ada.delete(&format!("/conversations/{id}")).await.status, 204);
    tokio::time::timeout(crate::support::PATIENCE, call.cancelled()).await.unwrap();
    assert_eq!(socket.until("conversation.deleted").await["conversation_id"], id);
    assert_eq!(ada.get(&format!("/conversations/{id}")).await.status, 404);
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 0);
    socket.say(json!({"type": "subscribe", "conversation_id": id})).await;
    loop {
        let frame = socket.next().await;
        if frame["type"] == "error" {
            assert_eq!(frame["code"], "not_found");
            break;
        }
        // The end of what was deleted may still be told, and nothing else.
        assert_eq!(frame["type"], "message.finished", "{frame}");
        assert_eq!(frame["status"], "stopped");
    }
    app.stop().await;
}
