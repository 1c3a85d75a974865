//! The two providers against a server that does its worst.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic; clippy.toml lets it, but not the functions that tests share"
)]

mod limits;
mod ollama;
mod openai;
mod refusals;
mod server;
mod transport;
mod unary;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jarvis_llm::{
    ChatMessage, ChatRequest, EventStream, HttpClient, Model, ModelError, ModelEvent, Ollama, OpenAi, Role,
    Timeouts,
};
use url::Url;

/// Long enough never to matter where a test is about something else.
const PATIENT: Timeouts = Timeouts {
    connect: Duration::from_secs(20),
    first_token: Duration::from_secs(30),
    idle: Duration::from_secs(20),
};

fn client() -> HttpClient {
    HttpClient::new(PATIENT).unwrap()
}

fn ollama(url: &Url) -> Ollama {
    Ollama::new(client(), url.clone())
}

fn openai(url: &Url) -> OpenAi {
    OpenAi::new(client(), url.clone(), None).unwrap()
}

/// Both, for what does not depend on the protocol.
fn both(url: &Url) -> [Arc<dyn Model>; 2] {
    [Arc::new(ollama(url)), Arc::new(openai(url))]
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "qwen3".to_owned(),
        messages: vec![ChatMessage {
            role: Role::User,
            content: "What is my secret number 471100?".to_owned(),
        }],
        context_tokens: None,
        max_tokens: None,
        temperature: None,
    }
}

async fn collect(mut stream: EventStream) -> (Vec<ModelEvent>, Option<ModelError>) {
    let (mut events, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "nothing follows an error");
        match item {
            Ok(event) => events.push(event),
            Err(failure) => error = Some(failure),
        }
    }
    (events, error)
}

fn text(text: &str) -> ModelEvent {
    ModelEvent::Text(text.to_owned())
}

fn thinking(text: &str) -> ModelEvent {
    ModelEvent::Thinking(text.to_owned())
}
