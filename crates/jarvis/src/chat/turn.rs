//! A turn of a conversation: a question, and the answer that begins.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::auth::Actor;
use crate::chat::run::Writer;
use crate::chat::runs::{Hold, Live, Place};
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

/// How long the first words of an answer may come before the turn is stored. Only a model server on this machine that thinks about nothing
/// is as fast; for any other the turn is stored long before.
const HEAD_START: Duration = Duration::from_millis(2);

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

/// Who is told of a turn as soon as its answer has begun, stored or not.
type Early = Option<oneshot::Sender<Accepted>>;

impl Chats {
    /// Stores a question and begins its answer. The same key again changes nothing and gives what it gave before.
    ///
    /// Runs to its end even if the caller hangs up: what is stored is also answered.
    ///
    /// # Errors
    /// `NotFound` for a conversation that is not the actor's, `RunInProgress`, `UnknownModel`, `NoModel`, `RateLimited`.
    pub async fn send(&self, actor: &Actor, question: Question) -> Result<Accepted> {
        let (chats, actor) = (self.clone(), *actor);
        self.tasks.run("chat.send", async move { chats.send_once(&actor, question, None).await }).await
    }

    /// As [`Chats::send`], for who watches the answer on the same connection: also returns when the first words are there and the turn is
    /// not stored yet (docs/adr/0013). Should it never be, the answer ends as failed.
    pub async fn send_watched(&self, actor: &Actor, question: Question) -> Result<Accepted> {
        let (chats, actor) = (self.clone(), *actor);
        let (early, begun) = oneshot::channel();
        let sending = async move { chats.send_once(&actor, question, Some(early)).await };
        tokio::select! {
            biased;
            Ok(accepted) = begun => Ok(accepted),
            sent = self.tasks.run("chat.send", sending) => sent,
        }
    }

    async fn send_once(&self, actor: &Actor, question: Question, early: Early) -> Result<Accepted> {
        let Some(key) = question.key.clone() else { return self.ask(actor, question, early).await };
        let own = self.vault.own(actor.user);
        if let Some(before) = store::find_by_key(&mut self.db.read().await?, own, &key).await? {
            return Ok(before);
        }
        match self.ask(actor, question, early).await {
            // The same question came twice at once, and the other was first.
            Err(Error::Conflict(Why::AlreadySent | Why::RunInProgress)) => {
                let own = self.vault.own(actor.user);
                let before = store::find_by_key(&mut self.db.read().await?, own, &key).await?;
                before.ok_or(Error::Conflict(Why::RunInProgress))
            }
            other => other,
        }
    }

    async fn ask(&self, actor: &Actor, question: Question, early: Early) -> Result<Accepted> {
        // Counted where a repeated message is known to be none, and only if it is accepted.
        let taken = self.rates.message(actor.user)?;
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
        let turn = Turn { conversation, begins, head, question, asks: true, key };
        let accepted = self.take(actor, turn, &branch, chosen, early).await?;
        taken.used();
        Ok(accepted)
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
        let taken = self.rates.message(actor.user)?;
        let (conversation, head, mut branch) = self.find_branch(actor, id).await?;
        let asked = branch.iter().position(|message| message.role == Author::User);
        branch.drain(..asked.unwrap_or(branch.len()));
        let question = branch.first().cloned().ok_or(Error::Conflict(Why::NothingToRegenerate))?;
        if question.damaged {
            return Err(Error::Conflict(Why::QuestionDamaged));
        }
        let chosen = self.models.choose(model.as_deref().or(conversation.model.as_deref())).await?;
        let turn = Turn { conversation, begins: false, head, question, asks: false, key: None };
        let accepted = self.take(actor, turn, &branch, chosen, None).await?;
        taken.used();
        Ok(accepted)
    }

    /// The conversation, its leaf, and the branch from the leaf upwards.
    async fn find_branch(
        &self,
        actor: &Actor,
        id: ConversationId,
    ) -> Result<(Conversation, Option<MessageId>, Vec<Message>)> {
        let own = self.vault.own(actor.user);
        let mut reader = self.db.read().await?;
        let (conversation, head) = store::find_with_head(&mut reader, own, id).await?;
        if conversation.running {
            return Err(Error::Conflict(Why::RunInProgress));
        }
        let branch = match head {
            Some(head) => store::list_branch(&mut reader, own, head, HISTORY).await?,
            None => Vec::new(),
        };
        Ok((conversation, head, branch))
    }

