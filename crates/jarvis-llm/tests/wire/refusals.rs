use std::time::Duration;

use futures_util::future::join;
use jarvis_llm::ModelError;

use crate::server::{Server, Step, head, response};
use crate::{Model, both, collect, ollama, openai, request};

/// What both providers make of a response.
async fn error_of(status: u16, headers: &'static str, body: &'static str) -> ModelError {
    let server = Server::always(response(status, headers, body)).await;
    let mut errors = Vec::new();
    for model in both(&server.url) {
        let (events, error) = collect(model.chat(request())).await;
        assert_eq!(events, []);
        errors.push(error.unwrap());
    }
    assert_eq!(errors[0], errors[1]);
    errors.remove(0)
}

fn limited(seconds: Option<u64>) -> ModelError {
    ModelError::RateLimited { retry_after: seconds.map(Duration::from_secs) }
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    let detail = "no reason".to_owned();
    let body = r#"{"error":"no reason"}"#;
    assert_eq!(error_of(401, "", body).await, ModelError::Unauthorized);
    assert_eq!(error_of(403, "", body).await, ModelError::Unauthorized);
    assert_eq!(error_of(404, "", body).await, ModelError::ModelNotFound { detail: detail.clone() });
    assert_eq!(error_of(400, "", body).await, ModelError::Refused { status: 400, detail: detail.clone() });
    assert_eq!(error_of(500, "", body).await, ModelError::Server { status: 500, detail: detail.clone() });
    assert_eq!(error_of(503, "", body).await, ModelError::Server { status: 503, detail });
    assert_eq!(error_of(204, "", "").await.code(), "bad_response");
}

#[tokio::test]
async fn an_unknown_model_is_told_from_a_wrong_address() {
    let named = r#"{"error":{"message":"no such model","type":"x","code":"model_not_found"}}"#;
    let missing = ModelError::ModelNotFound { detail: "no such model".to_owned() };
    assert_eq!(error_of(404, "", named).await, missing);
    assert_eq!(error_of(400, "", named).await, missing);
    let page = error_of(404, "content-type: text/html\r\n", "<h1>Not here</h1>").await;
    assert_eq!(page, ModelError::Refused { status: 404, detail: "Not Found".to_owned() });
}

#[tokio::test]
async fn retry_after_is_understood_in_seconds_and_as_a_date() {
    assert_eq!(error_of(429, "retry-after: 7\r\n", "{}").await, limited(Some(7)));
    assert_eq!(error_of(429, "", "").await, limited(None));
    assert_eq!(error_of(429, "retry-after: soon\r\n", "").await, limited(None));
    assert_eq!(error_of(429, "retry-after: -5\r\n", "").await, limited(None));
    assert_eq!(error_of(429, "retry-after: 18446744073709551615\r\n", "").await, limited(Some(86_400)));
    let dates = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:50:37 GMT\r\n";
    assert_eq!(error_of(429, dates, "").await, limited(Some(60)));
    let past = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:00:00 GMT\r\n";
    assert_eq!(error_of(429, past, "").await, limited(Some(0)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut server = Server::always(response(307, "location: /elsewhere\r\n", "")).await;
    for model in both(&server.url) {
        let (_, error) = collect(model.chat(request())).await;
        assert!(matches!(error, Some(ModelError::Refused { status: 307, .. })), "{error:?}");
        assert!(matches!(model.list().await, Err(ModelError::Refused { status: 307, .. })));
    }
    for _ in 0..4 {
        assert!(!server.requests.recv().await.unwrap().head.contains("elsewhere"));
    }
    assert_eq!(server.waiting_requests(), 0);
}

#[tokio::test]
async fn a_web_page_is_a_bad_response_before_its_body_is_read() {
    let server = Server::always(vec![head("text/HTML; charset=utf-8"), Step::Hang]).await;
    for model in both(&server.url) {
        assert_eq!(collect(model.chat(request())).await.1.unwrap().code(), "bad_response");
    }
}

#[tokio::test]
async fn details_are_short_and_clean() {
    let long = format!("{{\"error\":\"\\u001b[31m\\n{}\"}}", "ü".repeat(5000));
    let server = Server::always(response(500, "", &long)).await;
    let Some(ModelError::Server { detail, .. }) = collect(ollama(&server.url).chat(request())).await.1 else {
        panic!("not a server error")
    };
    assert_eq!(detail.chars().count(), 200);
    assert!(!detail.chars().any(char::is_control));
}

#[tokio::test]
async fn a_detail_that_repeats_the_request_is_withheld() {
    let echo = r#"{"error":{"message":"invalid input: 'my secret number 471100?' is not allowed"}}"#;
    for status in [400, 404, 500] {
        let error = error_of(status, "", echo).await;
        assert!(!format!("{error:?}").contains("471100"), "{error:?}");
    }
    let inside = format!("data: {echo}\n\n");
    let server = Server::always(response(200, "", &inside)).await;
    let error = collect(openai(&server.url).chat(request())).await.1.unwrap();
    assert_eq!(error.code(), "upstream_error");
    assert!(!format!("{error:?}").contains("471100"), "{error:?}");
}

#[tokio::test]
async fn an_error_body_that_never_ends_is_not_waited_for() {
    let endless = Step::Send(b"HTTP/1.1 500 Oops\r\ncontent-length: 1000\r\n\r\n{\"error\"".to_vec());
    let mut server = Server::always(vec![endless, Step::Hang]).await;
    let model = ollama(&server.url);
    let pause = async {
        server.requests.recv().await;
        tokio::time::pause();
    };
    let ((_, error), ()) = join(collect(model.chat(request())), pause).await;
    // With the clock paused, the limit for the body and the one for the first token can only be told apart by this.
    assert!(matches!(error, Some(ModelError::Server { status: 500, .. })), "{error:?}");
}

#[test]
fn debug_output_shows_no_message() {
    let shown = format!("{:?}", request());
    assert!(!shown.contains("471100") && shown.contains("bytes: 32"), "{shown}");
}
