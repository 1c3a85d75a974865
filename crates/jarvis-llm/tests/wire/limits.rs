use jarvis_llm::ModelError;

use crate::server::{Server, Step, chunk, head};
use crate::{Model, both, collect, ollama, openai, request};

const MEGABYTE: usize = 1_000_000;

fn too_large(error: Option<ModelError>) -> bool {
    matches!(error, Some(ModelError::TooLarge { .. }))
}

#[tokio::test]
async fn an_endless_line_is_given_up() {
    let endless =
        [vec![head("text/plain")], vec![chunk(vec![b'x'; 64 << 10]); 1600], vec![Step::Hang]].concat();
    let mut server = Server::always(endless).await;
    for model in both(&server.url) {
        let (events, error) = collect(model.chat(request())).await;
        assert_eq!(events, []);
        assert!(too_large(error));
        // Long before the hundred megabytes were sent.
        server.closed.recv().await.unwrap();
    }
}

#[tokio::test]
async fn an_endless_event_of_many_lines_is_given_up() {
    let line = format!("data: {}\n", "x".repeat(1000));
    let server =
        Server::always([vec![head("text/event-stream")], vec![chunk(line); 1200], vec![Step::Hang]].concat())
            .await;
    assert!(too_large(collect(openai(&server.url).chat(request())).await.1));
}

#[tokio::test]
async fn a_token_of_ten_megabytes_is_given_up() {
    let token = "x".repeat(10 * MEGABYTE);
    let line = format!("{{\"message\":{{\"content\":\"{token}\"}}}}\n");
    let server = Server::always(vec![head("application/x-ndjson"), chunk(line), Step::Hang]).await;
    assert!(too_large(collect(ollama(&server.url).chat(request())).await.1));
    let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{token}\"}}}}]}}\n\n");
    let server = Server::always(vec![head("text/event-stream"), chunk(event), Step::Hang]).await;
    assert!(too_large(collect(openai(&server.url).chat(request())).await.1));
}

#[tokio::test]
async fn an_answer_of_more_than_eight_megabytes_is_given_up() {
    let line = format!("{{\"message\":{{\"content\":\"{}\"}}}}\n", "x".repeat(MEGABYTE));
    let server = Server::always([vec![head("application/x-ndjson")], vec![chunk(line); 12]].concat()).await;
    let (events, error) = collect(ollama(&server.url).chat(request())).await;
    assert_eq!(events.len(), 8);
    assert!(too_large(error));
}

#[tokio::test]
async fn frames_that_say_nothing_do_not_go_on_for_ever() {
    let comments = format!(": {}\n", "x".repeat(MEGABYTE));
    let server = Server::always(
        [vec![head("text/event-stream")], vec![chunk(comments); 150], vec![Step::Hang]].concat(),
    )
    .await;
    assert!(too_large(collect(openai(&server.url).chat(request())).await.1));
}

#[tokio::test]
async fn a_list_of_more_than_four_megabytes_is_given_up() {
    let padding =
        [vec![head("application/json")], vec![chunk(vec![b' '; MEGABYTE]); 5], vec![Step::Hang]].concat();
    let server = Server::always(padding).await;
    for model in both(&server.url) {
        assert!(too_large(model.list().await.err()));
    }
}
