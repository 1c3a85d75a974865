//! Speaks to language-model servers: Ollama and anything compatible with OpenAI.
//!
//! Knows HTTP and JSON; knows nothing of users, databases or web frameworks. A [`Model`] turns a [`ChatRequest`] into
//! an [`EventStream`]; [`Ollama`] and [`OpenAi`] are the two providers, [`Resilient`] adds retries and a circuit
//! breaker to either. Every failure is a [`ModelError`], classified once.
//!
//! An answer counts as finished only if the server says so: a stream that merely ends is [`ModelError::Truncated`].
#![warn(missing_docs)]

mod address;
mod breaker;
mod client;
mod echo;
mod error;
mod ndjson;
mod ollama;
mod openai;
mod reply;
mod retry;
#[cfg(feature = "testing")]
pub mod scripted;
mod sse;
mod status;

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use futures_util::future::BoxFuture;
use serde::Serialize;

pub use crate::breaker::BreakerPolicy;
pub use crate::client::{HttpClient, Timeouts};
pub use crate::error::ModelError;
pub use crate::ollama::Ollama;
pub use crate::openai::{ApiKey, OpenAi};
pub use crate::retry::{Resilient, RetryPolicy};

/// The pure parts, open to this crate's own benchmarks and tests; no promise is made about them.
#[doc(hidden)]
pub mod parsers {
    pub use crate::ndjson::{Lines, MAX_LINE};
    pub use crate::ollama::OllamaAnswer;
    pub use crate::openai::OpenAiAnswer;
    pub use crate::reply::Decode;
    pub use crate::sse::{Events, Frame, MAX_EVENT};
}

/// Events of one answer, in order. Ends after [`ModelEvent::Stop`] or after the first error; polling it again then
/// gives `None`. Nothing is sent before the first poll. Dropping it closes the connection to the server.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<ModelEvent, ModelError>> + Send>>;

/// A server that answers chats. Cheap to share; the application holds it as `Arc<dyn Model>`.
pub trait Model: Send + Sync + 'static {
    /// Asks for an answer, streamed. Errors arrive as the stream's last item.
    fn chat(&self, request: ChatRequest) -> EventStream;

    /// The models that the server offers, in its order. Takes at most ten seconds.
    fn list(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>>;

    /// What the server knows of one model: [`ModelError::ModelNotFound`] if it has none of that name.
    fn describe<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<ModelInfo, ModelError>>;

    /// Whether the server answers at all. Never retried and never refused by a circuit breaker: it tells the truth.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>>;

    /// Where the server is, for people to read: the base URL without credentials, query or fragment.
    fn address(&self) -> &str;
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool that the model called.
    Tool,
}

/// One message of a conversation. Its `Debug` shows the length, never the text.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ChatMessage {
    /// Who wrote it.
    pub role: Role,
    /// What it says.
    pub content: String,
}

impl fmt::Debug for ChatMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatMessage").field("role", &self.role).field("bytes", &self.content.len()).finish()
    }
}

/// What to ask of a model. Its `Debug` shows no message text.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// The model's name, as [`Model::list`] gives it.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The context window to load the model with, in tokens. Only Ollama has such a setting (`options.num_ctx`).
    pub context_tokens: Option<u32>,
    /// The longest answer, in tokens.
    pub max_tokens: Option<u32>,
    /// 0 is the most predictable; servers accept up to 2.
    pub temperature: Option<f32>,
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelEvent {
    /// The next piece of the answer; never empty.
    Text(String),
    /// The next piece of the model's reasoning; never empty.
    Thinking(String),
    /// A piece of a tool call.
    ToolCall(ToolCall),
    /// What the answer cost; at most a few times, the last one counts.
    Usage(Usage),
    /// An attempt failed before anything was received; another one follows. Only [`Resilient`] says so.
    Retrying {
        /// The number of the attempt to come: 2 or more.
        attempt: u32,
        /// How many attempts there may be in all.
        of: u32,
        /// The pause until then.
        after: Duration,
        /// Why the last attempt failed.
        reason: ModelError,
    },
    /// The answer is finished. Always the last event.
    Stop(StopReason),
}

/// A piece of a tool call. The pieces of one call share an `index`; the name and the id come once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// Which call of this answer, from 0.
    pub index: u32,
    /// The server's id for the call, if it gives any.
    pub id: Option<String>,
    /// The tool's name.
    pub name: Option<String>,
    /// A fragment of the JSON arguments: append the fragments of one index.
    pub arguments: String,
}

/// What an answer cost, in tokens as the server counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The model was done.
    Complete,
    /// The limit of tokens was reached.
    Length,
    /// The model waits for the results of its tool calls.
    ToolCalls,
    /// Any other reason, in the server's word (at most 200 characters).
    Other(String),
}

/// A model that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// The name to ask for it by.
    pub name: String,
    /// The longest context that it was trained for, in tokens, where the server tells.
    pub context_tokens: Option<u32>,
}
