//! The chat-completions protocol of OpenAI, as many servers speak it: server-sent events
//! (<https://platform.openai.com/docs/api-reference/chat-streaming>).

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::address::{endpoint, for_people};
use crate::client::{HttpClient, fetch, not_json};
use crate::error::brief;
use crate::{ChatMessage, ChatRequest, EventStream, Model, ModelError, ModelInfo, reply};

pub use self::answer::OpenAiAnswer;

mod answer;

/// A server that speaks OpenAI's protocol. Its `Debug` shows no key.
#[derive(Clone, Debug)]
pub struct OpenAi {
    client: HttpClient,
    base: Url,
    address: String,
    key: Option<ApiKey>,
}

/// Where the key is when it is needed: the caller keeps it as it sees fit.
#[derive(Clone)]
pub struct ApiKey(Arc<dyn Fn() -> String + Send + Sync>);

impl ApiKey {
    /// `read` is asked for each request.
    pub fn new(read: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    fn bearer(&self) -> Result<HeaderValue, ModelError> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", (self.0)().trim()))
            .map_err(|_| ModelError::Unauthorized)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl From<String> for ApiKey {
    fn from(key: String) -> Self {
        Self::new(move || key.clone())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

impl OpenAi {
    /// Speaks to the server at `base`: with its version (`https://host/v1`) or without (`https://host`, taken for
    /// version 1). The key is sent as a bearer token.
    ///
    /// # Errors
    /// [`ModelError::Unauthorized`] if the key contains what no header can, such as a line break.
    pub fn new(client: HttpClient, mut base: Url, key: Option<ApiKey>) -> Result<Self, ModelError> {
        if !base.path().split('/').any(is_version) {
            base = endpoint(&base, "v1");
        }
        key.as_ref().map(ApiKey::bearer).transpose()?;
        let address = for_people(&base);
        Ok(Self { client, base, address, key })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, endpoint(&self.base, path));
        match self.key.as_ref().and_then(|key| key.bearer().ok()) {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    async fn models(&self) -> Result<Vec<ModelInfo>, ModelError> {
        let list: List = fetch(self.request(Method::GET, "models")).await?;
        Ok(list.data.into_iter().map(Listed::info).collect())
    }
}

impl Model for OpenAi {
    fn chat(&self, request: ChatRequest) -> EventStream {
        let body = ChatBody {
            model: &request.model,
            messages: &request.messages,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: request.max_tokens,
            temperature: request.temperature,
        };
        let sent = serde_json::to_vec(&body).map_err(|error| not_json(&error)).map(|body| {
            let request = self.request(Method::POST, "chat/completions");
            request.header(CONTENT_TYPE, "application/json").header(ACCEPT, "text/event-stream").body(body)
        });
        reply::stream(sent, OpenAiAnswer::default(), self.client.timeouts, request.messages)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        self.models().boxed()
    }

    /// Looks in the list: not every server has a page for each model.
    fn describe<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<ModelInfo, ModelError>> {
        async move {
            let found = self.models().await?.into_iter().find(|info| info.name == model);
            found.ok_or_else(|| ModelError::ModelNotFound { detail: brief(model) })
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        async { self.models().await.map(drop) }.boxed()
    }

    fn address(&self) -> &str {
        &self.address
    }
}

/// `v1`, `v1beta`, `v4`: some providers have the version in the middle of the path.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[derive(Serialize)]
struct ChatBody<'a> {
    model: &'a str,
    messages: &'a [ChatMessage],
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

/// OpenAI itself tells no length; three names for it are in use elsewhere.
#[derive(Deserialize)]
struct Listed {
    id: String,
    max_model_len: Option<serde_json::Value>,
    context_length: Option<serde_json::Value>,
    context_window: Option<serde_json::Value>,
}

impl Listed {
    fn info(self) -> ModelInfo {
        let lengths = [self.max_model_len, self.context_length, self.context_window];
        let length = lengths.iter().flatten().find_map(serde_json::Value::as_u64);
        ModelInfo { name: self.id, context_tokens: length.and_then(|length| u32::try_from(length).ok()) }
    }
}
