//! What providers call a person: the list, and removing one.

use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::{Event, Kind as Audited};
use crate::auth::store::{self, identities};
use crate::auth::{Accounts, Actor, EndReason};
use crate::clock::Timestamp;
use crate::error::{Error, Result, What, Why};
use crate::ids::IdentityId;
use crate::users;

/// Identities of one person.
pub(super) const MOST: usize = 20;

/// How somebody may sign in through others.
#[derive(Debug, Serialize, ToSchema)]
pub struct Identities {
    pub items: Vec<Identity>,
    /// Whether the account has a password too. Without one, an identity stays.
    pub has_password: bool,
}

/// What a provider calls somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct Identity {
    pub id: IdentityId,
    pub issuer: String,
    /// The provider's id; null when the operator does not offer it any more: then nobody comes in by it.
    #[schema(required)]
    pub provider: Option<String>,
    /// What the provider called them when it was linked: an e-mail address, most often.
    pub label: String,
    pub created_at: Timestamp,
}

impl Accounts {
    /// The caller's identities, oldest first.
    pub async fn identities(&self, actor: &Actor) -> Result<Identities> {
        let mut reader = self.db.read().await?;
        let known = users::find_own_sign_in(&mut reader, actor.user).await?.ok_or(Error::Unauthenticated)?;
        let rows = identities::list(&mut reader, actor.user).await?;
        let items = rows.into_iter().map(|row| Identity {
            id: row.id,
            provider: self.providers.id_of(&row.issuer),
            issuer: row.issuer,
            label: row.label,
            created_at: row.created_at,
        });
        Ok(Identities { items: items.collect(), has_password: known.password().is_some() })
    }

    /// Removes one. Ends the person's other sessions: whoever came in by it may be in one of them.
    ///
    /// # Errors
    /// `NotFound(Identity)`; `Conflict(LastWayIn)` when there is no password and no other that works. Passkeys do not count: they are tied
    /// to an address of this server, and can be removed.
    pub async fn remove_identity(&self, actor: &Actor, id: IdentityId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::factors::lock_person(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        if !identities::delete(&mut tx, actor.user, id).await? {
            return Err(Error::NotFound(What::Identity));
        }
        let known = users::find_own_sign_in(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        let left = identities::list(&mut tx, actor.user).await?;
        if known.password().is_none() && !left.iter().any(|one| self.providers.vouch_for(&one.issuer)) {
            return Err(Error::Conflict(Why::LastWayIn));
        }
        let ended = self.end_sessions(&mut tx, actor.user, actor.session(), EndReason::IdentityRemoved, now);
        let ended = ended.await?;
        let event = Event::new(Audited::IdentityUnlinked).own(actor.user).with("identity", id.to_string());
        self.audit.commit(tx, [event]).await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, identity = %id, "identity removed");
        Ok(())
    }
}
