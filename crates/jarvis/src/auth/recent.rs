//! Who was let in a moment ago, so that not every request asks the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::auth::Actor;
use crate::clock::Timestamp;
use crate::ids::SessionId;

/// How long an answer of the database counts: what another process takes away is lost here within a second.
const LIFE: Duration = Duration::from_millis(900);
/// Entries kept; at about 100 bytes each.
const MAX: usize = 10_000;

/// The answers of the last moment. What ends in this process is forgotten at once.
#[derive(Clone, Default)]
pub(super) struct Recent(Arc<Mutex<Answers>>);

#[derive(Default)]
struct Answers {
    by_session: HashMap<SessionId, (Timestamp, Actor)>,
    /// How often something was forgotten.
    endings: u64,
}

/// When the database was asked; an answer that was overtaken by an ending is not kept.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    at: Timestamp,
    endings: u64,
}

impl Recent {
    /// The answer, if it is young enough; else what [`Recent::keep`] wants with the new one.
    pub(super) fn find(&self, session: SessionId, now: Timestamp) -> Result<Actor, Asked> {
        let answers = self.lock();
        match answers.by_session.get(&session) {
            // A clock that was set back makes nothing younger.
            Some((at, actor)) if *at <= now && now < at.plus(LIFE) => Ok(*actor),
            _ => Err(Asked { at: now, endings: answers.endings }),
        }
    }

    pub(super) fn keep(&self, asked: Asked, actor: Actor) {
        let mut answers = self.lock();
        if answers.endings == asked.endings {
            if answers.by_session.len() >= MAX {
                answers.by_session.clear();
            }
            answers.by_session.insert(actor.session, (asked.at, actor));
        }
    }

    /// To be called whenever something that an [`Actor`] says has changed.
    pub(super) fn forget(&self, session: SessionId) {
        let mut answers = self.lock();
        answers.endings += 1;
        answers.by_session.remove(&session);
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
