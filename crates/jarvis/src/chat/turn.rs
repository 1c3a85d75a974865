//! A turn of a conversation: a question, and the answer that begins.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};

use crate::auth::Actor;
use crate::chat::run::Writer;
use crate::chat::runs::Hold;
use crate::chat::{
    Accepted, Author, Chats, ClientId, Conversation, Event, Message, Question, Run, RunStatus, Status, Title,
    prompt, store,
};
use crate::clock::Timestamp;
use crate::error::{Error, Result, What, Why};
use crate::ids::{ConversationId, MessageId, RunId};
use crate::live::Topic;
use crate::models::Chosen;

/// Messages of the history that are looked at; the context holds far fewer.
const HISTORY: i64 = 400;

/// Answers of one person that are written at once, and what the next one is told to wait.
const ANSWERS: usize = 100;
const PAUSE: Duration = Duration::from_secs(5);

/// Where a turn is taken and what it asks.
struct Turn {
    conversation: Conversation,
    /// Whether the conversation is new too.
    begins: bool,
    /// The leaf that was there before.
    head: Option<MessageId>,
    question: Message,
    /// Whether the question is new: an old one is answered again.
    asks: bool,
    key: Option<ClientId>,
}

impl Chats {
    /// Stores a question and begins its answer. The same key again changes nothing and gives what it gave before.
    ///
    /// Runs to its end even if the caller hangs up: what is stored is also answered.
    ///
    /// # Errors
    /// `NotFound` for a conversation that is not the actor's, `RunInProgress`, `UnknownModel`, `NoModel`.
    pub async fn send(&self, actor: &Actor, question: Question) -> Result<Accepted> {
        let (chats, actor) = (self.clone(), *actor);
        self.tasks.run("chat.send", async move { chats.send_once(&actor, question).await }).await
    }

    async fn send_once(&self, actor: &Actor, question: Question) -> Result<Accepted> {
        let Some(key) = question.key.clone() else { return self.ask(actor, question).await };
        if let Some(before) = store::find_by_key(&mut self.db.read().await?, actor.user, &key).await? {
            return Ok(before);
        }
        match self.ask(actor, question).await {
            // The same question came twice at once, and the other was first.
            Err(Error::Conflict(Why::AlreadySent | Why::RunInProgress)) => {
                let before = store::find_by_key(&mut self.db.read().await?, actor.user, &key).await?;
                before.ok_or(Error::Conflict(Why::RunInProgress))
            }
            other => other,
        }
    }

    async fn ask(&self, actor: &Actor, question: Question) -> Result<Accepted> {
        let Question { text, conversation, model, key } = question;
        let (now, begins) = (self.clock.now(), conversation.is_none());
        let (mut conversation, head, mut branch) = match conversation {
            Some(id) => self.find_branch(actor, id).await?,
            None => (Conversation::new(Title::from_question(&text), None, now), None, Vec::new()),
        };
        let chosen = self.models.choose(model.as_deref().or(conversation.model.as_deref())).await?;
        if begins {
            conversation.model = model.map(|_| chosen.id.clone());
        }
        let question = Message {
            content: text.as_str().to_owned(),
            finished_at: Some(now),
            ..Message::blank(conversation.id, head, Author::User, Status::Completed, now)
        };
        branch.insert(0, question.clone());
        self.take(actor, Turn { conversation, begins, head, question, asks: true, key }, &branch, chosen)
            .await
    }

    /// Answers the last question of a conversation again; the answer before stays as a branch beside it.
    pub async fn regenerate(
        &self,
        actor: &Actor,
        id: ConversationId,
        model: Option<String>,
    ) -> Result<Accepted> {
        let (chats, actor) = (self.clone(), *actor);
        self.tasks.run("chat.regenerate", async move { chats.answer_again(&actor, id, model).await }).await
    }

    async fn answer_again(
        &self,
        actor: &Actor,
        id: ConversationId,
        model: Option<String>,
    ) -> Result<Accepted> {
        let (conversation, head, mut branch) = self.find_branch(actor, id).await?;
        let asked = branch.iter().position(|message| message.role == Author::User);
        branch.drain(..asked.unwrap_or(branch.len()));
        let question = branch.first().cloned().ok_or(Error::Conflict(Why::NothingToRegenerate))?;
        let chosen = self.models.choose(model.as_deref().or(conversation.model.as_deref())).await?;
        let turn = Turn { conversation, begins: false, head, question, asks: false, key: None };
        self.take(actor, turn, &branch, chosen).await
    }

