//! Allowances at the front door: what a request is counted against, and what its answer tells about that.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::error::Result;
use crate::rates::{Caller, Limit, Rates};

const X_LIMIT: HeaderName = HeaderName::from_static("x-rate-limit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
/// Seconds from now, as in `RateLimit`: no clock has to agree with ours.
const X_RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");
/// Structured fields of draft-ietf-httpapi-ratelimit-headers-10.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What an orchestrator asks every few seconds, from whichever address, costs nothing and tells nothing.
const FREE: [&str; 2] = ["/health/live", "/health/ready"];

/// What brings a message to a model. The message itself is counted by the conversations, which know a repeated one.
const MESSAGES: [&str; 3] = ["/chat", "/conversations/{id}/messages", "/conversations/{id}/regenerate"];

/// What one request is counted against.
pub struct Meter<'a> {
    rates: &'a Rates,
    caller: Caller,
    /// None: nothing.
    counts: Option<Limit>,
    /// The allowance that its answer speaks of.
    tells: Option<Limit>,
}

impl<'a> Meter<'a> {
    /// `path` is the route's template.
    pub fn new(rates: &'a Rates, method: &Method, path: &str, caller: Caller) -> Self {
        let counts = match caller {
            _ if FREE.contains(&path) => None,
            Caller::Person(_) => Some(Limit::Requests),
            Caller::Address(_) => Some(Limit::Anonymous),
        };
        let is_message =
            matches!(caller, Caller::Person(_)) && *method == Method::POST && MESSAGES.contains(&path);
        let tells = if is_message { Some(Limit::Messages) } else { counts };
        Self { rates, caller, counts, tells }
    }

    /// Counts the request.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn count(&mut self) -> Result<()> {
        let Some(limit) = self.counts else { return Ok(()) };
        let taken = self.rates.take(limit, self.caller);
        if taken.is_err() {
            self.tells = self.counts;
        }
        taken.map(|_standing| ())
    }

    /// Tells the caller how it stands.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let Some(limit) = self.tells else { return };
        let Some((standing, quota)) = self.rates.standing(limit, self.caller) else { return };
        let reset = standing.reset.as_secs() + u64::from(standing.reset.subsec_nanos() > 0);
        headers.insert(X_LIMIT, standing.limit.into());
        headers.insert(X_REMAINING, standing.remaining.into());
        headers.insert(X_RESET, reset.into());
        let name = limit.name();
        let texts = [
            (RATE_LIMIT, format!("\"{name}\";r={};t={reset}", standing.remaining)),
            (RATE_LIMIT_POLICY, format!("\"{name}\";q={};w={}", quota.count(), quota.period().as_secs())),
        ];
        for (header, text) in texts {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(header, value);
            }
        }
    }
}
