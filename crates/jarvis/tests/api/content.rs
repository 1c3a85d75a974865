//! Messages that would run script if they were shown as HTML.

use serde_json::json;

use crate::input::everywhere;
use crate::support::TestApp;
use crate::talk::chat;

/// One of each kind; the tables beside the detector have the rest.
const ACTIVE: [(&str, &str); 8] = [
    ("<script>alert(1)</script>", "script_element"),
    ("%3Cscript%3Ealert(1)%3C/script%3E", "script_element"),
    ("<img src=x onerror=alert(1)>", "event_handler"),
    ("<iframe src=https://evil.example></iframe>", "embedded_content"),
    ("<base href=https://evil.example>", "redirecting_markup"),
    ("<p style='width: expression(alert(1))'>", "active_style"),
    ("[click](java\u{200b}script:alert(1))", "script_url"),
    ("data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data_url"),
];
const PROSE: [&str; 6] = [
    "here is my data: 1, 2, 3",
    "I like javascript: it is fun",
    "what does <script> do, and the onclick attribute?",
    "if x<y and onload=5 then",
    "`<img src=x onerror=alert(1)>` is code",
    "Voici :\n\n```html\n<script>alert(1)</script>\n```",
];

#[tokio::test]
async fn active_content_is_refused_by_every_way_in_alike_and_named() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for (text, kind) in ACTIVE {
        for problem in everywhere(&app, &ada, &json!({"message": format!("Look: {text}")})).await {
            assert_eq!(problem["code"], "dangerous_content", "{text}: {problem}");
            let fault = &problem["errors"][0];
            assert_eq!((&fault["field"], &fault["code"]), (&json!("message"), &json!(kind)), "{text}");
            let said = fault["detail"].as_str().unwrap();
            assert!(said.contains("between backticks") && said.contains("from character "), "{said}");
            // Nothing of it comes back as markup.
            assert!(!problem.to_string().contains('<') && problem.to_string().len() < 1000);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn prose_about_markup_and_code_between_backticks_are_messages_like_others() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    for text in PROSE {
        let reply = chat(&mut app, &ada, json!({"message": text}), &["ok"]).await;
        assert_eq!(reply.status, 200, "{text}: {}", reply.text);
        let id = reply.json["conversation_id"].as_str().unwrap();
        assert_eq!(ada.messages(id).await[0]["content"], text);
    }
    app.stop().await;
}

#[tokio::test]
async fn the_operator_may_allow_every_message_and_it_is_kept_as_it_was_written() {
    let mut app = TestApp::start_with(&[("MESSAGE_POLICY", "allow")]).await;
    let ada = app.ada().await;
    for (text, _) in ACTIVE {
        let reply = chat(&mut app, &ada, json!({"message": text}), &["ok"]).await;
        assert_eq!(reply.status, 200, "{text}: {}", reply.text);
        let id = reply.json["conversation_id"].as_str().unwrap();
        assert_eq!(ada.messages(id).await[0]["content"], text);
    }
    let mut socket = ada.socket().await;
    let accepted = socket.ask(json!({"type": "message", "message": ACTIVE[0].0})).await;
    assert_eq!(accepted["message"]["content"], ACTIVE[0].0);
    app.stop().await;
}

/// Nothing is decoded, filled in or formatted on the way: each of these would come back as something else.
#[tokio::test]
async fn what_looks_encoded_is_kept_and_told_as_it_was_written() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let text =
        r"%41 %2541 %00 &amp;amp; &#65; A \n + {{7*7}} ${7*7} #{7*7} <%= 7*7 %> %s %n {} {0} \x41 =1+1";
    let reply = chat(&mut app, &ada, json!({"message": text}), &[text]).await;
    assert_eq!(reply.json["response"], text);
    let messages = ada.messages(reply.json["conversation_id"].as_str().unwrap()).await;
    assert_eq!((&messages[0]["content"], &messages[1]["content"]), (&json!(text), &json!(text)));
    app.stop().await;
}
