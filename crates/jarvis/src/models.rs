//! Which models exist, which one answers, and whether their servers are up.

pub mod api;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jarvis_crypto::{Secret, Shielded};
use jarvis_llm::{ApiKey, HttpClient, Model, ModelError, Ollama, OpenAi, Resilient, RetryPolicy, Timeouts};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::config;
use crate::error::{Error, Result};

/// What was seen less than this ago is not asked for again.
const FRESH: Duration = Duration::from_secs(2);
/// Models remembered of one server: a server that lists more is not believed.
const MAX_MODELS: usize = 500;

/// A model that may be chosen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ModelEntry {
    /// `provider/name`, as in `ollama/llama3.2:3b`.
    pub id: String,
    pub name: String,
    #[schema(value_type = String, example = "ollama")]
    pub provider: &'static str,
    #[schema(required)]
    pub context_tokens: Option<u32>,
}

/// Whether a model server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerStatus {
    Up,
    Down,
}

/// A model server and how it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProviderState {
    #[schema(value_type = String, example = "ollama")]
    pub id: &'static str,
    pub address: String,
    pub status: ServerStatus,
    /// What was tried and what came back, if it is not up.
    #[schema(required)]
    pub detail: Option<String>,
}

/// What there is to choose from.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct ModelList {
    pub items: Vec<ModelEntry>,
    /// The model that answers when none is named.
    #[schema(required)]
    pub default: Option<String>,
    pub providers: Vec<ProviderState>,
}

/// A model server and the model it is preferred for.
#[derive(Clone)]
pub struct Provider {
    pub id: &'static str,
    pub model: Arc<dyn Model>,
    /// The configured model; None: the first that it lists.
    pub preferred: Option<String>,
}

/// The model that will answer.
#[derive(Clone)]
pub struct Chosen {
    /// As in [`ModelEntry::id`].
    pub id: String,
    /// As its server calls it.
    pub name: String,
    pub server: Arc<dyn Model>,
}

/// The model servers that this Jarvis knows.
#[derive(Clone)]
pub struct Models(Arc<Inner>);

struct Inner {
    providers: Vec<Provider>,
    seen: Mutex<Seen>,
    /// One look at a time; others wait for what it finds.
    looking: tokio::sync::Mutex<()>,
    contexts: Mutex<HashMap<String, Option<u32>>>,
}

#[derive(Default)]
struct Seen {
    list: Arc<ModelList>,
    at: Option<Instant>,
}

