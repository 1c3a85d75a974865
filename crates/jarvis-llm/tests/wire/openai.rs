use futures_util::StreamExt;
use jarvis_llm::{ModelError, ModelEvent, OpenAi, StopReason, ToolCall, Usage};
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use crate::server::{Server, Step, chunk, drip, end, head};
use crate::{Model, PATIENT, client, collect, openai, request, text, thinking};

const SSE: &str = "text/event-stream";
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn delta(fields: &str) -> String {
    format!(
        r#"{{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{{fields}}},"finish_reason":null}}]}}"#
    )
}

fn events(data: &[&str], line_end: &str) -> String {
    data.iter().map(|data| format!("data: {data}{line_end}{line_end}")).collect()
}

async fn answer(body: &str) -> (Vec<ModelEvent>, Option<ModelError>) {
    let server = Server::always([vec![head(SSE)], drip(body), vec![end()]].concat()).await;
    collect(openai(&server.url).chat(request())).await
}

fn complete() -> ModelEvent {
    ModelEvent::Stop(StopReason::Complete)
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> ModelEvent {
    let (id, name) = (id.map(str::to_owned), name.map(str::to_owned));
    ModelEvent::ToolCall(ToolCall { index, id, name, arguments: arguments.to_owned() })
}

#[tokio::test]
async fn everything_arrives_with_each_kind_of_line_end() {
    let data = [
        delta(r#""role":"assistant","content":null"#),
        delta(r#""reasoning_content":"denke ""#),
        delta(r#""reasoning_content":"🤔nach","reasoning":"🤔nach","thinking":"""#),
        delta(r#""content":"Grüße ""#),
        delta(r#""content":"👩‍👩‍👧 日本""#),
        delta(
            r#""tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"weather","arguments":""}}]"#,
        ),
        delta(r#""tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]"#),
        delta(
            r#""tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"time","arguments":""}}]"#,
        ),
        delta(r#""tool_calls":[{"index":0,"function":{"arguments":"\"Köln\"}"}}]"#),
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#.to_owned(),
        r#"{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":22,"total_tokens":33}}"#.to_owned(),
        "[DONE]".to_owned(),
    ];
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    for line_end in ["\n", "\r\n", "\r"] {
        let body = format!(": keep-alive{line_end}{line_end}{}", events(&data, line_end));
        let (received, error) = answer(&body).await;
        assert_eq!(error, None);
        assert_eq!(
            received,
            [
                thinking("denke "),
                thinking("🤔nach"),
                text("Grüße "),
                text("👩‍👩‍👧 日本"),
                call(0, Some("c1"), Some("weather"), ""),
                call(0, None, None, "{\"city\":"),
                call(1, Some("c2"), Some("time"), ""),
                call(0, None, None, "\"Köln\"}"),
                ModelEvent::Usage(Usage { prompt_tokens: 11, completion_tokens: 22 }),
                ModelEvent::Stop(StopReason::ToolCalls),
            ]
        );
    }
}

#[tokio::test]
async fn the_request_is_what_the_protocol_asks_for() {
    for (path, expected) in [
        ("/", "post /v1/chat/completions http/1.1\r\n"),
        ("/v1", "post /v1/chat/completions http/1.1\r\n"),
        ("/v1/", "post /v1/chat/completions http/1.1\r\n"),
        ("/proxy", "post /proxy/v1/chat/completions http/1.1\r\n"),
        ("/v1beta/openai/", "post /v1beta/openai/chat/completions http/1.1\r\n"),
    ] {
        let mut server =
            Server::always([vec![head(SSE)], drip("data: [DONE]\n\n"), vec![end()]].concat()).await;
        let mut base = server.url.clone();
        base.set_path(path);
        let model = OpenAi::new(client(), base, Some(" sk-very-secret\n".to_owned().into())).unwrap();
        assert!(!format!("{model:?}").contains("very-secret"));
        let mut asked = request();
        (asked.context_tokens, asked.max_tokens, asked.temperature) = (Some(8192), Some(100), Some(0.5));
        assert_eq!(collect(model.chat(asked)).await, (vec![complete()], None));
        let received = server.requests.recv().await.unwrap();
        assert!(received.head.starts_with(expected), "{}", received.head);
        assert!(received.head.contains("authorization: bearer sk-very-secret\r\n"));
        assert!(received.head.contains("accept: text/event-stream\r\n"));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&received.body).unwrap(),
            json!({
                "model": "qwen3",
                "messages": [{"role": "user", "content": "What is my secret number 471100?"}],
                "stream": true,
                "stream_options": {"include_usage": true},
                "max_tokens": 100,
                "temperature": 0.5,
            })
        );
    }
}

#[tokio::test]
async fn a_key_that_no_header_can_hold_is_refused_at_once() {
    let base = Url::parse("http://127.0.0.1:1").unwrap();
    assert_eq!(
        OpenAi::new(client(), base, Some("a\nb".to_owned().into())).err(),
        Some(ModelError::Unauthorized)
    );
}

#[tokio::test]
async fn the_shapes_of_other_servers_are_understood() {
    let (received, error) = answer(&events(
        &[
            r#"{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null}],"usage":null,"provider":"X"}"#,
            r#"{"choices":[{"delta":{"reasoning":"hmm "}}],"error":null}"#,
            r#"{"choices":[{"delta":{"thinking":"so "}}],"usage":{}}"#,
            r#"{"choices":[{"delta":{"content":"ok"}}],"usage":{"prompt_tokens":"many"}}"#,
            r#"{"prompt_filter_results":[]}"#,
            r#"{"choices":[{"index":0,"finish_reason":"stop"}],"usage":{"completion_tokens":3}}"#,
            "[DONE]",
        ],
        "\n",
    ))
    .await;
    let usage = ModelEvent::Usage(Usage { prompt_tokens: 0, completion_tokens: 3 });
    assert_eq!(received, [thinking("hmm "), thinking("so "), text("ok"), usage, complete()]);
    assert_eq!(error, None);
}

#[tokio::test]
async fn tool_calls_without_index_are_told_apart_by_their_names() {
    let (received, _) = answer(&events(
        &[
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"one","arguments":"{"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"b","function":{"name":"two","arguments":{"x":1}}}]}}]}"#,
            STOP,
            "[DONE]",
        ],
        "\n",
    ))
    .await;
    let stop = ModelEvent::Stop(StopReason::ToolCalls);
    let (first, rest) = (call(0, Some("a"), Some("one"), "{"), call(0, None, None, "}"));
    assert_eq!(received, [first, rest, call(1, Some("b"), Some("two"), r#"{"x":1}"#), stop]);
}

#[tokio::test]
async fn either_explicit_end_is_enough_and_none_is_truncated() {
    let partial = delta(r#""content":"partial ""#);
    let (received, error) = answer(&events(&[&partial, "[DONE]"], "\n")).await;
    assert_eq!((received, error), (vec![text("partial "), complete()], None));
    let (received, error) = answer(&events(&[&partial, STOP], "\n")).await;
    assert_eq!((received, error), (vec![text("partial "), complete()], None));
    let (received, error) =
        answer(&events(&[&partial, "[DONE]"], "\n").replace("[DONE]\n\n", "[DONE]")).await;
    assert_eq!((received, error), (vec![text("partial "), complete()], None));
    let (received, error) = answer(&events(&[&partial], "\n")).await;
    assert_eq!((received, error), (vec![text("partial ")], Some(ModelError::Truncated)));
    let half = events(&[&partial, &partial], "\n");
    let (received, error) = answer(&half[..half.len() - 20]).await;
    assert_eq!((received, error), (vec![text("partial ")], Some(ModelError::Truncated)));
}

#[tokio::test]
async fn a_finished_answer_survives_a_reset_and_a_server_that_forgets_to_close() {
    for last in [Step::Reset, Step::Close, Step::Hang] {
        let body = events(&[&delta(r#""content":"all""#), STOP], "\n");
        let server = Server::always(vec![head(SSE), chunk(body), last]).await;
        let mut stream = openai(&server.url).chat(request());
        assert_eq!(stream.next().await, Some(Ok(text("all"))));
        tokio::time::pause();
        let begun = Instant::now();
        assert_eq!(stream.next().await, Some(Ok(complete())));
        assert!(begun.elapsed() < PATIENT.idle / 4, "formalities are not worth the whole patience");
        assert_eq!(stream.next().await, None);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn errors_inside_the_stream_are_errors_however_they_are_framed() {
    let partial = events(&[&delta(r#""content":"partial ""#)], "\n");
    for (frame, detail) in [
        ("data: {\"error\":{\"message\":\"upstream exploded\",\"code\":502}}\n\n", "upstream exploded"),
        ("data: {\"error\":\"plain\"}\n\n", "plain"),
        ("data: {\"error\":{}}\n\n", "no reason given"),
        ("event: error\ndata: {\"message\":\"typed\"}\n\n", "typed"),
        ("error: {\"code\":500,\"message\":\"field\"}\n\n", "field"),
        ("{\"error\":{\"message\":\"bare\"}}\n", "bare"),
    ] {
        let (received, error) = answer(&format!("{partial}{frame}data: [DONE]\n\n")).await;
        assert_eq!(received, [text("partial ")], "{frame:?}");
        assert_eq!(error, Some(ModelError::Upstream { detail: detail.to_owned() }));
    }
}

#[tokio::test]
async fn what_is_not_the_protocol_is_a_bad_response() {
    for body in [
        "<!doctype html>\n<title>Hello</title>\n",
        "{\"choices\":[{\"message\":{\"content\":\"not streamed\"}}]}\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\n\n",
        "data: {\"choices\":{}}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":[1]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud800\"}}]}\n\n",
        "data: hello\n\n",
        "data: [DONE\n\n",
    ] {
        let (received, error) = answer(body).await;
        assert!(
            matches!(error, Some(ModelError::BadResponse { .. })),
            "{body:?} gave {received:?} and {error:?}"
        );
    }
    let server = Server::always(vec![
        head(SSE),
        chunk(b"data: {\"id\":\"\xff\xfe\",\"choices\":\"\xff\"}\n\n"),
        end(),
    ])
    .await;
    let (_, error) = collect(openai(&server.url).chat(request())).await;
    assert!(matches!(error, Some(ModelError::BadResponse { .. })), "{error:?}");
}

#[tokio::test]
async fn an_event_may_spread_over_several_lines() {
    let body = "\u{feff}data: {\"choices\":[{\"delta\":\ndata:{\"content\":\"ok\"}}]}\nid: 7\nretry\n\n\n\ndata: [DONE]\n\n";
    assert_eq!(answer(body).await, (vec![text("ok"), complete()], None));
}
