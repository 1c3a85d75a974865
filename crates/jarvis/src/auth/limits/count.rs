//! How long one count makes the next attempt wait, as a pure function of what is stored and what time it is.

use std::time::Duration;

use crate::clock::Timestamp;

/// The longest delay.
pub(super) const LONGEST: Duration = Duration::from_secs(15 * 60);
/// The first delay; each further failure doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// A count that has not changed for this long begins anew.
pub(super) const FADES: Duration = Duration::from_secs(60 * 60 * 24 * 30);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Source,
    Account,
    Pair,
    Device,
    Invitation,
}

impl Class {
    /// Failures without a delay.
    fn free(self) -> i64 {
        match self {
            // A whole household, or an office.
            Self::Source => 50,
            Self::Account => 10,
            Self::Pair | Self::Device => 5,
            // A name that is taken, a password that is too short: nobody asks twenty times.
            Self::Invitation => 20,
        }
    }

    /// How long until one failure is forgotten by itself; None where failures *in a row* are meant, which only a success ends.
    fn forgets_after(self) -> Option<Duration> {
        match self {
            Self::Source => Some(Duration::from_secs(60)),
            Self::Pair | Self::Invitation => Some(LONGEST),
            Self::Account | Self::Device => None,
        }
    }
}

/// One count, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::auth) struct Count {
    pub failures: i64,
    /// No attempt before this moment.
    pub blocked_until: Timestamp,
    pub updated_at: Timestamp,
}

impl Count {
    /// The count with one more failure; or how long to wait, if no attempt is allowed now.
    pub(super) fn next(self, class: Class, now: Timestamp) -> Result<Self, Duration> {
        if self.blocked_until > now {
            return Err(self.blocked_until.since(now));
        }
        let (left, updated_at) = self.left(class, now);
        let failures = left.saturating_add(1);
        Ok(Self { failures, blocked_until: now.plus(delay(class, failures)), updated_at })
    }

    /// The failures that still count, and since when.
    fn left(self, class: Class, now: Timestamp) -> (i64, Timestamp) {
        let age = now.since(self.updated_at);
        if age >= FADES {
            return (0, now);
        }
        let Some(each) = class.forgets_after() else { return (self.failures, now) };
        let forgotten = i64::try_from(age.as_micros() / each.as_micros()).unwrap_or(i64::MAX);
        if forgotten >= self.failures {
            return (0, now);
        }
        let spent = each.saturating_mul(u32::try_from(forgotten).unwrap_or(u32::MAX));
        (self.failures - forgotten, self.updated_at.plus(spent))
    }
}

/// None until the free failures are used up, so that as many attempts can be under way at once.
fn delay(class: Class, failures: i64) -> Duration {
    let Ok(over) = u32::try_from(failures - class.free()) else { return Duration::ZERO };
    2_u32.checked_pow(over).map_or(LONGEST, |times| FIRST.saturating_mul(times)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
    const NONE: Count = Count { failures: 0, blocked_until: START, updated_at: START };

    /// As many attempts as are allowed at once, and the wait after each.
    fn waits(class: Class, attempts: usize) -> Vec<u64> {
        let (mut count, mut now) = (NONE, START);
        let mut waits = Vec::new();
        for _ in 0..attempts {
            count = count.next(class, now).unwrap();
            waits.push(count.blocked_until.since(now).as_secs());
            now = count.blocked_until;
        }
        waits
    }

    #[test]
    fn the_delay_doubles_after_the_free_attempts_up_to_a_quarter_of_an_hour() {
        let expected = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900];
        assert_eq!(waits(Class::Device, 17), expected);
        assert_eq!(waits(Class::Account, 12)[8..], [0, 1, 2, 4]);
        assert_eq!(waits(Class::Account, 200)[199], 900);
    }

    #[test]
    fn no_attempt_counts_or_passes_while_the_door_is_closed() {
        let closed = Count { blocked_until: START.plus(Duration::from_secs(7)), ..NONE };
        assert_eq!(closed.next(Class::Pair, START), Err(Duration::from_secs(7)));
        assert!(closed.next(Class::Pair, START.plus(Duration::from_secs(7))).is_ok());
    }

    #[test]
    fn a_source_forgets_a_failure_a_minute_and_an_account_none_until_it_fades() {
        let many = Count { failures: 60, ..NONE };
        let later = |minutes: u64| START.plus(Duration::from_secs(60 * minutes));
        assert_eq!(many.next(Class::Source, later(20)).unwrap().failures, 41);
        assert_eq!(many.next(Class::Source, later(200)).unwrap().failures, 1);
        // What is left of a minute is not lost.
        let halves = many.next(Class::Source, START.plus(Duration::from_secs(90))).unwrap();
        assert_eq!((halves.failures, halves.updated_at), (60, later(1)));
        assert_eq!(many.next(Class::Account, later(60 * 24 * 29)).unwrap().failures, 61);
        assert_eq!(many.next(Class::Account, later(60 * 24 * 30)).unwrap().failures, 1);
    }
}
