//! What was refused a moment ago: whoever hammers at a closed door does not make us ask the database each time.
//!
//! A refusal is remembered under everything that it depended on, so that nobody is refused for another. It is believed for [`TRUST`] after
//! the database was asked, so that other processes' successes are seen soon; what this process forgives is forgotten at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// How long a refusal is believed before the database is asked again.
const TRUST: Duration = Duration::from_secs(1);
/// Refusals remembered at once.
const MOST: usize = 10_000;

pub(super) type Key = [u8; 32];

#[derive(Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    known: HashMap<Key, Refusal>,
    /// How often something was forgiven.
    forgiven: u64,
}

struct Refusal {
    until: Timestamp,
    asked: Timestamp,
}

impl Refusal {
    fn holds(&self, now: Timestamp) -> bool {
        self.until > now && now >= self.asked && now.since(self.asked) < TRUST
    }
}

/// When the database is asked. What it says is not remembered if something is forgiven before it is noted.
pub(super) struct Asked {
    forgiven: u64,
    now: Timestamp,
}

/// Counts were deleted in a transaction. Dropped, it makes this process forget what it remembers: hold it until the commit.
#[must_use = "hold it until the transaction is committed"]
pub struct Forgiven(Refusals);

impl Refusals {
    /// The longest wait that is remembered under these keys.
    pub(super) fn wait(&self, keys: impl IntoIterator<Item = Key>, now: Timestamp) -> Option<Duration> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = keys.into_iter().filter_map(|key| table.known.get(&key));
        known.filter(|refusal| refusal.holds(now)).map(|refusal| refusal.until.since(now)).max()
    }

    pub(super) fn ask(&self, now: Timestamp) -> Asked {
        Asked { forgiven: self.0.lock().unwrap_or_else(PoisonError::into_inner).forgiven, now }
    }

    /// Remembers what the database said.
    pub(super) fn note(&self, asked: &Asked, key: Key, wait: Duration) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.forgiven != asked.forgiven {
            return;
        }
        if table.known.len() >= MOST {
            table.known.retain(|_, refusal| refusal.holds(asked.now));
        }
        if table.known.len() >= MOST {
            // All of the last second. Those who still hammer are remembered again.
            table.known.clear();
        }
        table.known.insert(key, Refusal { until: asked.now.plus(wait), asked: asked.now });
    }

    pub(super) fn forgiving(&self) -> Forgiven {
        Forgiven(self.clone())
    }
}

impl Drop for Forgiven {
    fn drop(&mut self) {
        let mut table = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.forgiven += 1;
        // All of it: a success costs a hash, asking the database again costs less.
        table.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn key(number: usize) -> Key {
        let mut key = Key::default();
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn a_refusal_is_believed_for_a_second_and_never_longer_than_it_lasts() {
        let refusals = Refusals::default();
        refusals.note(&refusals.ask(START), key(1), MINUTE);
        refusals.note(&refusals.ask(START), key(2), Duration::from_millis(300));
        let wait = |number, millis| {
            refusals
                .wait([key(number)], START.plus(Duration::from_millis(millis)))
                .map(|wait| wait.as_millis())
        };
        assert_eq!([wait(1, 0), wait(1, 999), wait(1, 1_000)], [Some(60_000), Some(59_001), None]);
        assert_eq!([wait(2, 0), wait(2, 299), wait(2, 300)], [Some(300), Some(1), None]);
        assert_eq!(wait(3, 0), None);
        // A clock that steps back does not make it last.
        assert_eq!(refusals.wait([key(1)], START.minus(MINUTE)), None);
    }

    #[test]
    fn what_was_asked_before_something_was_forgiven_is_not_remembered() {
        let refusals = Refusals::default();
        let before = refusals.ask(START);
        refusals.note(&before, key(1), MINUTE);
        drop(refusals.forgiving());
        assert_eq!(refusals.wait([key(1)], START), None);
        refusals.note(&before, key(1), MINUTE);
        assert_eq!(refusals.wait([key(1)], START), None);
        refusals.note(&refusals.ask(START), key(1), MINUTE);
        assert_eq!(refusals.wait([key(1), key(2)], START), Some(MINUTE));
    }

    #[test]
    fn no_more_are_remembered_than_fit() {
        let refusals = Refusals::default();
        for number in 0..3 * MOST {
            refusals.note(&refusals.ask(START), key(number), MINUTE);
            assert!(refusals.0.lock().unwrap().known.len() <= MOST);
        }
        let later = START.plus(TRUST);
        refusals.note(&refusals.ask(later), key(0), MINUTE);
        // The latest is among them, and what is believed no more has made room for it.
        assert_eq!(refusals.wait([key(0)], later), Some(MINUTE));
    }
}
