//! One generation: asks the model, publishes what comes, stores it as it grows and stores its end exactly once.
//!
//! It holds no connection and no transaction while the model speaks.

use std::time::Duration;

use futures_util::stream::Peekable;
use futures_util::{FutureExt, StreamExt};
use jarvis_llm::{EventStream, ModelError, ModelEvent};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::auth::Actor;
use crate::chat::runs::Hold;
use crate::chat::{Chats, Conversation, Event, Failure, Message, Status, Usage, store};
use crate::error::Error;
use crate::ids::RunId;
use crate::live::Topic;
use crate::telemetry;

/// What has arrived at once is passed on together, up to this many bytes.
const BATCH: usize = 4096;
/// Tries to store the end, and the pause between them: the database may be away for a while.
const STORE_TRIES: u32 = 30;
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Writes one answer.
pub(super) struct Writer {
    chats: Chats,
    actor: Actor,
    run: RunId,
    answer: Message,
    hold: Hold,
    /// Told once the turn is stored; gone when it could not be.
    stored: oneshot::Receiver<()>,
}

/// What a model says, begun already.
type Answering = Peekable<EventStream>;

/// How an answer ended.
struct End {
    status: Status,
    error: Option<Failure>,
    usage: Option<Usage>,
}

impl Writer {
    pub(super) fn new(
        chats: Chats,
        actor: Actor,
        run: RunId,
        answer: Message,
        hold: Hold,
        stored: oneshot::Receiver<()>,
    ) -> Self {
        Self { chats, actor, run, answer, hold, stored }
    }

    /// Writes the answer to its end.
    #[tracing::instrument(name = "chat.run", skip_all, fields(run = %self.run, conversation = %self.answer.conversation_id))]
    pub(super) async fn write(self, stream: Answering) {
        let started = Instant::now();
        let (conversation_id, message_id) = (self.answer.conversation_id, self.answer.id);
        self.publish(&Event::MessageStarted { conversation_id, message_id, message: &self.answer });
        // Dropping the stream closes the connection to the model server, before anything else is done.
        let end = tokio::select! {
            biased;
            () = self.hold.live.stop.cancelled() => End::of(Status::Stopped),
            () = self.chats.tasks.last_call().cancelled() => End::of(Status::Interrupted),
            end = self.listen(stream, started) => end,
        };
        self.close(end, started).await;
    }

    async fn listen(&self, mut stream: Answering, started: Instant) -> End {
        let (mut usage, mut first) = (None, true);
        let end = loop {
            let event = stream.next().await;
            match self.take(event, &mut stream, &mut usage) {
                Taken::Text if std::mem::take(&mut first) => {
                    self.hold.live.spoken.cancel();
                    metrics::histogram!(telemetry::LLM_FIRST_TOKEN).record(started.elapsed().as_secs_f64());
                }
                Taken::Text | Taken::Other => {}
                Taken::End(end) => break end,
            }
        };
        End { usage: end.usage.or(usage), ..end }
    }

    /// Handles one event, and with text also what has arrived behind it already.
    fn take(
        &self,
        event: Option<Result<ModelEvent, ModelError>>,
        stream: &mut Answering,
        usage: &mut Option<Usage>,
    ) -> Taken {
        let (mut content, mut thinking) = (String::new(), String::new());
        let mut next = event;
        let taken = loop {
            match next {
                // No text has a NUL in it, and PostgreSQL stores none that does.
                Some(Ok(ModelEvent::Text(text))) => content.extend(text.split('\0')),
                Some(Ok(ModelEvent::Thinking(text))) => thinking.extend(text.split('\0')),
                Some(Ok(ModelEvent::Usage(counted))) => *usage = Some(counted.into()),
                Some(Ok(ModelEvent::Retrying { attempt, of, after, reason })) => {
                    metrics::counter!(telemetry::LLM_RETRIES).increment(1);
                    self.publish(&Event::MessageRetrying {
                        conversation_id: self.answer.conversation_id,
                        message_id: self.answer.id,
                        attempt,
                        of,
                        delay_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
                        code: reason.code(),
                    });
                }
                Some(Ok(ModelEvent::ToolCall(call))) => {
                    tracing::debug!(name = call.name, "the model calls a tool, and was offered none");
                }
                Some(Ok(ModelEvent::Stop(_))) => break Taken::End(End::of(Status::Completed)),
                Some(Err(error)) => break Taken::End(End::from(error)),
                None => break Taken::End(End::from(ModelError::Truncated)),
            }
            if content.len() + thinking.len() >= BATCH {
                break Taken::Text;
            }
            match stream.next().now_or_never() {
                Some(event) => next = event,
                None if content.is_empty() && thinking.is_empty() => break Taken::Other,
                None => break Taken::Text,
            }
        };
        self.grow(&content, &thinking);
        taken
    }

