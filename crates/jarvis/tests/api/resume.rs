//! Watching from a cursor: several pages at once, lost connections, slow readers.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, Socket, TestApp};
use crate::talk::{conversation, empty_conversation, numbers, speak, text};

/// A page of messages as somebody saw it: the text of the last one, and the cursor.
async fn snapshot(client: &Client, id: &str) -> (Value, u64) {
    let page = client.get(&format!("/conversations/{id}/messages")).await.json;
    (page["items"].as_array().unwrap().last().unwrap().clone(), page["seq"].as_u64().unwrap())
}

async fn subscribe(socket: &mut Socket, id: &str, after: u64) -> Value {
    socket.say(json!({"type": "subscribe", "conversation_id": id, "after_seq": after})).await;
    loop {
        let frame = socket.next().await;
        if matches!(frame["type"].as_str(), Some("subscribed" | "resync" | "error")) {
            return frame;
        }
    }
}

/// Every snapshot with what came after it is the whole answer: nothing is missing, nothing doubled.
async fn each_leads_to_the_end(ada: &Client, id: &str, snapshots: &[(Value, u64)], whole: &str) {
    // A socket may say fifty things a second.
    for some in snapshots.chunks(40) {
        let mut socket = ada.socket().await;
        for (message, seq) in some {
            assert_eq!(subscribe(&mut socket, id, *seq).await["type"], "subscribed");
            if message["status"] == "streaming" {
                let rest = socket.answer().await;
                let seen = message["content"].as_str().unwrap();
                assert_eq!(format!("{seen}{}", text(&rest, "content")), whole, "{seq}");
                assert_eq!(rest.last().unwrap()["content"], whole);
            } else {
                assert_eq!(message["content"], whole);
            }
            socket.say(json!({"type": "unsubscribe", "conversation_id": id})).await;
        }
    }
}

#[tokio::test]
async fn two_pages_see_the_same_answer_grow() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let (mut one, mut two) = (ada.socket().await, ada.socket().await);
    one.watch(&id).await;
    two.watch(&id).await;
    one.ask(json!({"type": "message", "message": "Count.", "conversation_id": id})).await;
    speak(app.next_call().await, &["one ", "two ", "three"]).await;
    let (one, two) = (one.answer().await, two.answer().await);
    assert_eq!(one, two);
    assert_eq!(one[0]["type"], "message.created");
    numbers(&one);
    app.stop().await;
}

#[tokio::test]
async fn who_comes_back_hears_exactly_the_rest() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": "Count."})).await;
    let id = accepted["conversation"]["id"].as_str().unwrap().to_owned();
    let call = app.next_call().await;
    let mut heard = vec![socket.until("message.started").await];
    for piece in ["1 ", "2 ", "3 "] {
        call.text(piece).await;
        heard.push(socket.until("message.delta").await);
    }
    // The connection is lost, without a word.
    drop(socket);
    for piece in ["4 ", "5 "] {
        call.text(piece).await;
    }
    let mut socket = ada.socket().await;
    let cursor = *numbers(&heard).last().unwrap();
    assert_eq!(subscribe(&mut socket, &id, cursor).await["seq"], cursor);
    call.text("6").await;
    call.stop().await;
    heard.extend(socket.answer().await);
    numbers(&heard);
    assert_eq!(text(&heard, "content"), "1 2 3 4 5 6");
    app.stop().await;
}

