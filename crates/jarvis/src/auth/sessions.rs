//! The list of one's devices, and ending what is on it.

use serde::Serialize;
use utoipa::ToSchema;

use super::device::{masked, plain_name};
use super::{Accounts, Actor, EndReason, How, store};
use crate::audit::{Event, Kind as Audited};
use crate::clock::Timestamp;
use crate::error::{Error, Result, What};
use crate::ids::SessionId;

/// One sign-in on one device, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    pub id: SessionId,
    /// The one that asks.
    pub current: bool,
    /// "Firefox on Linux".
    pub agent: String,
    /// Without its last part.
    pub address: String,
    pub how: How,
    pub created_at: Timestamp,
    /// Within a minute or so.
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Accounts {
    /// Where the caller is signed in, the last used first: a hundred at most, as more do not stay open.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>> {
        let rows = store::sessions(&mut self.db.read().await?, actor.user, self.clock.now()).await?;
        let session = |row: store::SessionRow| Session {
            current: actor.session() == Some(row.id),
            agent: plain_name(&row.user_agent),
            address: masked(&row.address),
            id: row.id,
            how: row.how,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        };
        Ok(rows.into_iter().map(session).collect())
    }

    /// Ends one session of the caller's.
    ///
    /// # Errors
    /// `NotFound(Session)`, also when it is another person's or over.
    pub async fn revoke(&self, actor: &Actor, id: SessionId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let ended = self.end_session(&mut tx, actor.user, id, EndReason::Revoked, self.clock.now()).await?;
        if ended.is_empty() {
            return Err(Error::NotFound(What::Session));
        }
        let event = Event::new(Audited::SessionsRevoked).own(actor.user).with("session", id.to_string());
        self.audit.commit(tx, [event]).await?;
        self.announce_ended(&ended);
        Ok(())
    }

    /// Ends every session of the caller's but this one.
    pub async fn revoke_others(&self, actor: &Actor) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let (why, now) = (EndReason::Revoked, self.clock.now());
        let ended = self.end_sessions(&mut tx, actor.user, actor.session(), why, now).await?;
        let event = Event::new(Audited::SessionsRevoked).own(actor.user).with("sessions", ended.len());
        self.audit.commit(tx, [event]).await?;
        self.announce_ended(&ended);
        Ok(())
    }
}