    /// The conversation, its leaf, and the branch from the leaf upwards.
    async fn find_branch(
        &self,
        actor: &Actor,
        id: ConversationId,
    ) -> Result<(Conversation, Option<MessageId>, Vec<Message>)> {
        let mut reader = self.db.read().await?;
        let (conversation, head) = store::find_with_head(&mut reader, actor.user, id).await?;
        if conversation.running {
            return Err(Error::Conflict(Why::RunInProgress));
        }
        let branch = match head {
            Some(head) => store::list_branch(&mut reader, actor.user, head, HISTORY).await?,
            None => Vec::new(),
        };
        Ok((conversation, head, branch))
    }

    /// Stores the turn, tells of it and begins the answer.
    async fn take(&self, actor: &Actor, turn: Turn, branch: &[Message], model: Chosen) -> Result<Accepted> {
        if self.runs.count(actor.user) >= ANSWERS {
            return Err(Error::RateLimited { retry_after: PAUSE });
        }
        let now = self.clock.now();
        let prompt = self.prompt(&model, branch, now);
        let (conversation_id, parent) = (turn.conversation.id, Some(turn.question.id));
        let answer = Message {
            model: Some(model.id.clone()),
            history_cut: i64::try_from(prompt.cut).unwrap_or(i64::MAX),
            ..Message::blank(conversation_id, parent, Author::Assistant, Status::Streaming, now)
        };
        let (id, message_id, status) = (RunId::new(), answer.id, RunStatus::Running);
        let run = Run { id, conversation_id, message_id, status, model: model.id };
        let hold = self.store(actor, &turn, &answer, &run).await?;
        let mut stream = model.server.chat(prompt.request).peekable();
        // The question leaves for the model before anything else is done with what was stored. What comes at once is kept.
        let _begun = Pin::new(&mut stream).peek().now_or_never();
        tokio::task::yield_now().await;

        let Turn { conversation, begins, question: message, asks, .. } = turn;
        let conversation = Conversation { running: true, updated_at: now, ..conversation };
        let mut seq = self.hub.cursor();
        if asks {
            let event = Event::MessageCreated { conversation_id, message_id: message.id, message: &message };
            seq = self.publish(Topic::Conversation(conversation_id), &event);
        }
        self.announce(actor, &conversation, begins);
        let writer = Writer::new(self.clone(), *actor, run.id, answer, hold);
        self.tasks.spawn("chat.run", writer.write(stream));
        Ok(Accepted { conversation, message, run, seq: Some(seq) })
    }

    async fn store(&self, actor: &Actor, turn: &Turn, answer: &Message, run: &Run) -> Result<Hold> {
        let (conversation, owner, key) = (&turn.conversation, actor.user, turn.key.as_ref());
        let begins = (answer, run.id);
        if turn.begins {
            // Before the rows can be seen: whoever finds them also finds who writes the answer.
            let hold = self.runs.begin(owner, answer);
            store::insert_opening(&self.db, owner, conversation, key, &turn.question, begins).await?;
            return Ok(hold);
        }
        let mut tx = self.db.begin().await?;
        if !store::move_head(&mut tx, owner, turn.head, answer).await? {
            // Somebody took a turn meanwhile, or took the conversation away.
            let there = store::find_conversation(&mut tx, owner, conversation.id).await?.is_some();
            return Err(if there {
                Error::Conflict(Why::RunInProgress)
            } else {
                Error::NotFound(What::Conversation)
            });
        }
        if turn.asks {
            store::insert_turn(&mut tx, owner, key, &turn.question, begins).await?;
        } else {
            store::insert_answer(&mut tx, owner, begins).await?;
        }
        let hold = self.runs.begin(owner, answer);
        tx.commit().await?;
        Ok(hold)
    }

    fn prompt(&self, model: &Chosen, branch: &[Message], now: Timestamp) -> prompt::Prompt {
        let settings = &self.settings;
        let context = self.models.known_context(model);
        if context.is_none() {
            // Learnt beside this answer and used from the next one on: no answer waits for it.
            let (models, model) = (self.models.clone(), model.clone());
            self.tasks.spawn("models.context", async move { models.learn_context(&model).await });
        }
        let context = context.flatten().unwrap_or(settings.context_tokens).min(settings.context_tokens);
        let zone = jiff::tz::TimeZone::get(&settings.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
        prompt::build(&settings.system_prompt, &now.instant().to_zoned(zone), &model.name, branch, context)
    }
}

impl Message {
    fn blank(
        conversation_id: ConversationId,
        parent_id: Option<MessageId>,
        role: Author,
        status: Status,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id: MessageId::new(),
            conversation_id,
            parent_id,
            role,
            content: String::new(),
            thinking: None,
            status,
            error: None,
            model: None,
            usage: None,
            history_cut: 0,
            created_at,
            finished_at: None,
        }
    }
}
