//! One answer on its way: the stream that both providers return.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use http::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::client::{network, open};
use crate::echo::silence;
use crate::{ChatMessage, EventStream, ModelError, ModelEvent, Timeouts};

/// The longest answer, in bytes of text, reasoning and arguments.
const MAX_ANSWER: usize = 8 << 20;
/// What an answer may take on the wire: an endless stream of frames that say nothing ends here.
const MAX_WIRE: usize = 128 << 20;
/// How long to wait for the usage and the last frame once the model said that it is done.
const AFTER_FINISH: Duration = Duration::from_secs(2);

/// Bytes to events, for one protocol. Pure.
pub trait Decode: Send + Unpin + 'static {
    /// Adds what was received. Call it only after [`Decode::next_event`] gave `None`.
    fn push(&mut self, chunk: Bytes);
    /// The next event; `None` until more is pushed. Nothing is asked of it after an error or a stop.
    ///
    /// # Errors
    /// The answer is over: what was received is an error, or not the protocol, or too long.
    fn next_event(&mut self) -> Result<Option<ModelEvent>, ModelError>;
    /// Nothing more will be received: makes the most of an unfinished last frame and gives the stop, if there is one.
    fn end(&mut self);
    /// Whether the model said that it is done and only formalities are missing.
    fn finished(&self) -> bool;
}

type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

enum State {
    Opening(BoxFuture<'static, Result<Response, ModelError>>),
    Reading(Body),
    /// The server has nothing more to say; the decoder may.
    Ended,
    Over,
}

struct Reply<D> {
    state: State,
    decoder: D,
    timeouts: Timeouts,
    /// What was asked, to recognise it in an error.
    messages: Vec<ChatMessage>,
    /// When patience ends. The alarm is set to it lazily: moving it costs nothing while the answer flows.
    deadline: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
    begun: bool,
    answer: usize,
    wire: usize,
}

/// Sends `request` at the first poll and decodes the answer.
pub(crate) fn stream<D: Decode>(
    request: Result<RequestBuilder, ModelError>,
    decoder: D,
    timeouts: Timeouts,
    messages: Vec<ChatMessage>,
) -> EventStream {
    let opening = async move { open(request?).await }.boxed();
    Box::pin(Reply {
        state: State::Opening(opening),
        decoder,
        timeouts,
        messages,
        deadline: None,
        alarm: None,
        begun: false,
        answer: 0,
        wire: 0,
    })
}

impl<D: Decode> Reply<D> {
    /// Waits for what the current state waits for; `Ready` when there may be something to decode.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ModelError>> {
        let deadline = *self.deadline.get_or_insert_with(|| after(self.timeouts.first_token));
        let progress = match &mut self.state {
            State::Opening(opening) => opening.poll_unpin(context).map(|opened| {
                self.state = State::Reading(body(opened?)?);
                Ok(())
            }),
            State::Reading(body) => body.poll_next_unpin(context).map(|read| self.received(read)),
            State::Ended | State::Over => Poll::Ready(Err(ModelError::Truncated)),
        };
        if progress.is_ready() || !overdue(&mut self.alarm, deadline, context) {
            return progress;
        }
        Poll::Ready(match (self.decoder.finished(), self.begun) {
            (true, _) => {
                self.end();
                Ok(())
            }
            (false, true) => Err(ModelError::IdleTimeout),
            (false, false) => Err(ModelError::FirstTokenTimeout),
        })
    }

    fn received(&mut self, read: Option<reqwest::Result<Bytes>>) -> Result<(), ModelError> {
        match read {
            Some(Ok(chunk)) => {
                self.wire = self.wire.saturating_add(chunk.len());
                if self.wire > MAX_WIRE {
                    return Err(ModelError::TooLarge { what: "the answer" });
                }
                if self.begun && !self.decoder.finished() {
                    self.deadline = Some(after(self.timeouts.idle));
                }
                self.decoder.push(chunk);
            }
            Some(Err(error)) if !self.decoder.finished() => {
                return Err(if self.begun { ModelError::Truncated } else { network(error) });
            }
            Some(Err(_)) | None => self.end(),
        }
        Ok(())
    }

    fn end(&mut self) {
        self.decoder.end();
        self.state = State::Ended;
    }

    /// Decodes what is there.
    fn decode(&mut self) -> Result<Option<ModelEvent>, ModelError> {
        let finished = self.decoder.finished();
        let event = self.decoder.next_event()?;
        if !finished && self.decoder.finished() {
            self.deadline = Some(after(AFTER_FINISH));
        }
        let Some(event) = event else { return Ok(None) };
        if !self.begun {
            self.begun = true;
            self.deadline = Some(after(self.timeouts.idle));
        }
        match &event {
            ModelEvent::Text(text) | ModelEvent::Thinking(text) => {
                self.answer = self.answer.saturating_add(text.len())
            }
            ModelEvent::ToolCall(call) => self.answer = self.answer.saturating_add(call.arguments.len()),
            ModelEvent::Stop(_) => self.state = State::Over,
            ModelEvent::Usage(_) | ModelEvent::Retrying { .. } => {}
        }
        if self.answer > MAX_ANSWER {
            return Err(ModelError::TooLarge { what: "the answer" });
        }
        Ok(Some(event))
    }
}

impl<D: Decode> Stream for Reply<D> {
    type Item = Result<ModelEvent, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if matches!(self.state, State::Over) {
            return Poll::Ready(None);
        }
        loop {
            let step = match self.decode() {
                Ok(None) => match self.advance(context) {
                    Poll::Ready(Ok(())) => continue,
                    Poll::Ready(Err(error)) => Err(error),
                    Poll::Pending => return Poll::Pending,
                },
                Ok(Some(event)) => Ok(event),
                Err(error) => Err(error),
            };
            return Poll::Ready(Some(step.map_err(|error| {
                // The connection is closed now, not when the reader gets round to dropping the stream.
                self.state = State::Over;
                silence(error, &self.messages)
            })));
        }
    }
}

fn body(response: Response) -> Result<Body, ModelError> {
    let kind = response.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    if kind.get(..9).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/html")) {
        return Err(ModelError::bad("a web page; is the address right?"));
    }
    Ok(Box::pin(response.bytes_stream()))
}

fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now)
}

/// Whether the deadline has passed; if not, the task is woken when it does.
fn overdue(alarm: &mut Option<Pin<Box<Sleep>>>, deadline: Instant, context: &mut Context<'_>) -> bool {
    let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
    if alarm.deadline() > deadline {
        alarm.as_mut().reset(deadline);
    }
    while alarm.poll_unpin(context).is_ready() {
        if alarm.deadline() >= deadline {
            return true;
        }
        alarm.as_mut().reset(deadline);
    }
    false
}
