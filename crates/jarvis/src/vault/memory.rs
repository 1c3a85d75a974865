//! The keys that are in use, a few hundred at most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::PersonKey;
use crate::ids::UserId;

/// Keys in memory. Whoever comes after as many others is read from the database again.
const MOST: usize = 512;

/// Keys by their owners; the one that was not used for longest goes first.
#[derive(Default)]
pub(super) struct Memory(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: HashMap<UserId, (Arc<PersonKey>, u64)>,
    uses: u64,
    forgotten: u64,
}

/// A moment before a key was read. What was forgotten since is not kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

impl Memory {
    pub(super) fn moment(&self) -> Moment {
        Moment(self.lock().forgotten)
    }

    pub(super) fn find(&self, owner: UserId) -> Option<Arc<PersonKey>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let uses = kept.uses;
        let (key, used) = kept.keys.get_mut(&owner)?;
        *used = uses;
        Some(Arc::clone(key))
    }

    pub(super) fn keep(&self, moment: Moment, owner: UserId, key: &Arc<PersonKey>) {
        let mut kept = self.lock();
        if moment != Moment(kept.forgotten) {
            return;
        }
        if kept.keys.len() >= MOST
            && let Some(oldest) = kept.keys.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id)
        {
            kept.keys.remove(&oldest);
        }
        kept.uses += 1;
        let uses = kept.uses;
        kept.keys.insert(owner, (Arc::clone(key), uses));
    }

    pub(super) fn forget(&self, owner: UserId) {
        let mut kept = self.lock();
        kept.forgotten += 1;
        kept.keys.remove(&owner);
    }

    /// A panic while holding the lock leaves nothing half done, so the next one goes on.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: UserId) -> Arc<PersonKey> {
        Arc::new(PersonKey::new(owner, None, Arc::default()))
    }

    #[test]
    fn a_few_hundred_stay_and_the_one_unused_for_longest_goes_first() {
        let memory = Memory::default();
        let people: Vec<UserId> = (0..=MOST).map(|_| UserId::new()).collect();
        let (first, last) = (people[0], people[MOST]);
        for owner in &people[..MOST] {
            memory.keep(memory.moment(), *owner, &key(*owner));
        }
        assert!(memory.find(first).is_some());
        memory.keep(memory.moment(), last, &key(last));
        assert!(memory.find(first).is_some() && memory.find(last).is_some());
        assert!(memory.find(people[1]).is_none());
        assert_eq!(memory.lock().keys.len(), MOST);
    }

    #[test]
    fn what_is_forgotten_while_it_is_read_is_not_kept() {
        let (memory, ada) = (Memory::default(), UserId::new());
        let before = memory.moment();
        memory.forget(ada);
        memory.keep(before, ada, &key(ada));
        assert!(memory.find(ada).is_none());
        memory.keep(memory.moment(), ada, &key(ada));
        assert!(memory.find(ada).is_some());
    }
}
