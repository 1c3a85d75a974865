//! Tells open sockets that their session has ended, without asking the database over and over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::ids::SessionId;

/// The sessions that somebody is watching in this process.
#[derive(Clone, Default)]
pub struct Watches(Arc<Mutex<HashMap<SessionId, Watched>>>);

struct Watched {
    ended: CancellationToken,
    watchers: usize,
}

/// One watcher of one session; the entry goes with the last of them.
pub struct SessionWatch {
    session: SessionId,
    ended: CancellationToken,
    watches: Watches,
}

impl Watches {
    pub(super) fn watch(&self, session: SessionId) -> SessionWatch {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let watched =
            all.entry(session).or_insert_with(|| Watched { ended: CancellationToken::new(), watchers: 0 });
        watched.watchers += 1;
        SessionWatch { session, ended: watched.ended.clone(), watches: self.clone() }
    }

    pub(super) fn ended(&self, session: SessionId) {
        if let Some(watched) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&session) {
            watched.ended.cancel();
        }
    }
}

impl SessionWatch {
    /// Whether the session has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Completes when the session has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for SessionWatch {
    fn drop(&mut self) {
        let mut all = self.watches.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = all.get_mut(&self.session) {
            watched.watchers -= 1;
            if watched.watchers == 0 {
                all.remove(&self.session);
            }
        }
    }
}
