//! One moment for each of very many callers, in a fixed amount of memory.
//!
//! Like a processor's cache: a caller's key leads to one set of [`WAYS`] places, and lives in one of them. Where all are taken, the one whose
//! allowance is whole soonest gives way: forgetting it gives away least. So a newcomer is always let in, and who is forgotten has a whole
//! allowance again; nobody is ever refused for what others did. Places are found by a hash under a random key: a stranger cannot choose whose set
//! they land in.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::gcra::{Outcome, Quota, Standing};
use crate::clock::Timestamp;

/// Places of one set.
const WAYS: usize = 8;
/// Locks: callers of different ones do not wait for each other.
const SHARDS: usize = 64;

/// Who an allowance belongs to: a user's id or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Holder([u64; 2]);

impl From<u128> for Holder {
    fn from(number: u128) -> Self {
        let [high, low] = [number >> 64, number & u128::from(u64::MAX)];
        Self([high, low].map(|half| u64::try_from(half).unwrap_or_default()))
    }
}

/// 24 bytes. One that is free is one whose allowance was whole since ever.
#[derive(Clone, Copy)]
struct Place {
    holder: Holder,
    full_at: Timestamp,
}

const FREE: Place = Place { holder: Holder([0; 2]), full_at: Timestamp::from_micros(i64::MIN) };

type Set = [Place; WAYS];

/// The allowances of all callers under one quota.
pub(super) struct Table {
    quota: Quota,
    hasher: RandomState,
    shards: Box<[Mutex<Box<[Set]>>]>,
}

impl Table {
    /// For `holders` callers at a time, rounded up to whole sets in every shard.
    pub(super) fn new(quota: Quota, holders: usize) -> Self {
        let sets = holders.div_ceil(WAYS * SHARDS).max(1);
        let shard = || Mutex::new(vec![[FREE; WAYS]; sets].into_boxed_slice());
        Self { quota, hasher: RandomState::new(), shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Takes one of the holder's allowance. Exact however many ask at once.
    pub(super) fn take(&self, holder: Holder, now: Timestamp) -> Outcome {
        self.with(holder, |place| {
            let outcome = self.quota.take(place.full_at, 1, now);
            if let Outcome::Granted { full_at, .. } = outcome {
                *place = Place { holder, full_at };
            }
            outcome
        })
    }

    /// Gives one back that was not used.
    pub(super) fn give_back(&self, holder: Holder, now: Timestamp) {
        self.with(holder, |place| {
            // Not for who was forgotten meanwhile: all of it is theirs already.
            if place.holder == holder {
                place.full_at = self.quota.give_back(place.full_at, 1, now);
            }
        });
    }

    /// What is left of the holder's allowance.
    pub(super) fn standing(&self, holder: Holder, now: Timestamp) -> Standing {
        self.with(holder, |place| {
            let full_at = if place.holder == holder { place.full_at } else { FREE.full_at };
            self.quota.standing(full_at, now)
        })
    }

    pub(super) fn quota(&self) -> Quota {
        self.quota
    }

    /// The holder's place; for a newcomer, the one that gives way, to be seen as if it were free.
    fn with<T>(&self, holder: Holder, act: impl FnOnce(&mut Place) -> T) -> T {
        let hash = self.hasher.hash_one(holder);
        let pick = |hash: u64, of: usize| {
            let of = u64::try_from(of).unwrap_or(1).max(1);
            usize::try_from(hash % of).unwrap_or_default()
        };
        let shard = self.shards.get(pick(hash, SHARDS));
        let mut sets = shard.map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner));
        let set = sets.as_mut().and_then(|sets| {
            let at = pick(hash >> 8, sets.len());
            sets.get_mut(at)
        });
        let mut free = FREE;
        // There is a shard and a set for every hash; if there were none, everybody would be a newcomer.
        let Some(set) = set else { return act(&mut free) };
        if let Some(place) = set.iter_mut().find(|place| place.holder == holder) {
            return act(place);
        }
        let result = act(&mut free);
        if free.holder == holder
            && let Some(soonest) = set.iter_mut().min_by_key(|place| place.full_at)
        {
            *soonest = free;
        }
        result
    }
}

#[cfg(test)]
mod tests;
