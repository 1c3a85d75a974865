//! The one way in: every kind of credential becomes an [`Actor`] here, or is refused.

use std::net::IpAddr;
use std::time::Duration;

use super::{Accounts, Actor, Credential, Grant, Scopes, SessionWatch, factors, store};
use crate::error::{Error, Forbidden, Result};
use crate::ids::{SessionId, UserId};

/// How long a proof of who somebody is counts for changes that need one (ASVS 7.5.1).
const RECENT: Duration = Duration::from_secs(5 * 60);

impl Accounts {
    /// Resolves any kind of credential to who is calling, or refuses. `address`: where the request came from, for keys that are bound to
    /// some addresses.
    pub async fn authenticate(&self, credential: &Credential, address: Option<IpAddr>) -> Result<Actor> {
        let _ = address;
        let Credential::AccessToken(token) = credential;
        let claims = self
            .keyring
            .verify(token.expose(), self.clock.now().seconds())
            .map_err(|_| Error::Unauthenticated)?;
        self.living_session(UserId(claims.sub), SessionId(claims.sid)).await
    }

    /// Asks the database again whether this caller may still call, and as what: their user active, their session or key not ended and not
    /// run out.
    pub async fn alive(&self, actor: &Actor) -> Result<Actor> {
        match actor.grant {
            Grant::Session(session) => self.living_session(actor.user, session).await,
            Grant::Key(_) => Err(Error::Unauthenticated),
        }
    }

    async fn living_session(&self, user: UserId, session: SessionId) -> Result<Actor> {
        let mut reader = self.db.read().await?;
        let found = store::find_living(&mut reader, user, session, self.clock.now()).await?;
        let living = found.ok_or(Error::Unauthenticated)?;
        Ok(Actor {
            user,
            grant: Grant::Session(session),
            role: living.role,
            proved_at: living.proved_at,
            scopes: Scopes::ALL,
            must_enrol: factors::must_enrol(self, living.role, living.has_factor),
        })
    }

    /// Tells when this caller's session or key ends, for as long as the watch is held. Ask [`Accounts::alive`] once after it: the end may
    /// have come just before.
    pub fn watch(&self, actor: &Actor) -> SessionWatch {
        self.watches.watch(actor)
    }

    /// Whether this caller proved who they are a short while ago. Keys prove nothing about who is there.
    ///
    /// # Errors
    /// `Forbidden(RecentProof)`.
    pub fn recently_proved(&self, actor: &Actor) -> Result<()> {
        match actor.grant {
            Grant::Session(_) if self.clock.now().since(actor.proved_at) < RECENT => Ok(()),
            Grant::Session(_) | Grant::Key(_) => Err(Error::Forbidden(Forbidden::RecentProof)),
        }
    }
}
