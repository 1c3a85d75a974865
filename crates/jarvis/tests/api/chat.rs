//! `POST /chat`: one question, one whole answer.

use jarvis_llm::{ModelError, ModelEvent, Role, ToolCall};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::talk::{chat, conversation, empty_conversation, speak};

#[tokio::test]
async fn a_question_gets_its_whole_answer() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let reply = chat(&mut app, &ada, json!({"message": "  Hello?\n"}), &["Good ", "morning", "."]).await;
    assert_eq!(reply.json["response"], "Good morning.");
    assert_eq!(reply.json["timestamp"], "2026-11-18T11:06:40.000Z");
    assert_eq!(reply.json["model"], "ollama/scripted-8b");
    assert_eq!(reply.json["user_id"], ada.get("/auth/me").await.json["id"]);
    assert_eq!(reply.json.as_object().unwrap().len(), 6, "{}", reply.text);

    let id = reply.json["conversation_id"].as_str().unwrap();
    let messages = ada.messages(id).await;
    assert_eq!(messages.len(), 2);
    assert_eq!(
        (&messages[0]["role"], &messages[0]["content"], &messages[0]["status"], &messages[0]["parent_id"]),
        (&json!("user"), &json!("Hello?"), &json!("completed"), &Value::Null)
    );
    assert_eq!(messages[1]["id"], reply.json["message_id"]);
    assert_eq!(
        (&messages[1]["role"], &messages[1]["content"], &messages[1]["status"], &messages[1]["parent_id"]),
        (&json!("assistant"), &json!("Good morning."), &json!("completed"), &messages[0]["id"])
    );
    let listed = ada.get(&format!("/conversations/{id}")).await.json;
    assert_eq!((&listed["title"], &listed["running"]), (&json!("Hello?"), &json!(false)));
    app.stop().await;
}

#[tokio::test]
async fn a_user_id_is_echoed_and_means_nothing_more() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let bobs = bob.get("/auth/me").await.json["id"].as_str().unwrap().to_owned();
    for user_id in ["kitchen_tablet-2", &"a".repeat(100), &bobs] {
        let body = json!({"message": "hi", "user_id": user_id});
        assert_eq!(chat(&mut app, &ada, body, &["yes"]).await.json["user_id"], user_id);
    }
    assert_eq!(bob.get("/conversations").await.json["items"], json!([]));
    for user_id in ["", "a b", "é", "a/b", "a.b", &"a".repeat(101)] {
        let refused = ada.post("/chat", json!({"message": "hi", "user_id": user_id})).await;
        assert_eq!(refused.problem(), (422, "invalid"), "{user_id}");
        assert_eq!(refused.json["errors"][0]["field"], "user_id");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM messages").await, 6);
    app.stop().await;
}

#[tokio::test]
async fn the_model_is_sent_the_true_date_and_the_turns_before() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = conversation(&mut app, &ada, "My name is Ada.", "Hello, Ada.").await;
    let asked = ada.post("/chat", json!({"message": "Who am I?", "conversation_id": id}));
    let model = async {
        let call = app.next_call().await;
        let said: Vec<(Role, String)> =
            call.request().messages.iter().map(|m| (m.role, m.content.clone())).collect();
        assert_eq!(call.request().model, "scripted-8b");
        speak(call, &["Ada."]).await;
        said
    };
    let (reply, said) = tokio::join!(asked, model);
    assert_eq!(reply.json["response"], "Ada.");
    assert_eq!(said[0].0, Role::System);
    // The clock of these tests, in the zone that is configured.
    assert!(
        said[0].1.ends_with("It is Wednesday, 18 November 2026, 12:06 (CET, UTC+01:00)."),
        "{}",
        said[0].1
    );
    let turns = [
        (Role::User, "My name is Ada.".to_owned()),
        (Role::Assistant, "Hello, Ada.".to_owned()),
        (Role::User, "Who am I?".to_owned()),
    ];
    assert_eq!(said[1..], turns);
    app.stop().await;
}

#[tokio::test]
async fn what_no_longer_fits_is_left_out_and_counted() {
    let mut app = TestApp::start_with(&[("LLM_CONTEXT_TOKENS", "512"), ("SYSTEM_PROMPT", "Be brief.")]).await;
    let ada = app.ada().await;
    let long = |n: usize| format!("{n} {}", "x".repeat(300));
    let id = conversation(&mut app, &ada, &long(0), &long(1)).await;
    for turn in [2, 4] {
        chat(&mut app, &ada, json!({"message": long(turn), "conversation_id": id}), &[&long(turn + 1)]).await;
    }
    let mut socket = ada.socket().await;
    socket.ask(json!({"type": "message", "message": long(6), "conversation_id": id})).await;
    let call = app.next_call().await;
    let sent: Vec<String> = call.request().messages.iter().map(|m| m.content.clone()).collect();
    let kept = sent.len() - 1;
    assert!((1..6).contains(&kept), "{kept}");
    let newest: Vec<String> = (7 - kept..7).map(long).collect();
    assert_eq!(sent[1..], newest);
    let started = socket.until("message.started").await;
    assert_eq!(started["message"]["history_cut"], 7 - kept);
    speak(call, &["ok"]).await;
    socket.until("message.finished").await;
    let stored = ada.messages(&id).await.pop().unwrap();
    assert_eq!(stored["history_cut"], 7 - kept);
    app.stop().await;
}

