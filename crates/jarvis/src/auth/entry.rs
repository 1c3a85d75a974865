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
        let token = match credential {
            Credential::AccessToken(token) => token,
            Credential::ApiKey(key) => return self.holder_of(key, address).await,
        };
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
            Grant::Session(session) => self.stored_session(actor.user, session).await,
            Grant::Key(key) => self.living_key(actor.user, key).await,
        }
    }

    /// Asks as the gate does: what this process ended is known at once, what another one ended within a second.
    pub async fn still_in(&self, actor: &Actor) -> Result<Actor> {
        match actor.grant {
            Grant::Session(session) => self.living_session(actor.user, session).await,
            Grant::Key(key) => self.living_key(actor.user, key).await,
        }
    }

    async fn living_session(&self, user: UserId, session: SessionId) -> Result<Actor> {
        if let Some(actor) = self.memory.find(user, session, self.clock.now()) {
            return Ok(actor);
        }
        self.stored_session(user, session).await
    }

    /// As the database says it now.
    async fn stored_session(&self, user: UserId, session: SessionId) -> Result<Actor> {
        let (now, asking) = (self.clock.now(), self.memory.asking());
        let mut reader = self.db.read().await?;
        let living =
            store::find_living(&mut reader, user, session, now).await?.ok_or(Error::Unauthenticated)?;
        self.seen.note(session, living.last_seen_at, now);
        let actor = Actor {
            user,
            grant: Grant::Session(session),
            role: living.role,
            proved_at: living.proved_at,
            scopes: Scopes::ALL,
            must_enrol: factors::must_enrol(self, living.role, living.has_factor),
        };
        if !actor.must_enrol {
            // Who must enrol is asked about each time: what they may do changes with their first factor.
            self.memory.keep(asking, session, actor, now);
        }
        Ok(actor)
    }

    /// Tells when this caller's session or key ends, for as long as the watch is held. Ask [`Accounts::still_in`] once after it: the end may
    /// have come just before.
    pub fn watch(&self, actor: &Actor) -> SessionWatch {
        self.watches.watch(actor)
    }

    /// Whether this caller proved who they are a short while ago, by what the database says now. Keys prove nothing about who is there.
    ///
    /// # Errors
    /// `Forbidden(RecentProof)`.
    pub async fn recently_proved(&self, actor: &Actor) -> Result<()> {
        let stored = self.alive(actor).await?;
        match stored.grant {
            Grant::Session(_) if self.clock.now().since(stored.proved_at) < RECENT => Ok(()),
            Grant::Session(_) | Grant::Key(_) => Err(Error::Forbidden(Forbidden::RecentProof)),
        }
    }
}
