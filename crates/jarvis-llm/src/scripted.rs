//! A model that a test drives by hand.
//!
//! [`ScriptedModel::new`] gives the model for the application and the [`Script`] for the test. Each
//! [`Model::chat`] shows up as a [`Call`], on which the test sends what the model "says".

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::{
    ChatRequest, EventStream, Model, ModelError, ModelEvent, ModelInfo, StopReason, ToolCall, Usage,
};

/// Calls that may wait for [`Script::next_call`]; further ones fail as unreachable.
const MAX_WAITING_CALLS: usize = 1024;
/// Events that a test may send ahead of the reader before sending waits.
const MAX_UNREAD_EVENTS: usize = 256;

type Item = Result<ModelEvent, ModelError>;

#[derive(Debug)]
struct Stage {
    models: Vec<ModelInfo>,
    down: Option<ModelError>,
}

/// The application's side.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    name: String,
    stage: Arc<Mutex<Stage>>,
    calls: mpsc::Sender<Call>,
}

/// The test's side: receives the calls and sets what the server offers.
#[derive(Debug)]
pub struct Script {
    stage: Arc<Mutex<Stage>>,
    calls: mpsc::Receiver<Call>,
}

/// One chat in progress. Dropping it before [`Call::stop`] or [`Call::fail`] ends the answer as truncated.
#[derive(Debug)]
pub struct Call {
    request: ChatRequest,
    events: mpsc::Sender<Item>,
}

impl ScriptedModel {
    /// A reachable server called `name` that offers one model, also called `name`, without a context length.
    #[must_use]
    pub fn new(name: &str) -> (Self, Script) {
        let models = vec![ModelInfo { name: name.to_owned(), context_tokens: None }];
        let stage = Arc::new(Mutex::new(Stage { models, down: None }));
        let (sender, receiver) = mpsc::channel(MAX_WAITING_CALLS);
        let model = Self { name: name.to_owned(), stage: Arc::clone(&stage), calls: sender };
        (model, Script { stage, calls: receiver })
    }

    fn up(&self) -> Result<Vec<ModelInfo>, ModelError> {
        let stage = look(&self.stage);
        stage.down.clone().map_or_else(|| Ok(stage.models.clone()), Err)
    }
}

impl Model for ScriptedModel {
    fn chat(&self, request: ChatRequest) -> EventStream {
        let (sender, receiver) = mpsc::channel(MAX_UNREAD_EVENTS);
        let refused = self.up().err().or_else(|| {
            let call = Call { request, events: sender };
            self.calls.try_send(call).err().map(|_| ModelError::unreachable("no test takes this call"))
        });
        match refused {
            Some(error) => Box::pin(stream::once(async { Err(error) })),
            None => Box::pin(Spoken { events: receiver, over: false }),
        }
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        Box::pin(async { self.up() })
    }

    fn describe<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<ModelInfo, ModelError>> {
        Box::pin(async move {
            let found = self.up()?.into_iter().find(|info| info.name == model);
            found.ok_or_else(|| ModelError::ModelNotFound { detail: crate::error::brief(model) })
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        Box::pin(async { self.up().map(drop) })
    }

    fn address(&self) -> &str {
        &self.name
    }
}

impl Script {
    /// Waits for the next chat; `None` once the model and all its clones are gone.
    pub async fn next_call(&mut self) -> Option<Call> {
        self.calls.recv().await
    }

    /// Replaces what the server offers.
    pub fn set_models(&self, models: Vec<ModelInfo>) {
        look(&self.stage).models = models;
    }

    /// Makes everything fail as unreachable, or work again. Chats in progress go on.
    pub fn set_reachable(&self, reachable: bool) {
        look(&self.stage).down = (!reachable).then(|| ModelError::unreachable("switched off by the test"));
    }
}

/// What a test may do with a chat. Each sender answers whether anybody still listens.
impl Call {
    /// What the application asked.
    #[must_use]
    pub fn request(&self) -> &ChatRequest {
        &self.request
    }

    /// Says a piece of the answer.
    pub async fn text(&self, text: &str) -> bool {
        self.event(ModelEvent::Text(text.to_owned())).await
    }

    /// Says a piece of reasoning.
    pub async fn thinking(&self, text: &str) -> bool {
        self.event(ModelEvent::Thinking(text.to_owned())).await
    }

    /// Sends a piece of a tool call.
    pub async fn tool_call(&self, call: ToolCall) -> bool {
        self.event(ModelEvent::ToolCall(call)).await
    }

    /// Reports the cost in tokens.
    pub async fn usage(&self, prompt_tokens: u64, completion_tokens: u64) -> bool {
        self.event(ModelEvent::Usage(Usage { prompt_tokens, completion_tokens })).await
    }

    /// Finishes the answer.
    pub async fn stop(self) -> bool {
        self.event(ModelEvent::Stop(StopReason::Complete)).await
    }

    /// Ends the answer with an error.
    pub async fn fail(self, error: ModelError) -> bool {
        self.events.send(Err(error)).await.is_ok()
    }

    /// Sends any event.
    pub async fn event(&self, event: ModelEvent) -> bool {
        self.events.send(Ok(event)).await.is_ok()
    }

    /// Waits until the application dropped the stream.
    pub async fn cancelled(&self) {
        self.events.closed().await;
    }
}

/// Passes on what the test says, and ends as a real answer does.
struct Spoken {
    events: mpsc::Receiver<Item>,
    over: bool,
}

impl Stream for Spoken {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        self.events.poll_recv(context).map(|item| {
            let item = item.unwrap_or(Err(ModelError::Truncated));
            self.over = matches!(item, Err(_) | Ok(ModelEvent::Stop(_)));
            Some(item)
        })
    }
}

fn look(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}
