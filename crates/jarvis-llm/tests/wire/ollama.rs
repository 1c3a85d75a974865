use jarvis_llm::{ModelError, ModelEvent, StopReason, ToolCall, Usage};
use serde_json::json;

use crate::server::{Server, Step, chunk, drip, end, head};
use crate::{Model, collect, ollama, request, text, thinking};

const NDJSON: &str = "application/x-ndjson";

fn message(fields: &str) -> String {
    format!(
        r#"{{"model":"m","created_at":"2026-11-22T00:00:00Z","message":{{"role":"assistant",{fields}}},"done":false}}"#
    ) + "\n"
}

const DONE: &str = concat!(
    r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","#,
    r#""prompt_eval_count":11,"eval_count":22}"#,
    "\n"
);

async fn answer(body: &str) -> (Vec<ModelEvent>, Option<ModelError>) {
    let server = Server::always([vec![head(NDJSON)], drip(body), vec![end()]].concat()).await;
    collect(ollama(&server.url).chat(request())).await
}

fn stopped(reason: StopReason) -> ModelEvent {
    ModelEvent::Stop(reason)
}

#[tokio::test]
async fn everything_arrives_though_chunks_cut_through_characters_and_json() {
    let body = [
        message(r#""content":"","thinking":"denke ""#),
        message(r#""content":"","thinking":"🤔nach""#),
        message(r#""content":"Grüße ""#),
        "\r\n".to_owned(),
        message(r#""content":"👩‍👩‍👧 日本""#),
        message(
            r#""content":"","tool_calls":[{"id":"c1","function":{"index":0,"name":"weather","arguments":{"city":"Köln"}}},{"function":{"index":0,"name":"time"}}]"#,
        ),
        DONE.to_owned(),
    ]
    .concat();
    let (events, error) = answer(&body).await;
    let call = |index, id: Option<&str>, name: &str, arguments: &str| {
        ModelEvent::ToolCall(ToolCall {
            index,
            id: id.map(str::to_owned),
            name: Some(name.to_owned()),
            arguments: arguments.to_owned(),
        })
    };
    assert_eq!(error, None);
    assert_eq!(
        events,
        [
            thinking("denke "),
            thinking("🤔nach"),
            text("Grüße "),
            text("👩‍👩‍👧 日本"),
            call(0, Some("c1"), "weather", r#"{"city":"Köln"}"#),
            call(1, None, "time", "{}"),
            ModelEvent::Usage(Usage { prompt_tokens: 11, completion_tokens: 22 }),
            stopped(StopReason::ToolCalls),
        ]
    );
}

#[tokio::test]
async fn the_request_is_what_ollama_expects() {
    let mut server = Server::always([vec![head(NDJSON)], drip(DONE), vec![end()]].concat()).await;
    let mut base = server.url.clone();
    base.set_path("/proxy/api/");
    let mut asked = request();
    (asked.context_tokens, asked.max_tokens, asked.temperature) = (Some(8192), Some(100), Some(0.5));
    collect(ollama(&base).chat(asked)).await;
    let received = server.requests.recv().await.unwrap();
    assert!(received.head.starts_with("post /proxy/api/chat http/1.1\r\n"), "{}", received.head);
    assert!(received.head.contains("content-type: application/json\r\n"));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&received.body).unwrap(),
        json!({
            "model": "qwen3",
            "messages": [{"role": "user", "content": "What is my secret number 471100?"}],
            "stream": true,
            "options": {"num_ctx": 8192, "num_predict": 100, "temperature": 0.5},
        })
    );
}

#[tokio::test]
async fn an_error_in_the_middle_is_an_error() {
    let body = message(r#""content":"partial ""#) + "{\"error\":\"CUDA\\u0007 out of memory\"}\n" + DONE;
    let (events, error) = answer(&body).await;
    assert_eq!(events, [text("partial ")]);
    assert_eq!(error, Some(ModelError::Upstream { detail: "CUDA  out of memory".to_owned() }));
}

#[tokio::test]
async fn an_answer_without_done_is_truncated() {
    let (events, error) = answer(&message(r#""content":"partial ""#)).await;
    assert_eq!(events, [text("partial ")]);
    assert_eq!(error, Some(ModelError::Truncated));
    let (_, error) = answer("").await;
    assert_eq!(error, Some(ModelError::Truncated));
}

#[tokio::test]
async fn a_last_line_without_line_feed_counts_if_it_is_whole() {
    let (events, error) = answer(DONE.trim_end()).await;
    assert_eq!((events.len(), error), (2, None));
    let (_, error) = answer(&DONE[..DONE.len() - 5]).await;
    assert_eq!(error, Some(ModelError::Truncated));
}

#[tokio::test]
async fn a_last_line_may_carry_text_and_need_not_count_tokens() {
    let (events, error) = answer(
        r#"{"message":{"content":"x","thinking":null},"done":true,"done_reason":"length","eval_count":"?"}"#,
    )
    .await;
    assert_eq!(events, [text("x"), stopped(StopReason::Length)]);
    assert_eq!(error, None);
    let (events, _) = answer(r#"{"done":true}"#).await;
    assert_eq!(events, [stopped(StopReason::Complete)]);
    let (events, _) = answer(r#"{"done":true,"done_reason":"unload"}"#).await;
    assert_eq!(events, [stopped(StopReason::Other("unload".to_owned()))]);
}

#[tokio::test]
async fn what_is_not_the_protocol_is_a_bad_response() {
    for body in [
        "<!doctype html><title>Hello</title>\n",
        "{\"message\":{\"content\":\"a\n",
        "{}\n",
        "[]\n",
        "17\n",
        "{\"message\":\"text\"}\n",
        "{\"message\":{\"content\":5}}\n",
        "{\"message\":{\"content\":\"a\"},\"done\":\"yes\"}\n",
        "{\"message\":{\"tool_calls\":[{\"function\":{}}]}}\n",
        "data: {\"message\":{}}\n\n",
    ] {
        let (events, error) = answer(body).await;
        assert!(
            matches!(error, Some(ModelError::BadResponse { .. })),
            "{body:?} gave {events:?} and {error:?}"
        );
    }
}

#[tokio::test]
async fn broken_utf8_is_a_bad_response_that_does_not_quote_the_text() {
    let line = [&b"{\"message\":{\"content\":\"private \xff\xfe\"}}\n"[..]].concat();
    let server = Server::always(vec![head(NDJSON), chunk(line), Step::Hang]).await;
    let (events, error) = collect(ollama(&server.url).chat(request())).await;
    assert_eq!(events, []);
    assert_eq!(error, Some(ModelError::BadResponse { detail: "not valid JSON".to_owned() }));
}

#[tokio::test]
async fn nothing_after_done_is_waited_for() {
    let server = Server::always(vec![head(NDJSON), chunk(DONE), Step::Hang]).await;
    let (events, error) = collect(ollama(&server.url).chat(request())).await;
    assert_eq!((events.len(), error), (2, None));
}