#[tokio::test]
async fn a_page_loaded_at_any_moment_leads_to_the_same_end() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": "Count."})).await;
    let id = accepted["conversation"]["id"].as_str().unwrap().to_owned();
    let call = app.next_call().await;
    socket.until("message.started").await;
    let (mut snapshots, mut whole) = (vec![snapshot(&ada, &id).await], String::new());
    for n in 0..200 {
        let piece = format!("{n}é ");
        call.text(&piece).await;
        whole.push_str(&piece);
        socket.until("message.delta").await;
        let (message, seq) = snapshot(&ada, &id).await;
        assert_eq!(message["content"], whole);
        snapshots.push((message, seq));
    }
    call.stop().await;
    socket.until("message.finished").await;
    snapshots.push(snapshot(&ada, &id).await);
    each_leads_to_the_end(&ada, &id, &snapshots, &whole).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_loaded_while_the_model_speaks_lead_to_the_same_end() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    for _ in 0..4 {
        let id = empty_conversation(&ada).await;
        ada.ask(&id, "Count.").await;
        let call = app.next_call().await;
        let pieces: Vec<String> = (0..200).map(|n| format!("{n} ")).collect();
        let model = async {
            for piece in &pieces {
                call.text(piece).await;
                tokio::task::yield_now().await;
            }
            call.stop().await;
        };
        let loading = async |ada: &Client| {
            let mut snapshots = Vec::new();
            loop {
                snapshots.push(snapshot(ada, &id).await);
                if snapshots.last().unwrap().0["status"] != "streaming" {
                    return snapshots;
                }
            }
        };
        let (snapshots, ()) = tokio::join!(join_all([loading(&ada), loading(&ada), loading(&ada)]), model);
        each_leads_to_the_end(&ada, &id, &snapshots.concat(), &pieces.concat()).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_life_is_answered_with_resync() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "q", "a").await;
    let (_, now) = snapshot(&ada, &id).await;
    let mut socket = ada.socket().await;
    for cursor in [0, 1, now - 1_000_000, now + 1_000_000, u64::MAX] {
        let resync = json!({"type": "resync", "conversation_id": id});
        assert_eq!(subscribe(&mut socket, &id, cursor).await, resync, "{cursor}");
    }
    for cursor in [json!(-1), json!(1.5), json!("1"), json!(1e40)] {
        socket.say(json!({"type": "subscribe", "conversation_id": id, "after_seq": cursor})).await;
        assert_eq!(socket.refusal().await["code"], "invalid", "{cursor}");
    }
    assert_eq!(subscribe(&mut socket, &id, now).await["type"], "subscribed");
    app.stop().await;
}

#[tokio::test]
async fn what_happens_to_conversations_reaches_all_pages_of_their_owner_and_nobody_else() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (mut one, mut two, mut his) = (ada.socket().await, ada.socket().await, bob.socket().await);
    let made = ada.post("/conversations", json!({"title": "Made"})).await;
    let path = format!("/conversations/{}", made.id());
    ada.patch(&path, json!({"title": "Named"})).await;
    ada.ask(&made.id(), "hi").await;
    speak(app.next_call().await, &["ho"]).await;
    let mut seen = Vec::new();
    for socket in [&mut one, &mut two] {
        let mut frames = Vec::new();
        for _ in 0..4 {
            frames.push(socket.next().await);
        }
        seen.push(frames);
    }
    ada.delete(&path).await;
    for (socket, frames) in [&mut one, &mut two].into_iter().zip(&mut seen) {
        frames.push(socket.next().await);
    }
    assert_eq!(seen[0], seen[1]);
    numbers(&seen[0]);
    let told: Vec<(&str, &Value)> =
        seen[0].iter().map(|f| (f["type"].as_str().unwrap(), &f["conversation"]["running"])).collect();
    assert_eq!(
        told,
        [
            ("conversation.created", &json!(false)),
            ("conversation.renamed", &json!(false)),
            ("conversation.updated", &json!(true)),
            ("conversation.updated", &json!(false)),
            ("conversation.deleted", &Value::Null),
        ]
    );
    assert_eq!(seen[0][1]["conversation"]["title"], "Named");
    assert!(seen[0].iter().all(|frame| frame["conversation_id"] == made.json["id"]));
    his.say(json!({"type": "ping"})).await;
    assert_eq!(his.next().await, json!({"type": "pong"}));
    app.stop().await;
}
