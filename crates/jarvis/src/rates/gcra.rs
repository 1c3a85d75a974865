//! GCRA, the Generic Cell Rate Algorithm in its "virtual scheduling" form (ITU-T I.371, annex A; ATM Forum TM 4.1, 4.4.2), for allowances.
//!
//! All that is kept of a caller is one moment: when the whole allowance is theirs again (the standard's "theoretical arrival time").
//! Taking moves it later, time passes towards it, and what lies further ahead than the whole allowance lasts is refused. Pure: the moment
//! and "now" come in, the new moment goes out.

use std::time::Duration;

use crate::clock::Timestamp;

/// So many in a period, all at once if need be, then evenly.
///
/// In any span of time at most `count` plus what came back in that span is granted, so never more than twice `count` in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    count: u32,
    period: Duration,
    /// Microseconds until one comes back, rounded up: never more than the allowance.
    each: i64,
}

/// What is left of an allowance at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The whole allowance.
    pub limit: u32,
    /// What may be taken at once.
    pub remaining: u32,
    /// Until the whole allowance is there again.
    pub reset: Duration,
}

/// Whether something was granted, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The caller's moment is `full_at` from now on.
    Granted { full_at: Timestamp, standing: Standing },
    /// Nothing was taken: who asks in vain waits no longer for it.
    Refused {
        standing: Standing,
        /// None: it is more than the whole allowance.
        retry_after: Option<Duration>,
    },
}

impl Quota {
    /// `count` in `period`; at least one, and at most one a microsecond.
    pub fn new(count: u32, period: Duration) -> Self {
        let count = count.max(1);
        let micros = i64::try_from(period.as_micros()).unwrap_or(i64::MAX);
        let each =
            micros.saturating_add(i64::from(count) - 1).checked_div(i64::from(count)).unwrap_or(micros);
        Self { count, period, each: each.max(1) }
    }

    /// The whole allowance.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// In how long the whole allowance comes back.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Takes `weight` of the allowance of a caller who has all of it at `full_at`. A caller who is not known has it since ever.
    pub fn take(&self, full_at: Timestamp, weight: u32, now: Timestamp) -> Outcome {
        let owed = self.owed(full_at, now);
        let after = owed.saturating_add(self.each.saturating_mul(i64::from(weight)));
        let over = after.saturating_sub(self.whole());
        if over <= 0 {
            return Outcome::Granted { full_at: now.plus(span(after)), standing: self.left(after) };
        }
        let retry_after = (weight <= self.count).then(|| span(over));
        Outcome::Refused { standing: self.left(owed), retry_after }
    }

    /// Gives `weight` back: what was taken was not used.
    pub fn give_back(&self, full_at: Timestamp, weight: u32, now: Timestamp) -> Timestamp {
        let used = self.each.saturating_mul(i64::from(weight));
        now.plus(span(self.owed(full_at, now).saturating_sub(used)))
    }

    /// What is left, without taking.
    pub fn standing(&self, full_at: Timestamp, now: Timestamp) -> Standing {
        self.left(self.owed(full_at, now))
    }

    /// Microseconds until the whole allowance is back. More than the whole can only mean that the clock was set back: then it is all there, for
    /// else everybody who asked a moment ago would be refused, and that for as long as the clock was wrong.
    fn owed(&self, full_at: Timestamp, now: Timestamp) -> i64 {
        let owed = full_at.micros().saturating_sub(now.micros());
        if owed > self.whole() { 0 } else { owed.max(0) }
    }

    /// Microseconds in which all of it comes back.
    fn whole(&self) -> i64 {
        self.each.saturating_mul(i64::from(self.count))
    }

    fn left(&self, owed: i64) -> Standing {
        let free = self.whole().saturating_sub(owed).checked_div(self.each).unwrap_or(0);
        let remaining = u32::try_from(free).unwrap_or(0).min(self.count);
        Standing { limit: self.count, remaining, reset: span(owed) }
    }
}

fn span(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests;
