//! Who was let in a moment ago: a page asks for six things at once, a stream is checked twice, and the database is asked once.
//!
//! What is remembered counts for a second at most, which is also how soon an end must be felt when another process brought it. An end
//! brought by this process is felt at once: it is forgotten here before anybody hears of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::Actor;
use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};

/// How long the database's word is good for.
const LIFE: Duration = Duration::from_secs(1);
/// Callers remembered; beyond that all are forgotten and asked for again.
const MOST: usize = 10_000;

#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    all: HashMap<SessionId, Remembered>,
    /// How often something was forgotten: what was read before that is not kept after it.
    forgotten: u64,
}

struct Remembered {
    actor: Actor,
    /// By both clocks, since either may stand still or jump.
    since: Instant,
    at: Timestamp,
}

/// Taken before the database is asked; what it says is kept only if nothing was forgotten meanwhile.
pub(super) struct Asking(u64);

impl Memory {
    /// The caller behind this session, if that was asked a moment ago.
    pub(super) fn find(&self, user: UserId, session: SessionId, now: Timestamp) -> Option<Actor> {
        let table = self.lock();
        let known = table.all.get(&session)?;
        let fresh = known.since.elapsed() < LIFE && now >= known.at && now.since(known.at) < LIFE;
        (fresh && known.actor.user == user).then_some(known.actor)
    }

    pub(super) fn asking(&self) -> Asking {
        Asking(self.lock().forgotten)
    }

    pub(super) fn keep(&self, Asking(before): Asking, session: SessionId, actor: Actor, now: Timestamp) {
        let mut table = self.lock();
        if table.forgotten != before {
            return;
        }
        if table.all.len() >= MOST {
            table.all.clear();
        }
        table.all.insert(session, Remembered { actor, since: Instant::now(), at: now });
    }

    /// Forgets a session, or everything about a user: whatever this is the id of.
    pub(super) fn forget(&self, id: Uuid) {
        let mut table = self.lock();
        table.forgotten += 1;
        table.all.retain(|session, known| session.0 != id && known.actor.user.0 != id);
    }

    /// A panic while holding the lock leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Grant, Scopes};
    use crate::users::Role;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn somebody() -> (SessionId, Actor) {
        let session = SessionId::new();
        let (user, grant, proved_at) = (UserId::new(), Grant::Session(session), NOW);
        (session, Actor { user, grant, role: Role::User, proved_at, scopes: Scopes::ALL, must_enrol: false })
    }

    #[tokio::test(start_paused = true)]
    async fn the_databases_word_is_good_for_a_second_by_either_clock() {
        let memory = Memory::default();
        let (session, actor) = somebody();
        let found = |now| memory.find(actor.user, session, now).is_some();
        assert!(!found(NOW));
        memory.keep(memory.asking(), session, actor, NOW);
        assert!(found(NOW) && found(NOW.plus(Duration::from_millis(999))));
        assert!(!found(NOW.plus(LIFE)) && !found(NOW.minus(Duration::from_secs(1))));
        assert!(memory.find(UserId::new(), session, NOW).is_none());
        tokio::time::advance(LIFE).await;
        assert!(!found(NOW));
    }

    #[tokio::test]
    async fn what_ended_is_forgotten_by_its_id_or_its_persons_also_while_the_database_is_asked() {
        let memory = Memory::default();
        let ((first, actor), (other, stranger)) = (somebody(), somebody());
        for id in [first.0, actor.user.0] {
            memory.keep(memory.asking(), first, actor, NOW);
            memory.keep(memory.asking(), other, stranger, NOW);
            let asking = memory.asking();
            memory.forget(id);
            assert!(memory.find(actor.user, first, NOW).is_none());
            assert!(memory.find(stranger.user, other, NOW).is_some());
            memory.keep(asking, first, actor, NOW);
            assert!(memory.find(actor.user, first, NOW).is_none());
        }
    }
}
