//! Tells open sockets that their session or key has ended, without asking the database over and over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Actor, Grant};

/// What somebody is watching in this process, by the id under which its end is announced.
#[derive(Clone, Default)]
pub struct Watches(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    all: HashMap<Uuid, Watched>,
    /// The next serial: an entry that ended is not the one that came after it under the same id.
    serial: u64,
}

struct Watched {
    serial: u64,
    ended: CancellationToken,
    watchers: usize,
}

/// One watcher of one caller's session, or of their key and its user.
pub struct SessionWatch {
    grant: Watch,
    /// A key says nothing of its user, who may be disabled or get another role.
    user: Option<Watch>,
}

/// One watcher of one id; the entry goes with the last of them.
struct Watch {
    id: Uuid,
    serial: u64,
    ended: CancellationToken,
    watches: Watches,
}

impl Watches {
    pub(super) fn watch(&self, actor: &Actor) -> SessionWatch {
        let user = match actor.grant {
            Grant::Session(_) => None,
            Grant::Key(_) => Some(self.enter(actor.user.0)),
        };
        SessionWatch { grant: self.enter(actor.grant.id()), user }
    }

    fn enter(&self, id: Uuid) -> Watch {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.serial += 1;
        let serial = table.serial;
        let watched = table.all.entry(id).or_insert_with(|| Watched {
            serial,
            ended: CancellationToken::new(),
            watchers: 0,
        });
        watched.watchers += 1;
        Watch { id, serial: watched.serial, ended: watched.ended.clone(), watches: self.clone() }
    }

    pub(super) fn ended(&self, id: Uuid) {
        // Taken out: who comes later under this id (a user, after a change of role) is not told of an end that was before them.
        if let Some(watched) = self.0.lock().unwrap_or_else(PoisonError::into_inner).all.remove(&id) {
            watched.ended.cancel();
        }
    }
}

impl SessionWatch {
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.grant.ended.is_cancelled() || self.user.as_ref().is_some_and(|user| user.ended.is_cancelled())
    }

    /// Completes when it has ended.
    pub async fn ended(&self) {
        match &self.user {
            None => self.grant.ended.cancelled().await,
            Some(user) => tokio::select! {
                () = self.grant.ended.cancelled() => {}
                () = user.ended.cancelled() => {}
            },
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut table = self.watches.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = table.all.get_mut(&self.id).filter(|watched| watched.serial == self.serial) {
            watched.watchers -= 1;
            if watched.watchers == 0 {
                table.all.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Scopes;
    use crate::clock::Timestamp;
    use crate::ids::{KeyId, SessionId, UserId};
    use crate::users::Role;

    fn actor(grant: Grant) -> Actor {
        let proved_at = Timestamp::from_micros(0);
        let user = UserId::new();
        Actor { user, grant, role: Role::User, proved_at, scopes: Scopes::ALL, must_enrol: false }
    }

    #[test]
    fn every_watcher_of_a_session_hears_of_its_end_and_nobody_else() {
        let watches = Watches::default();
        let (one, other) = (actor(Grant::Session(SessionId::new())), actor(Grant::Session(SessionId::new())));
        let (first, second, third) = (watches.watch(&one), watches.watch(&one), watches.watch(&other));
        drop(first);
        watches.ended(one.user.0);
        assert!(!second.has_ended());
        watches.ended(one.grant.id());
        assert!(second.has_ended() && !third.has_ended());
        drop((second, third));
        assert!(watches.0.lock().unwrap().all.is_empty());
    }

    #[test]
    fn a_key_ends_with_itself_and_with_its_user_and_who_comes_later_starts_afresh() {
        let watches = Watches::default();
        let actor = actor(Grant::Key(KeyId::new()));
        let before = watches.watch(&actor);
        watches.ended(actor.user.0);
        assert!(before.has_ended());
        let after = watches.watch(&actor);
        drop(before);
        assert!(!after.has_ended());
        watches.ended(actor.grant.id());
        assert!(after.has_ended());
        drop(after);
        assert!(watches.0.lock().unwrap().all.is_empty());
    }
}
