//! A circuit breaker: a server that keeps failing is left alone for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When to stop asking a server that fails, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Consecutive transient failures that open the circuit.
    pub failures: u32,
    /// The first pause.
    pub cool_down: Duration,
    /// The pause doubles with each failed trial, up to this.
    pub cool_down_cap: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 5, cool_down: Duration::from_secs(10), cool_down_cap: Duration::from_secs(60) }
    }
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        cool_down: Duration,
    },
    /// One request is on its way to find out.
    Trial {
        cool_down: Duration,
    },
}

#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    /// The server's address, for the log.
    server: String,
    state: Mutex<State>,
}

/// The right to send one request. Say how it went; dropped unsaid (the person cancelled) it proves nothing.
#[derive(Debug)]
pub(crate) struct Permit {
    breaker: Arc<Breaker>,
    trial: bool,
}

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy, server: &str) -> Arc<Self> {
        Arc::new(Self { policy, server: server.to_owned(), state: Mutex::new(State::Closed { failures: 0 }) })
    }

    /// Asks to send a request; refused, it says when asking again makes sense.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<Permit, Duration> {
        let mut state = self.state();
        let trial = match *state {
            State::Closed { .. } => false,
            State::Open { until, cool_down } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::Trial { cool_down };
                true
            }
            State::Trial { .. } => return Err(Duration::ZERO),
        };
        Ok(Permit { breaker: Arc::clone(self), trial })
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(*self.state(), State::Closed { .. })
    }

    fn open(&self, state: &mut State, cool_down: Duration) {
        tracing::warn!(server = %self.server, pause_s = cool_down.as_secs(), "model server keeps failing, pausing");
        *state = State::Open { until: after(cool_down), cool_down };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The server answered, be it with a refusal.
    pub(crate) fn answered(mut self) {
        let mut state = self.breaker.state();
        match *state {
            State::Trial { .. } if self.trial => {
                tracing::info!(server = %self.breaker.server, "model server answers again");
                *state = State::Closed { failures: 0 };
            }
            State::Closed { .. } => *state = State::Closed { failures: 0 },
            // An answer to a request from before the circuit opened.
            State::Open { .. } | State::Trial { .. } => {}
        }
        drop(state);
        self.trial = false;
    }

    /// The server failed in a way that may pass.
    pub(crate) fn failed(mut self) {
        let policy = self.breaker.policy;
        let mut state = self.breaker.state();
        match *state {
            State::Trial { cool_down } if self.trial => {
                self.breaker.open(&mut state, cool_down.saturating_mul(2).min(policy.cool_down_cap));
            }
            State::Closed { failures } => {
                let failures = failures.saturating_add(1);
                if failures >= policy.failures {
                    self.breaker.open(&mut state, policy.cool_down);
                } else {
                    *state = State::Closed { failures };
                }
            }
            State::Open { .. } | State::Trial { .. } => {}
        }
        drop(state);
        self.trial = false;
    }
}

impl Drop for Permit {
    /// A trial that was given up leaves its turn to the next request.
    fn drop(&mut self) {
        if self.trial {
            let mut state = self.breaker.state();
            if let State::Trial { cool_down } = *state {
                *state = State::Open { until: Instant::now(), cool_down };
            }
        }
    }
}

fn after(pause: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(pause).unwrap_or(now)
}
