//! Ollama's own protocol: newline-delimited JSON (`docs/api.md` of the Ollama project).

use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Method;
use http::header::CONTENT_TYPE;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::address::{endpoint, for_people};
use crate::client::{HttpClient, fetch, not_json};
use crate::{ChatMessage, ChatRequest, EventStream, Model, ModelError, ModelInfo, reply};

pub use self::answer::OllamaAnswer;

mod answer;

/// An Ollama server.
#[derive(Clone, Debug)]
pub struct Ollama {
    client: HttpClient,
    base: Url,
    address: String,
}

impl Ollama {
    /// Speaks to the server at `base`. A last segment `api` or `v1` is dropped, so that any address that people find
    /// in a guide works. User and password in it are sent as basic authentication.
    #[must_use]
    pub fn new(client: HttpClient, mut base: Url) -> Self {
        let path = base.path().trim_end_matches('/');
        let path = path.strip_suffix("/api").or_else(|| path.strip_suffix("/v1")).unwrap_or(path).to_owned();
        base.set_path(&path);
        let address = for_people(&base);
        Self { client, base, address }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.request(Method::GET, endpoint(&self.base, path))
    }

    fn post(&self, path: &str, body: &impl Serialize) -> Result<RequestBuilder, ModelError> {
        let body = serde_json::to_vec(body).map_err(|error| not_json(&error))?;
        let request = self.client.request(Method::POST, endpoint(&self.base, path));
        Ok(request.header(CONTENT_TYPE, "application/json").body(body))
    }
}

impl Model for Ollama {
    fn chat(&self, request: ChatRequest) -> EventStream {
        let body = ChatBody {
            model: &request.model,
            messages: &request.messages,
            stream: true,
            options: Options {
                num_ctx: request.context_tokens,
                num_predict: request.max_tokens,
                temperature: request.temperature,
            },
        };
        let sent = self.post("api/chat", &body);
        reply::stream(sent, OllamaAnswer::default(), self.client.timeouts, request.messages)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        let request = self.get("api/tags");
        async {
            let tags: Tags = fetch(request).await?;
            Ok(tags
                .models
                .into_iter()
                .map(|tag| ModelInfo { name: tag.name, context_tokens: None })
                .collect())
        }
        .boxed()
    }

    fn describe<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<ModelInfo, ModelError>> {
        let request = self.post("api/show", &Show { model });
        async move {
            let shown: Shown = fetch(request?).await?;
            Ok(ModelInfo { name: model.to_owned(), context_tokens: context_length(&shown.model_info) })
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        let request = self.get("api/version");
        async { fetch::<Version>(request).await.map(drop) }.boxed()
    }

    fn address(&self) -> &str {
        &self.address
    }
}

#[derive(Serialize)]
struct ChatBody<'a> {
    model: &'a str,
    messages: &'a [ChatMessage],
    stream: bool,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    num_ctx: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Serialize)]
struct Show<'a> {
    model: &'a str,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    model_info: HashMap<String, Value>,
}

#[derive(Deserialize)]
struct Version {
    #[expect(dead_code, reason = "its presence tells Ollama from any other server")]
    version: String,
}

/// A model with an image encoder has several lengths; its architecture names the one that counts.
fn context_length(info: &HashMap<String, Value>) -> Option<u32> {
    let architecture = info.get("general.architecture").and_then(Value::as_str).unwrap_or_default();
    let own = info.get(&format!("{architecture}.context_length"));
    let any = || info.iter().find_map(|(name, value)| name.ends_with(".context_length").then_some(value));
    own.or_else(any)?.as_u64().and_then(|length| u32::try_from(length).ok())
}
