//! Renewing a session with its refresh token. What a token that comes back means is decided in [`super::session`].

use std::net::IpAddr;

use jarvis_crypto::OpaqueToken;

use super::{Accounts, EndReason, Kind, REFRESH_PREFIX, Subject, Tokens, session, store};
use crate::audit::{Event, Kind as Audited, Origin};
use crate::error::{Error, Result};
use crate::ids::UserId;

impl Accounts {
    /// Renews: the refresh token is used up and a new pair given.
    ///
    /// Runs to its end even if the caller hangs up: a token must not be used up without its successor being stored.
    ///
    /// # Errors
    /// `Unauthenticated`; `RateLimited` for a source that tries tokens which were never ours. A good token is never refused for that.
    pub async fn refresh(&self, presented: &str, address: IpAddr) -> Result<Tokens> {
        let found = match OpaqueToken::parse(REFRESH_PREFIX, presented) {
            Some(token) => {
                let accounts = self.clone();
                let rotate = Origin::current().scope(async move { accounts.rotate(token).await });
                self.tasks.run("auth.refresh", rotate).await?
            }
            None => None,
        };
        match found {
            Some(tokens) => Ok(tokens),
            None => {
                drop(self.limits.attempt(Kind::Refresh, Subject::Nobody, address).await?);
                Err(Error::Unauthenticated)
            }
        }
    }

    /// Whose living session a refresh token is of; None when of nobody's. It only reads: the token can be used as before.
    ///
    /// # Errors
    /// `Internal` when the database does not answer.
    pub async fn holder_of_refresh(&self, presented: &str) -> Result<Option<UserId>> {
        let Some(token) = OpaqueToken::parse(REFRESH_PREFIX, presented) else { return Ok(None) };
        let mut reader = self.db.read().await?;
        store::find_holder(&mut reader, &token.hash(), self.clock.now()).await
    }

    /// None: there is no such token.
    async fn rotate(&self, token: OpaqueToken) -> Result<Option<Tokens>> {
        let (now, hash) = (self.clock.now(), token.hash());
        let mut tx = self.db.begin().await?;
        // Locks the session's row, so that two refreshes of one session take turns.
        let Some(family) = store::lock_family(&mut tx, &hash, now).await? else {
            return Ok(None);
        };
        match session::judge(&family, now) {
            session::Judgement::Rotate => {
                store::mark_used(&mut tx, &hash, now).await?;
                store::extend_session(&mut tx, family.session, family.expiry_after(now, self.lives.refresh))
                    .await?;
                let tokens = self.issue(&mut tx, family.session, family.user, Some(&hash), now).await?;
                tx.commit().await?;
                Ok(Some(tokens))
            }
            session::Judgement::Refuse => Err(Error::Unauthenticated),
            session::Judgement::EndFamily => {
                let ended =
                    self.end_session(&mut tx, family.user, family.session, EndReason::TokenReplayed, now);
                let ended = ended.await?;
                let event = Event::failed(Audited::RefreshReplayed).about(family.user);
                let event = event.with("session", family.session.to_string());
                self.audit.commit(tx, [event]).await?;
                self.announce_ended(&ended);
                tracing::warn!(session = %family.session, user = %family.user, "refresh token replayed: session ended");
                Err(Error::Unauthenticated)
            }
        }
    }
}