impl Models {
    pub fn new(providers: Vec<Provider>) -> Self {
        let (seen, looking, contexts) = (Mutex::default(), tokio::sync::Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { providers, seen, looking, contexts }))
    }

    /// The servers that are configured.
    pub fn from_config(llm: &config::Llm) -> Result<Self> {
        let timeouts = Timeouts {
            connect: llm.timeouts.connect,
            first_token: llm.timeouts.first_token,
            idle: llm.timeouts.idle,
        };
        let client = HttpClient::new(timeouts).map_err(|error| Error::internal("model client", error))?;
        let policy = RetryPolicy { attempts: llm.retries.max(1), ..RetryPolicy::default() };
        let mut providers = Vec::new();
        if let Some(openai) = &llm.openai {
            let key = openai.api_key.as_ref().map(|key| {
                let key = Shielded::new(&Secret::new(key.expose().as_bytes().to_vec()));
                ApiKey::new(move || String::from_utf8_lossy(key.open().expose()).into_owned())
            });
            let server = OpenAi::new(client.clone(), openai.base_url.clone(), key);
            let server = Arc::new(server.map_err(|error| Error::internal("OPENAI_API_KEY", error))?);
            let model = Arc::new(Resilient::new(server, policy));
            providers.push(Provider { id: "openai", model, preferred: openai.model.clone() });
        }
        if let Some(ollama) = &llm.ollama {
            let server = Arc::new(Ollama::new(client, ollama.base_url.clone()));
            let model = Arc::new(Resilient::new(server, policy));
            providers.push(Provider { id: "ollama", model, preferred: ollama.model.clone() });
        }
        Ok(Self::new(providers))
    }

    /// What there is, seen a moment ago at most.
    pub async fn list(&self) -> Arc<ModelList> {
        self.look(FRESH).await
    }

    /// The model named, else the default. What was seen before is believed: a server gone since says so when it is asked.
    ///
    /// # Errors
    /// `UnknownModel` when no server offers it, `NoModel` when none offers any.
    pub async fn choose(&self, wanted: Option<&str>) -> Result<Chosen> {
        let known = Arc::clone(&lock(&self.0.seen).list);
        match self.find(&known, wanted) {
            Ok(chosen) => Ok(chosen),
            Err(_) => self.find(self.look(FRESH).await.as_ref(), wanted),
        }
    }

    /// Tokens that fit in a model's context, as far as that is known: None when it was never asked for, `Some(None)` when its server
    /// does not say.
    pub fn known_context(&self, chosen: &Chosen) -> Option<Option<u32>> {
        lock(&self.0.contexts).get(&chosen.id).copied()
    }

    /// Asks a model's server for its context and remembers what it says.
    pub async fn learn_context(&self, chosen: &Chosen) {
        let Ok(found) = chosen.server.describe(&chosen.name).await else { return };
        let mut contexts = lock(&self.0.contexts);
        if contexts.len() >= MAX_MODELS {
            contexts.clear();
        }
        contexts.insert(chosen.id.clone(), found.context_tokens);
    }

    fn find(&self, list: &ModelList, wanted: Option<&str>) -> Result<Chosen> {
        let wanted = wanted.or(list.default.as_deref()).ok_or(Error::NoModel)?;
        let entry = list.items.iter().find(|entry| entry.id == wanted || entry.name == wanted);
        let entry = entry.ok_or_else(|| Error::UnknownModel { model: wanted.chars().take(100).collect() })?;
        let provider = self.0.providers.iter().find(|provider| provider.id == entry.provider);
        let server = Arc::clone(&provider.ok_or(Error::NoModel)?.model);
        Ok(Chosen { id: entry.id.clone(), name: entry.name.clone(), server })
    }

    async fn look(&self, fresh: Duration) -> Arc<ModelList> {
        let _one_at_a_time = self.0.looking.lock().await;
        {
            let seen = lock(&self.0.seen);
            if seen.at.is_some_and(|at| at.elapsed() < fresh) {
                return Arc::clone(&seen.list);
            }
        }
        let asked =
            self.0.providers.iter().map(|provider| async move { (provider, provider.model.list().await) });
        let mut list = ModelList::default();
        for (provider, answer) in futures_util::future::join_all(asked).await {
            list.add(provider, answer);
        }
        let list = Arc::new(list);
        *lock(&self.0.seen) = Seen { list: Arc::clone(&list), at: Some(Instant::now()) };
        list
    }
}

impl ModelList {
    fn add(&mut self, provider: &Provider, answer: Result<Vec<jarvis_llm::ModelInfo>, ModelError>) {
        let (status, mut detail, found) = match answer {
            Ok(found) if found.is_empty() => {
                (ServerStatus::Up, Some("The server answers but has no model yet.".to_owned()), found)
            }
            Ok(found) => (ServerStatus::Up, None, found),
            Err(error) => {
                (ServerStatus::Down, Some(jarvis_redact::redact(&error.to_string()).into_owned()), Vec::new())
            }
        };
        let first = self.items.len();
        self.items.extend(found.into_iter().take(MAX_MODELS).map(|info| ModelEntry {
            id: format!("{}/{}", provider.id, info.name),
            name: info.name,
            provider: provider.id,
            context_tokens: info.context_tokens,
        }));
        let mine = self.items.get(first..).unwrap_or_default();
        let preferred = provider.preferred.as_deref().and_then(|name| named(mine, name));
        if let (None, Some(missing), Some(first)) = (preferred, &provider.preferred, mine.first()) {
            detail = Some(format!(
                "The configured model `{missing}` is not there; `{}` answers instead.",
                first.name
            ));
        }
        if self.default.is_none() {
            self.default = preferred.or(mine.first()).map(|entry| entry.id.clone());
        }
        let address = provider.model.address().to_owned();
        self.providers.push(ProviderState { id: provider.id, address, status, detail });
    }
}

/// The entry of that name; Ollama's `llama3` means `llama3:latest`.
fn named<'a>(entries: &'a [ModelEntry], name: &str) -> Option<&'a ModelEntry> {
    let tagged = format!("{name}:latest");
    entries.iter().find(|entry| entry.name == name || entry.name == tagged)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
