//! Conversations and the answers in them.
//!
//! A generation is owned by the server, not by a connection: [`Chats::send`] (in `turn`) stores and returns at once, `run` writes the
//! answer,
//! and whoever is subscribed watches.

pub mod api;
mod content;
pub mod event;
mod history;
mod prompt;
mod run;
mod runs;
mod store;
mod text;
mod turn;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Actor;
use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::db::Db;
use crate::error::{Error, Result, What};
use crate::ids::{ConversationId, MessageId, RunId, UserId};
use crate::lifecycle::Tasks;
use crate::live::{Hub, Topic};
use crate::models::Models;
use crate::rates::Rates;
use crate::vault::Vault;

pub use event::Event;
pub use history::Page;
pub use text::{ChatText, ClientId, Title};

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "TEXT", rename_all = "lowercase")]
pub enum Author {
    User,
    Assistant,
}

/// How far a message has come. Everything but `streaming` is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "TEXT", rename_all = "lowercase")]
pub enum Status {
    Completed,
    Streaming,
    /// Its owner stopped it; what had come is kept.
    Stopped,
    /// The model server failed; what had come is kept.
    Failed,
    /// The server itself went away in the middle; at most the last second is lost.
    Interrupted,
}

/// Tokens counted by the model server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}

/// Why an answer failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Failure {
    /// Stable, in snake_case.
    pub code: String,
    pub detail: String,
}

/// One message. Messages form a tree: an edited question or a second answer is another child of the same parent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    #[schema(required)]
    pub parent_id: Option<MessageId>,
    pub role: Author,
    pub content: String,
    /// What a reasoning model thought before it answered.
    #[schema(required)]
    pub thinking: Option<String>,
    pub status: Status,
    #[schema(required)]
    pub error: Option<Failure>,
    #[schema(required)]
    pub model: Option<String>,
    #[schema(required)]
    pub usage: Option<Usage>,
    /// Older messages that were not sent because they no longer fit the model's context.
    pub history_cut: i64,
    pub created_at: Timestamp,
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
    /// Its record in the database was changed or lost: there is no text any more. Models are not sent it.
    pub damaged: bool,
}

/// One conversation, without its messages.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    pub title: String,
    /// The model that answers here; null for the default.
    #[schema(required)]
    pub model: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// An answer is being written.
    pub running: bool,
    /// The record of its title was changed or lost: the title is empty. Giving it another one mends that.
    pub damaged: bool,
}

/// One generation of an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Run {
    pub id: RunId,
    pub conversation_id: ConversationId,
    /// The assistant's message that it writes.
    pub message_id: MessageId,
    pub status: RunStatus,
    pub model: String,
}

/// As [`Status`], with `running` for what a message calls `streaming`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Running,
    Completed,
    Stopped,
    Failed,
    Interrupted,
}

impl From<Status> for RunStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Streaming => Self::Running,
            Status::Completed => Self::Completed,
            Status::Stopped => Self::Stopped,
            Status::Failed => Self::Failed,
            Status::Interrupted => Self::Interrupted,
        }
    }
}

/// A question on its way: where it goes and what it asks for.
pub struct Question {
    pub text: ChatText,
    /// None starts a conversation.
    pub conversation: Option<ConversationId>,
    /// None: the conversation's, else the default.
    pub model: Option<String>,
    /// The same key again is the same question.
    pub key: Option<ClientId>,
}

/// A question that is stored, and the answer that has begun.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub conversation: Conversation,
    pub message: Message,
    pub run: Run,
    /// The cursor after which the answer's events come; None when this was accepted before.
    pub seq: Option<u64>,
}

/// What a person changes about a conversation; absent means unchanged.
#[derive(Default)]
pub struct Changes {
    pub title: Option<Title>,
    pub model: Option<String>,
}

impl Conversation {
    fn new(title: Title, model: Option<String>, now: Timestamp) -> Self {
        let (id, title) = (ConversationId::new(), title.as_str().to_owned());
        Self { id, title, model, created_at: now, updated_at: now, running: false, damaged: false }
    }
}

/// Conversations, their messages and their runs. A clone is another handle to the same.
#[derive(Clone)]
pub struct Chats(std::sync::Arc<Parts>);

/// What the conversations are made of; nobody outside sees into it.
pub struct Parts {
    db: Db,
    vault: Vault,
    clock: Clock,
    hub: Hub,
    models: Models,
    tasks: Tasks,
    rates: Rates,
    settings: config::Chat,
    zone: jiff::tz::TimeZone,
    runs: runs::Runs,
}