    /// Stores the turn, tells of it and begins the answer.
    async fn take(
        &self,
        actor: &Actor,
        turn: Turn,
        branch: &[Message],
        model: Chosen,
        early: Early,
    ) -> Result<Accepted> {
        let place =
            self.runs.reserve(actor.user, ANSWERS).ok_or(Error::RateLimited { retry_after: PAUSE })?;
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
        // Nothing can be in the way of a conversation's first question, unless it was asked before: it is stored while the model thinks.
        let meanwhile = turn.begins && turn.key.is_none();
        let hold = if meanwhile {
            self.runs.begin(place, &answer)
        } else {
            self.store(actor, place, &turn, &answer, id).await?
        };
        let mut stream = model.server.chat(prompt.request).peekable();
        // The question leaves for the model before anything else is done. What comes at once is kept.
        let _begun = Pin::new(&mut stream).peek().now_or_never();
        tokio::task::yield_now().await;

        let conversation = Conversation { running: true, updated_at: now, ..turn.conversation.clone() };
        let mut seq = self.hub.cursor();
        if turn.asks {
            let message = &turn.question;
            let event = Event::MessageCreated { conversation_id, message_id: message.id, message };
            seq = self.publish(Topic::Conversation(conversation_id), &event);
        }
        let live = Arc::clone(&hold.live);
        let (stored, is_stored) = oneshot::channel();
        let writer = Writer::new(self.clone(), *actor, id, answer.clone(), hold, is_stored);
        self.tasks.spawn("chat.run", writer.write(stream));
        let accepted = Accepted { conversation, message: turn.question.clone(), run, seq: Some(seq) };
        if meanwhile {
            if let Err(error) = self.store_meanwhile(actor, &turn, &answer, &accepted, &live, early).await {
                // The writer hears that `stored` is gone: it asks no more and stores nothing.
                live.stop.cancel();
                return Err(error);
            }
            live.append(|text| text.unsaved = true);
        }
        if stored.send(()).is_err() {
            tracing::debug!(run = %id, "nobody writes this answer any more");
        }
        self.announce(actor, &accepted.conversation, turn.begins);
        Ok(accepted)
    }

    /// Stores a turn whose answer has been asked for, and tells `early` once there are first words.
    async fn store_meanwhile(
        &self,
        actor: &Actor,
        turn: &Turn,
        answer: &Message,
        accepted: &Accepted,
        live: &Live,
        mut early: Early,
    ) -> Result<()> {
        let mut tell = || early.take().map(|early| early.send(accepted.clone()).is_ok());
        if timeout(HEAD_START, live.spoken.cancelled()).await.is_ok() {
            tell();
            // Whoever was told writes the words to the client before storing takes the core.
            tokio::task::yield_now().await;
        }
        let mut storing = std::pin::pin!(self.store_opening(actor, turn, answer, accepted.run.id));
        tokio::select! {
            biased;
            stored = &mut storing => return stored,
            () = live.spoken.cancelled() => tell(),
        };
        storing.await
    }

    async fn store_opening(&self, actor: &Actor, turn: &Turn, answer: &Message, run: RunId) -> Result<()> {
        let (conversation, client_id) = (&turn.conversation, turn.key.as_ref());
        let key = self.vault.of(actor.user).await?;
        store::insert_opening(&self.db, &key, conversation, client_id, &turn.question, (answer, run)).await
    }

    async fn store(
        &self,
        actor: &Actor,
        place: Place,
        turn: &Turn,
        answer: &Message,
        run: RunId,
    ) -> Result<Hold> {
        let (conversation, owner, client_id) = (&turn.conversation, actor.user, turn.key.as_ref());
        if turn.begins {
            // Before the rows can be seen: whoever finds them also finds who writes the answer.
            let hold = self.runs.begin(place, answer);
            self.store_opening(actor, turn, answer, run).await?;
            return Ok(hold);
        }
        let key = self.vault.of(owner).await?;
        let mut tx = self.db.begin().await?;
        if !store::move_head(&mut tx, owner, turn.head, answer).await? {
            // Somebody took a turn meanwhile, or took the conversation away.
            let there =
                store::find_conversation(&mut tx, self.vault.own(owner), conversation.id).await?.is_some();
            return Err(if there {
                Error::Conflict(Why::RunInProgress)
            } else {
                Error::NotFound(What::Conversation)
            });
        }
        if turn.asks {
            store::insert_turn(&mut tx, &key, client_id, &turn.question, (answer, run)).await?;
        } else {
            store::insert_answer(&mut tx, &key, (answer, run)).await?;
        }
        let hold = self.runs.begin(place, answer);
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
        prompt::build(
            &settings.system_prompt,
            &now.instant().to_zoned(self.zone.clone()),
            &model.name,
            branch,
            context,
        )
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
            damaged: false,
        }
    }
}
