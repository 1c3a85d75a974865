//! Attempts and back-off, for failures before the first event; afterwards an error is final.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::{Sleep, sleep};

use crate::breaker::{Breaker, Permit};
use crate::{BreakerPolicy, ChatRequest, EventStream, Model, ModelError, ModelEvent, ModelInfo};

/// How often to try, and when to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included.
    pub attempts: u32,
    /// The first pause is random between zero and this; the limit doubles each time ...
    pub base: Duration,
    /// ... up to this.
    pub cap: Duration,
    /// A `Retry-After` is waited for exactly, unless it is longer than this: then the error is handed on at once.
    pub retry_after_cap: Duration,
    /// When to leave the server alone altogether.
    pub breaker: BreakerPolicy,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(8),
            retry_after_cap: Duration::from_secs(30),
            breaker: BreakerPolicy::default(),
        }
    }
}

impl RetryPolicy {
    /// The pause after the given failed attempt (from 1), or `None` if another one makes no sense.
    fn pause(&self, attempt: u32, error: &ModelError) -> Option<Duration> {
        match error {
            _ if attempt >= self.attempts || !error.is_transient() => None,
            ModelError::RateLimited { retry_after: Some(wait) } => {
                (*wait <= self.retry_after_cap).then_some(*wait)
            }
            _ => {
                let doublings = attempt.saturating_sub(1).min(31);
                let limit = self.base.saturating_mul(1_u32 << doublings).min(self.cap);
                Some(jitter(limit))
            }
        }
    }
}

/// A model with retries and a circuit breaker for its chats. Everything else is passed on as it is.
///
/// An attempt is repeated only if it failed before any event, with an error that [`ModelError::is_transient`]: a part
/// of an answer is never sent twice. Each repetition is announced by [`ModelEvent::Retrying`]. Wrap each server once
/// and share it: the breaker lives here.
pub struct Resilient {
    model: Arc<dyn Model>,
    policy: RetryPolicy,
    breaker: Arc<Breaker>,
}

impl fmt::Debug for Resilient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (policy, breaker) = (&self.policy, &self.breaker);
        f.debug_struct("Resilient").field("policy", policy).field("breaker", breaker).finish_non_exhaustive()
    }
}

impl Resilient {
    /// Adds `policy` to `model`.
    #[must_use]
    pub fn new(model: Arc<dyn Model>, policy: RetryPolicy) -> Self {
        let breaker = Breaker::new(policy.breaker, model.address());
        Self { model, policy, breaker }
    }
}

impl Model for Resilient {
    fn chat(&self, request: ChatRequest) -> EventStream {
        Box::pin(Attempts {
            model: Arc::clone(&self.model),
            policy: self.policy,
            breaker: Arc::clone(&self.breaker),
            request: Some(request),
            attempt: 0,
            phase: Phase::Ask,
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        self.model.list()
    }

    fn describe<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<ModelInfo, ModelError>> {
        self.model.describe(model)
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        self.model.probe()
    }

    fn address(&self) -> &str {
        self.model.address()
    }
}

struct Attempts {
    model: Arc<dyn Model>,
    policy: RetryPolicy,
    breaker: Arc<Breaker>,
    /// Kept until no further attempt can follow.
    request: Option<ChatRequest>,
    attempt: u32,
    phase: Phase,
}

enum Phase {
    Ask,
    Asked(EventStream, Permit),
    Pause(Pin<Box<Sleep>>),
    Answering(EventStream),
    Over,
}

impl Attempts {
    fn ask(&mut self) -> Result<Phase, ModelError> {
        let permit = self.breaker.admit().map_err(|retry_after| ModelError::CircuitOpen { retry_after })?;
        self.attempt = self.attempt.saturating_add(1);
        let last = self.attempt >= self.policy.attempts;
        let request = if last { self.request.take() } else { self.request.clone() };
        Ok(request.map_or(Phase::Over, |request| Phase::Asked(self.model.chat(request), permit)))
    }

    /// Settles a failed attempt: another one is announced, or the error is final.
    fn settle(&mut self, error: ModelError, permit: Permit) -> Result<ModelEvent, ModelError> {
        if error.is_transient() {
            permit.failed()
        } else {
            permit.answered()
        }
        match self.policy.pause(self.attempt, &error) {
            Some(after) if self.breaker.is_closed() => {
                self.phase = Phase::Pause(Box::pin(sleep(after)));
                let (attempt, of) = (self.attempt.saturating_add(1), self.policy.attempts);
                Ok(ModelEvent::Retrying { attempt, of, after, reason: error })
            }
            _ => Err(error),
        }
    }
}

impl Stream for Attempts {
    type Item = Result<ModelEvent, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Phase::Answering(answer) = &mut self.phase {
            return answer.poll_next_unpin(context);
        }
        loop {
            match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Over => return Poll::Ready(None),
                Phase::Ask => match self.ask() {
                    Ok(phase) => self.phase = phase,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                Phase::Pause(mut pause) => {
                    if pause.poll_unpin(context).is_pending() {
                        self.phase = Phase::Pause(pause);
                        return Poll::Pending;
                    }
                    self.phase = Phase::Ask;
                }
                Phase::Asked(mut answer, permit) => match answer.poll_next_unpin(context) {
                    Poll::Pending => {
                        self.phase = Phase::Asked(answer, permit);
                        return Poll::Pending;
                    }
                    Poll::Ready(Some(Ok(event))) => {
                        permit.answered();
                        self.request = None;
                        self.phase = Phase::Answering(answer);
                        return Poll::Ready(Some(Ok(event)));
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(self.settle(error, permit))),
                    Poll::Ready(None) => {
                        return Poll::Ready(Some(self.settle(ModelError::Truncated, permit)));
                    }
                },
                Phase::Answering(answer) => self.phase = Phase::Answering(answer),
            }
        }
    }
}

/// Random between zero and `limit`; without a source of randomness, the limit itself.
fn jitter(limit: Duration) -> Duration {
    let part = getrandom::u32().unwrap_or(u32::MAX);
    limit.mul_f64(f64::from(part) / f64::from(u32::MAX))
}