impl std::ops::Deref for Chats {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Chats {
    pub fn new(
        (db, vault): (Db, Vault),
        clock: Clock,
        hub: Hub,
        models: Models,
        tasks: Tasks,
        rates: Rates,
        settings: config::Chat,
    ) -> Self {
        let zone = jiff::tz::TimeZone::get(&settings.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let runs = runs::Runs::default();
        Self(std::sync::Arc::new(Parts { db, vault, clock, hub, models, tasks, rates, settings, zone, runs }))
    }

    fn publish(&self, topic: Topic, event: &Event<'_>) -> u64 {
        self.hub.publish(topic, |seq| (event.kind(), event.to_json(seq)))
    }

    fn announce(&self, actor: &Actor, conversation: &Conversation, created: bool) {
        let conversation_id = conversation.id;
        let event = if created {
            Event::ConversationCreated { conversation_id, conversation }
        } else {
            Event::ConversationUpdated { conversation_id, conversation }
        };
        self.publish(Topic::User(actor.user), &event);
    }

    /// What a message may hold.
    pub fn message_policy(&self) -> config::MessagePolicy {
        self.settings.message_policy
    }

    /// Stops the answer that is being written, if there is one. What had come is kept.
    pub async fn stop(&self, actor: &Actor, id: ConversationId) -> Result<()> {
        self.read(actor, id).await?;
        self.stop_here(id);
        Ok(())
    }

    fn stop_here(&self, id: ConversationId) {
        if let Some(live) = self.runs.find(id) {
            live.stop.cancel();
        }
    }

    /// Stops every answer that is being written for this person.
    pub fn stop_all(&self, owner: UserId) {
        self.runs.stop_all(owner);
    }

    /// One conversation of the actor's.
    pub async fn read(&self, actor: &Actor, id: ConversationId) -> Result<Conversation> {
        let own = self.vault.own(actor.user);
        let found = store::find_conversation(&mut self.db.read().await?, own, id).await?;
        found.ok_or(Error::NotFound(What::Conversation))
    }

    /// Makes an empty conversation.
    pub async fn create(&self, actor: &Actor, changes: Changes) -> Result<Conversation> {
        let model = match changes.model {
            Some(model) => Some(self.models.choose(Some(&model)).await?.id),
            None => None,
        };
        let made = Conversation::new(changes.title.unwrap_or_default(), model, self.clock.now());
        let key = self.vault.of(actor.user).await?;
        let mut tx = self.db.begin().await?;
        store::insert_conversation(&mut tx, &key, &made).await?;
        tx.commit().await?;
        self.announce(actor, &made, true);
        Ok(made)
    }

    /// Changes the title or the model.
    pub async fn update(&self, actor: &Actor, id: ConversationId, changes: Changes) -> Result<Conversation> {
        let model = match changes.model {
            Some(model) => Some(self.models.choose(Some(&model)).await?.id),
            None => None,
        };
        let title = match &changes.title {
            Some(title) => Some(store::seal_title(&*self.vault.of(actor.user).await?, id, title.as_str())?),
            None => None,
        };
        let mut tx = self.db.begin().await?;
        let changed =
            store::update_conversation(&mut tx, self.vault.own(actor.user), id, title, model).await?;
        let conversation = changed.ok_or(Error::NotFound(What::Conversation))?;
        tx.commit().await?;
        let event = Event::ConversationRenamed { conversation_id: id, conversation: &conversation };
        self.publish(Topic::User(actor.user), &event);
        Ok(conversation)
    }

    /// Deletes a conversation with everything in it; an answer being written stops.
    pub async fn delete(&self, actor: &Actor, id: ConversationId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !store::delete_conversation(&mut tx, actor.user, id).await? {
            return Err(Error::NotFound(What::Conversation));
        }
        tx.commit().await?;
        self.stop_here(id);
        let event = Event::ConversationDeleted { conversation_id: id };
        self.publish(Topic::User(actor.user), &event);
        Ok(())
    }

    /// Marks what another life of this process left unfinished; call once, at start.
    pub async fn recover(&self) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let found = store::interrupt_orphans(&mut tx, self.clock.now()).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Stores how far the answers being written have come, all in one transaction. Called every second: a killed process loses no more.
    /// One that comes late changes nothing, because an end is final.
    pub async fn checkpoint(&self) -> Result<()> {
        let unsaved = self.runs.take_unsaved();
        if unsaved.is_empty() {
            return Ok(());
        }
        let mut keyed = Vec::with_capacity(unsaved.len());
        for (owner, answer, text) in unsaved {
            match self.vault.of(owner).await {
                Ok(key) => keyed.push((key, answer, text)),
                // Whose account has gone, or whose key does not open: the others' answers are saved all the same.
                Err(Error::Unauthenticated | Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut tx = self.db.begin().await?;
        for (key, answer, text) in keyed {
            store::checkpoint(&mut tx, &key, answer, &text.content, text.thinking()).await?;
        }
        tx.commit().await
    }

    /// Where events are watched.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Forgets topics that nobody reads and nothing writes to.
    pub fn sweep(&self) {
        self.hub.sweep(|topic| matches!(topic, Topic::Conversation(id) if self.runs.find(*id).is_some()));
    }
}