    /// Adds to the answer and tells it.
    fn grow(&self, content: &str, thinking: &str) {
        if content.is_empty() && thinking.is_empty() {
            return;
        }
        let delta = |content, thinking| Event::MessageDelta {
            conversation_id: self.answer.conversation_id,
            message_id: self.answer.id,
            content,
            thinking,
        };
        self.hold.live.append(|text| {
            text.unsaved = true;
            if !thinking.is_empty() {
                text.thinking.push_str(thinking);
                self.publish(&delta(None, Some(thinking)));
            }
            if !content.is_empty() {
                text.content.push_str(content);
                self.publish(&delta(Some(content), None));
            }
        });
        metrics::counter!(telemetry::LLM_TOKENS).increment(1);
    }

    /// Stores the end, then tells it.
    async fn close(mut self, end: End, started: Instant) {
        let text = self.hold.live.append(|text| text.clone());
        let answer = &mut self.answer;
        answer.thinking = text.thinking().map(str::to_owned);
        answer.content = text.content;
        answer.usage = end.usage;
        answer.finished_at = Some(self.chats.clock.now());
        (answer.status, answer.error) = (end.status, end.error);
        if answer.status == Status::Completed && answer.content.is_empty() {
            let end = End::failed("empty_answer", "The model ended without saying anything.");
            (answer.status, answer.error) = (end.status, end.error);
        }
        // An end is stored below its question, and there may be none.
        let conversation = if (&mut self.stored).await.is_ok() {
            self.store_end().await
        } else {
            let end = End::failed("not_stored", "The question could not be stored. Nothing of it was kept.");
            (self.answer.status, self.answer.error) = (end.status, end.error);
            None
        };
        let answer = &self.answer;
        self.hold.end(answer.clone());
        self.publish(&Event::finished(answer, started.elapsed()));
        if let Some(conversation) = conversation {
            self.chats.announce(&self.actor, &conversation, false);
        }
    }

    /// The conversation afterwards; None when it is gone, or nothing could be stored.
    async fn store_end(&self) -> Option<Conversation> {
        for attempt in 1..=STORE_TRIES {
            let stored = async {
                let key = self.chats.vault.of(self.actor.user).await?;
                let mut db = self.chats.db.single().await?;
                store::finish(&mut db, &key, &self.answer).await
            };
            match stored.await {
                Ok(conversation) => return conversation,
                // The account is gone, and with it what would be stored.
                Err(Error::Unauthenticated) => return None,
                Err(error) => tracing::warn!(%error, attempt, "the end of an answer is not stored yet"),
            }
            tokio::select! {
                () = tokio::time::sleep(STORE_PAUSE) => {}
                () = self.chats.tasks.last_call().cancelled() => break,
            }
        }
        tracing::error!("the end of an answer could not be stored; it will count as interrupted");
        None
    }

    fn publish(&self, event: &Event<'_>) {
        self.chats.publish(Topic::Conversation(self.answer.conversation_id), event);
    }
}

/// What an event amounted to.
enum Taken {
    Text,
    Other,
    End(End),
}

impl End {
    fn of(status: Status) -> Self {
        Self { status, error: None, usage: None }
    }

    fn failed(code: &str, detail: &str) -> Self {
        Self {
            error: Some(Failure { code: code.to_owned(), detail: detail.to_owned() }),
            ..Self::of(Status::Failed)
        }
    }
}

impl From<ModelError> for End {
    fn from(error: ModelError) -> Self {
        tracing::warn!(code = error.code(), %error, "the model failed");
        // Servers repeat what they were sent: OpenAI's names the key that it did not accept.
        Self::failed(error.code(), &jarvis_redact::redact(&error.to_string()))
    }
}

impl From<jarvis_llm::Usage> for Usage {
    fn from(counted: jarvis_llm::Usage) -> Self {
        let count = |tokens| i64::try_from(tokens).unwrap_or(i64::MAX);
        Self {
            prompt_tokens: count(counted.prompt_tokens),
            completion_tokens: count(counted.completion_tokens),
        }
    }
}
