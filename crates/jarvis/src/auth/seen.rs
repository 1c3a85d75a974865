//! When each session was last used, within a minute or so: remembered here and written together, so that reading does not write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Accounts, store};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::SessionId;

/// What is younger than this is not written again.
const COARSE: Duration = Duration::from_secs(60);
/// Sessions remembered between two writes; a few more are simply not noted this time.
const MOST: usize = 10_000;

#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<HashMap<SessionId, Timestamp>>>);

impl Seen {
    /// Notes that a session was used, if what is stored is old.
    pub(super) fn note(&self, session: SessionId, stored: Timestamp, now: Timestamp) {
        if now.since(stored) < COARSE {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST || seen.contains_key(&session) {
            seen.insert(session, now);
        }
    }
}

impl Accounts {
    /// Stores when sessions were last used. Called every few seconds.
    pub async fn store_seen(&self) -> Result<()> {
        let seen = std::mem::take(&mut *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner));
        if seen.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for (session, at) in seen {
            store::touch_session(&mut tx, session, at).await?;
        }
        tx.commit().await
    }
}
