use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use jarvis_llm::{HttpClient, ModelError, Ollama, Timeouts};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

use crate::server::{Server, Step, chunk, end, head};
use crate::{Model, PATIENT, both, client, collect, ollama, request, text};

const NDJSON: &str = "application/x-ndjson";
const TEXT: &str = "{\"message\":{\"content\":\"partial \"},\"done\":false}\n";
const DONE: &str = "{\"message\":{\"content\":\"\"},\"done\":true}\n";

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_truncates_the_answer() {
    for last in [Step::Reset, Step::Close] {
        let server = Server::always(vec![head(NDJSON), chunk(TEXT), last]).await;
        let mut stream = ollama(&server.url).chat(request());
        // A reset may overtake the text; it must not turn into a finished answer.
        let mut items = Vec::new();
        while let Some(item) = stream.next().await {
            items.push(item);
        }
        match items.as_slice() {
            [Ok(event), Err(ModelError::Truncated)] => assert_eq!(*event, text("partial ")),
            [Err(ModelError::Unreachable { .. })] => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_breaks_before_it_answers_is_unreachable() {
    let not_http = Step::Send(b"\x16\x03\x01 what?\r\n\r\n".to_vec());
    for steps in
        [vec![Step::Close], vec![Step::Reset], vec![not_http, Step::Close], vec![head(NDJSON), Step::Close]]
    {
        let server = Server::always(steps.clone()).await;
        for model in both(&server.url) {
            let (events, error) = collect(model.chat(request())).await;
            assert_eq!(events, []);
            assert!(
                matches!(&error, Some(error @ ModelError::Unreachable { .. }) if error.is_transient()),
                "{steps:?}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_the_error_holds_no_credentials() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = Url::parse(&format!("http://anna:hunter2@{address}/x?key=hunter2#hunter2")).unwrap();
    for model in both(&url) {
        assert!(model.address().starts_with(&format!("http://{address}/x")), "{}", model.address());
        assert!(!model.address().contains("hunter2"));
        let (_, error) = collect(model.chat(request())).await;
        let error = error.unwrap();
        assert_eq!(error.code(), "unreachable");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert_eq!(model.probe().await.unwrap_err().code(), "unreachable");
    }
}

#[tokio::test]
async fn silence_before_the_first_token_times_out() {
    for steps in [vec![Step::Hang], vec![head(NDJSON), Step::Hang]] {
        let mut server = Server::always(steps).await;
        let model = ollama(&server.url);
        let begin_to_hang = async {
            server.requests.recv().await;
            tokio::time::pause();
            Instant::now()
        };
        let ((events, error), begun) = join(collect(model.chat(request())), begin_to_hang).await;
        assert_eq!((events, error), (vec![], Some(ModelError::FirstTokenTimeout)));
        assert!(begun.elapsed() <= PATIENT.first_token + Duration::from_secs(1));
        tokio::time::resume();
    }
}

#[tokio::test]
async fn frames_that_say_nothing_do_not_count_as_the_first_token() {
    let hasty = Timeouts { first_token: Duration::from_millis(300), ..PATIENT };
    let empty = chunk("{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n");
    let steps = (0..100).flat_map(|_| [empty.clone(), Step::Pause(Duration::from_millis(20))]);
    let server = Server::always([head(NDJSON)].into_iter().chain(steps).chain([Step::Close]).collect()).await;
    let model = Ollama::new(HttpClient::new(hasty).unwrap(), server.url.clone());
    assert_eq!(collect(model.chat(request())).await, (vec![], Some(ModelError::FirstTokenTimeout)));
}

#[tokio::test]
async fn silence_in_the_middle_times_out() {
    let server = Server::always(vec![head(NDJSON), chunk(TEXT), Step::Hang]).await;
    let mut stream = ollama(&server.url).chat(request());
    assert_eq!(stream.next().await, Some(Ok(text("partial "))));
    let begun = Instant::now();
    tokio::time::pause();
    assert_eq!(stream.next().await, Some(Err(ModelError::IdleTimeout)));
    assert_eq!(stream.next().await, None);
    let waited = begun.elapsed();
    assert!(
        waited + Duration::from_secs(1) > PATIENT.idle && waited < PATIENT.idle + Duration::from_secs(1),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_slow_answer_outlives_every_timeout_as_long_as_it_moves() {
    let hasty =
        Timeouts { first_token: Duration::from_millis(400), idle: Duration::from_millis(400), ..PATIENT };
    let steps = (0..15).flat_map(|_| [chunk(TEXT), Step::Pause(Duration::from_millis(60))]);
    let steps = [head(NDJSON)].into_iter().chain(steps).chain([chunk(DONE), end()]);
    let server = Server::always(steps.collect()).await;
    let model = Ollama::new(HttpClient::new(hasty).unwrap(), server.url.clone());
    let (events, error) = collect(model.chat(request())).await;
    assert_eq!((events.len(), error), (16, None));
}

/// The most that may pass between dropping a stream and the server seeing its connection closed.
const CLOSED_WITHIN: Duration = Duration::from_millis(100);

#[tokio::test]
async fn dropping_the_stream_closes_the_connection_at_once() {
    let before_head = vec![Step::Hang];
    let before_token = vec![head(NDJSON), Step::Hang];
    let in_the_middle = vec![head(NDJSON), chunk(TEXT), Step::Hang];
    for (steps, tokens) in [(before_head, 0), (before_token, 0), (in_the_middle, 1)] {
        let mut server = Server::always(steps).await;
        let mut stream = ollama(&server.url).chat(request());
        for _ in 0..tokens {
            assert_eq!(stream.next().await, Some(Ok(text("partial "))));
        }
        tokio::select! {
            item = stream.next() => panic!("{item:?}"),
            _ = server.requests.recv() => {}
        }
        drop(stream);
        let dropped = Instant::now();
        let closed =
            tokio::time::timeout(Duration::from_secs(5), server.closed.recv()).await.unwrap().unwrap();
        assert!(closed.duration_since(dropped) <= CLOSED_WITHIN, "{:?}", closed.duration_since(dropped));
    }
}

#[tokio::test]
async fn an_error_closes_the_connection_though_the_stream_is_still_held() {
    let mut server = Server::always(vec![head(NDJSON), chunk("nonsense\n"), Step::Hang]).await;
    let mut stream = ollama(&server.url).chat(request());
    assert_eq!(stream.next().await.unwrap().unwrap_err().code(), "bad_response");
    tokio::time::timeout(Duration::from_secs(5), server.closed.recv()).await.unwrap().unwrap();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_that_is_never_polled_sends_nothing() {
    let server = Server::always(vec![Step::Hang]).await;
    drop(ollama(&server.url).chat(request()));
    assert!(ollama(&server.url).list().now_or_never_is_pending());
    assert_eq!(server.waiting_requests(), 0);
}

trait Unpolled {
    fn now_or_never_is_pending(self) -> bool;
}

impl<F: Future> Unpolled for F {
    fn now_or_never_is_pending(self) -> bool {
        futures_util::FutureExt::now_or_never(self).is_none()
    }
}

#[tokio::test]
async fn finished_answers_share_one_connection() {
    let mut server = Server::always(vec![head(NDJSON), chunk(TEXT), chunk(DONE), end()]).await;
    let model = Ollama::new(client(), server.url.clone());
    for _ in 0..3 {
        let (events, error) = collect(model.chat(request())).await;
        assert_eq!((events.len(), error), (2, None));
        // The connection goes back to the pool from another task.
        tokio::task::yield_now().await;
    }
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(server.requests.recv().await.unwrap().connection);
    }
    assert_eq!(connections, [0, 0, 0]);
}