#[tokio::test]
async fn thinking_and_usage_are_kept_and_tool_calls_do_no_harm() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let asked = ada.post("/chat", json!({"message": "2 + 2?"}));
    let model = async {
        let call = app.next_call().await;
        let tool = ToolCall { index: 0, id: None, name: Some("add".into()), arguments: "{}".into() };
        call.thinking("Two and two").await;
        call.thinking("...").await;
        call.tool_call(tool).await;
        call.text("4").await;
        call.usage(12, 3).await;
        call.usage(12, 4).await;
        call.stop().await;
    };
    let (reply, ()) = tokio::join!(asked, model);
    assert_eq!(reply.json["response"], "4");
    let answer = ada.messages(reply.json["conversation_id"].as_str().unwrap()).await.pop().unwrap();
    assert_eq!(answer["thinking"], "Two and two...");
    assert_eq!(answer["usage"], json!({"prompt_tokens": 12, "completion_tokens": 4}));
    app.stop().await;
}

#[tokio::test]
async fn an_answer_without_a_word_has_failed() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let asked = ada.post("/chat", json!({"message": "hm", "conversation_id": id}));
    let model = async {
        let call = app.next_call().await;
        call.thinking("I have nothing to say.").await;
        call.stop().await;
    };
    let (reply, ()) = tokio::join!(asked, model);
    assert_eq!(reply.problem(), (502, "empty_answer"));
    let answer = ada.messages(&id).await.pop().unwrap();
    assert_eq!((&answer["status"], &answer["error"]["code"]), (&json!("failed"), &json!("empty_answer")));
    assert_eq!(answer["thinking"], "I have nothing to say.");
    app.stop().await;
}

#[tokio::test]
async fn a_nul_from_the_model_is_left_out() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": "hi"})).await;
    let call = app.next_call().await;
    call.thinking("h\0m").await;
    speak(call, &["a\0", "\0", "b"]).await;
    let finished = socket.until("message.finished").await;
    assert_eq!((&finished["content"], &finished["message"]["thinking"]), (&json!("ab"), &json!("hm")));
    let stored = ada.messages(accepted["conversation"]["id"].as_str().unwrap()).await.pop().unwrap();
    assert_eq!(stored, finished["message"]);
    app.stop().await;
}

#[tokio::test]
async fn a_model_that_fails_says_so_and_keeps_what_had_come() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let id = empty_conversation(&ada).await;
    let down = ModelError::Server { status: 500, detail: "out of memory".into() };
    for (error, code) in [(down, "server_error"), (ModelError::IdleTimeout, "idle_timeout")] {
        let asked = ada.post("/chat", json!({"message": "Tell me.", "conversation_id": id}));
        let model = async {
            let call = app.next_call().await;
            call.text("Once upon ").await;
            call.text("a ti").await;
            call.fail(error).await;
        };
        let (reply, ()) = tokio::join!(asked, model);
        assert_eq!(reply.problem(), (502, code));
        let answer = ada.messages(&id).await.pop().unwrap();
        assert_eq!((&answer["status"], &answer["content"]), (&json!("failed"), &json!("Once upon a ti")));
        assert_eq!(answer["error"]["code"], code);
    }
    // A server that closes without a word of ending has not finished.
    let asked = ada.post("/chat", json!({"message": "Again.", "conversation_id": id}));
    let model = async { drop(app.next_call().await) };
    assert_eq!(tokio::join!(asked, model).0.problem(), (502, "truncated"));
    // And the conversation goes on.
    let reply = chat(&mut app, &ada, json!({"message": "Now?", "conversation_id": id}), &["Yes."]).await;
    assert_eq!(reply.json["response"], "Yes.");
    app.stop().await;
}

#[tokio::test]
async fn what_a_failing_model_server_repeats_of_secrets_is_masked() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let key = "sk-proj-4cV8bX2mQ7tZ9wK3rT6yH1nJ5pL0dS8f";
    let asked = ada.post("/chat", json!({"message": "Tell me."}));
    let model = async {
        let detail = format!("Incorrect API key provided: {key}");
        app.next_call().await.fail(ModelError::Upstream { detail }).await;
    };
    let (reply, _) = tokio::join!(asked, model);
    assert_eq!(reply.problem(), (502, "upstream_error"));
    assert!(reply.text.contains("Incorrect API key provided: ***"), "{}", reply.text);
    assert!(!reply.text.contains(key), "{}", reply.text);
    app.stop().await;
}

#[tokio::test]
async fn further_attempts_are_told_and_change_nothing_else() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let mut socket = ada.socket().await;
    socket.ask(json!({"type": "message", "message": "hi"})).await;
    let call = app.next_call().await;
    let after = std::time::Duration::from_millis(1500);
    let reason = ModelError::Unreachable { detail: "refused".into() };
    call.event(ModelEvent::Retrying { attempt: 2, of: 3, after, reason }).await;
    speak(call, &["there"]).await;
    let retrying = socket.until("message.retrying").await;
    assert_eq!(
        (&retrying["attempt"], &retrying["of"], &retrying["delay_ms"], &retrying["code"]),
        (&json!(2), &json!(3), &json!(1500), &json!("unreachable"))
    );
    let finished = socket.until("message.finished").await;
    assert_eq!((&finished["status"], &finished["content"]), (&json!("completed"), &json!("there")));
    app.stop().await;
}
