//! Renewing a session with its refresh token. What a token that comes back means is decided in [`super::session`].

use jarvis_crypto::OpaqueToken;

use super::{Accounts, EndReason, REFRESH_PREFIX, Tokens, session, store};
use crate::error::{Error, Result};

impl Accounts {
    /// Renews: the refresh token is used up and a new pair given.
    ///
    /// Runs to its end even if the caller hangs up: a token must not be used up without its successor being stored.
    pub async fn refresh(&self, presented: &str) -> Result<Tokens> {
        let Some(token) = OpaqueToken::parse(REFRESH_PREFIX, presented) else {
            return Err(Error::Unauthenticated);
        };
        let accounts = self.clone();
        self.tasks.run("auth.refresh", async move { accounts.rotate(token).await }).await
    }

    async fn rotate(&self, token: OpaqueToken) -> Result<Tokens> {
        let (now, hash) = (self.clock.now(), token.hash());
        let mut tx = self.db.begin().await?;
        // Locks the session's row, so that two refreshes of one session take turns.
        let Some(family) = store::lock_family(&mut tx, &hash, now).await? else {
            return Err(Error::Unauthenticated);
        };
        match session::judge(&family, now) {
            session::Judgement::Rotate => {
                store::mark_used(&mut tx, &hash, now).await?;
                store::extend_session(&mut tx, family.session, family.expiry_after(now, self.lives.refresh))
                    .await?;
                let tokens = self.issue(&mut tx, family.session, family.user, Some(&hash), now).await?;
                tx.commit().await?;
                Ok(tokens)
            }
            session::Judgement::Refuse => Err(Error::Unauthenticated),
            session::Judgement::EndFamily => {
                let ended =
                    self.end_session(&mut tx, family.user, family.session, EndReason::TokenReplayed, now);
                let ended = ended.await?;
                tx.commit().await?;
                self.announce_ended(&ended);
                tracing::warn!(session = %family.session, user = %family.user, "refresh token replayed: session ended");
                Err(Error::Unauthenticated)
            }
        }
    }
}
