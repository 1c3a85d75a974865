//! Ending sessions, and the news of it: to the sockets of this process at once, to those of others within a second.
//!
//! Each end is a row in `revocations`, written in the transaction that ends the session. Every process reads the newest rows twice a
//! second: that needs no other service, and works for a command run from a shell beside the server.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jarvis_crypto::OpaqueToken;
use uuid::Uuid;

use super::{Accounts, Actor, EndReason, Grant, REFRESH_PREFIX, store};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{KeyId, SessionId, UserId};

/// How far back the news are read each time: a transaction may commit later than it was dated, and two machines' clocks differ.
const LOOK_BACK: Duration = Duration::from_secs(30);
/// News are of no use when no socket can have missed them.
pub(super) const KEEP_NEWS: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that ended in a transaction: to be announced once that is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "open sockets hear of it by announce_ended, after the commit"]
pub struct Ended(Uuid);

/// What was read of `revocations` lately: told once.
#[derive(Clone, Default)]
pub(super) struct News(Arc<Mutex<BTreeSet<(Timestamp, Uuid)>>>);

impl Accounts {
    /// Ends the session of a caller: its tokens stop working and its sockets close. A key has no session: it is deleted instead.
    pub async fn logout(&self, actor: &Actor) -> Result<()> {
        let Some(session) = actor.session() else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        let ended =
            self.end_session(&mut tx, actor.user, session, EndReason::SignedOut, self.clock.now()).await?;
        tx.commit().await?;
        self.announce_ended(&ended);
        Ok(())
    }

    /// Ends the session of a refresh token, for somebody whose access token has run out.
    pub async fn logout_by_refresh(&self, presented: &str) -> Result<()> {
        let Some(token) = OpaqueToken::parse(REFRESH_PREFIX, presented) else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        if let Some(family) = store::lock_family(&mut tx, &token.hash(), now).await? {
            let ended =
                self.end_session(&mut tx, family.user, family.session, EndReason::SignedOut, now).await?;
            tx.commit().await?;
            self.announce_ended(&ended);
        }
        Ok(())
    }

    /// Ends one session of this user, if it is alive.
    pub(super) async fn end_session(
        &self,
        tx: &mut Tx,
        user: UserId,
        session: SessionId,
        why: EndReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        let ended = store::end_session(tx, user, session, why, now).await?;
        self.note(tx, ended.into_iter().map(|id| id.0).collect(), now).await
    }

    /// Ends every session of a user but one, in the transaction of the change that is the reason. Change the user's row first: it locks
    /// out who is signing in at this moment. Where the reason touches keys too, what they opened is looked at again.
    ///
    /// Announce what is returned once the transaction is committed.
    pub async fn end_sessions(
        &self,
        tx: &mut Tx,
        user: UserId,
        except: Option<SessionId>,
        why: EndReason,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        let mut ended: Vec<Uuid> =
            store::end_sessions(tx, user, except, why, now).await?.into_iter().map(|id| id.0).collect();
        if why.forgets_devices() {
            store::devices::forget(tx, user).await?;
        }
        if why.touches_keys() {
            ended.push(user.0);
        }
        self.note(tx, ended, now).await
    }

    /// Tells of a key that was deleted in this transaction: what it opened closes.
    pub async fn end_key(&self, tx: &mut Tx, key: KeyId, now: Timestamp) -> Result<Vec<Ended>> {
        self.note(tx, vec![key.0], now).await
    }

    async fn note(&self, tx: &mut Tx, ended: Vec<Uuid>, now: Timestamp) -> Result<Vec<Ended>> {
        for id in &ended {
            store::revocations::insert(tx, *id, now).await?;
        }
        Ok(ended.into_iter().map(Ended).collect())
    }

    /// Wakes what is open in this process. After the commit, never before.
    pub fn announce_ended(&self, ended: &[Ended]) {
        for Ended(id) in ended {
            self.tell_ended(*id);
        }
    }

    /// Forgotten first: whoever asks because they were woken must not be let in by memory.
    fn tell_ended(&self, id: Uuid) {
        self.memory.forget(id);
        // Of somebody, it may be: who was deleted in another process has no key any more.
        self.vault.forget(UserId(id));
        self.watches.ended(id);
    }

    /// Reads what other processes ended and wakes what is open in this one. Twice a second: see the module.
    pub async fn announce_revoked(&self) -> Result<()> {
        let since = self.clock.now().minus(LOOK_BACK);
        let rows = store::revocations::since(&mut self.db.read().await?, since).await?;
        let mut told = self.news.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(at, _)| *at >= since);
        for news in rows {
            if told.insert(news) {
                self.tell_ended(news.1);
            }
        }
        Ok(())
    }
}

impl Grant {
    /// Under which name its end is announced.
    pub(super) fn id(self) -> Uuid {
        match self {
            Self::Session(session) => session.0,
            Self::Key(key) => key.0,
        }
    }
}
