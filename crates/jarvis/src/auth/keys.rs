//! API keys: for programs, with less power than their owner has.
//!
//! A key is judged at every request: it is there, has not run out, comes from where it may, and its owner is active. What it may do is
//! its scopes, and never more than its owner's role. It proves nothing about who is there: no key passes `RecentAuth`.

use std::net::IpAddr;
use std::time::Duration;

use jarvis_crypto::{ApiKey, Secret};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::keys as store;
use super::{Accounts, Actor, Addresses, Ended, Grant, Kind, Scopes, Subject, factors};
use crate::audit::{Event, Kind as Audited};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Forbidden, Result, What, Why};
use crate::ids::{KeyId, UserId};
use crate::users::{Role, directory};

/// Keys of one person.
const MAX: i64 = 50;
/// Characters of a key's name.
const MAX_NAME: usize = 100;
/// Between two notes of when a key was used.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// An API key, without what makes it work.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct Key {
    pub id: KeyId,
    pub name: String,
    /// Its first characters.
    #[schema(example = "jrv_ab12")]
    pub prefix: String,
    pub scopes: Scopes,
    /// Networks from which it may be used; none means from everywhere.
    pub addresses: Vec<String>,
    pub created_at: Timestamp,
    #[schema(required)]
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
}

/// What a key is made of.
pub struct NewKey {
    pub name: KeyName,
    pub scopes: Scopes,
    /// None: until it is deleted.
    pub life: Option<Duration>,
    pub addresses: Addresses,
}

/// What its owner calls a key: 1 to 100 characters in one line.
#[derive(Debug, Clone)]
pub struct KeyName(String);

impl KeyName {
    /// # Errors
    /// [`Error::Invalid`] on `name`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
            let detail = format!("A name has 1 to {MAX_NAME} characters in one line.");
            return Err(Error::invalid("name", "name_invalid", detail));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Accounts {
    /// Makes a key. What makes it work is in the answer and nowhere else.
    ///
    /// # Errors
    /// `Invalid` without any scope, `Forbidden` when the scope `admin` is asked for by somebody who is none, `Conflict` when there are too many.
    pub async fn create_key(&self, actor: &Actor, new: NewKey) -> Result<(Key, ApiKey)> {
        if new.scopes == Scopes::NONE {
            return Err(Error::invalid(
                "scopes",
                "scopes_empty",
                "Give at least one of chat, read and admin.",
            ));
        }
        let secret = ApiKey::generate().map_err(|error| Error::internal("randomness", error))?;
        let now = self.clock.now();
        let key = Key {
            id: KeyId::new(),
            name: new.name.0,
            prefix: secret.prefix().to_owned(),
            scopes: new.scopes,
            addresses: new.addresses.texts(),
            created_at: now,
            expires_at: new.life.map(|life| now.plus(life)),
            last_used_at: None,
        };
        let mut tx = self.db.begin().await?;
        // The owner's row: of two keys made at once the second counts the first.
        directory::lock(&mut tx, actor.user).await?;
        let role = directory::active_role(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        // A key that means nothing today must not mean much on the day its owner is made an admin.
        if new.scopes.admin && role < Role::Admin {
            return Err(Error::Forbidden(Forbidden::Role));
        }
        if store::count(&mut tx, actor.user).await? >= MAX {
            return Err(Error::Conflict(Why::TooManyKeys));
        }
        store::insert(&mut tx, actor.user, &key, &new.addresses, &secret.hash()).await?;
        let event = Event::new(Audited::KeyMade).own(actor.user).with("made", key.id.to_string());
        let event = event.with("prefix", key.prefix.as_str()).with("scopes", key.scopes.to_string());
        self.audit.commit(tx, [event]).await?;
        tracing::info!(user = %actor.user, key = %key.id, scopes = %key.scopes, "API key made");
        Ok((key, secret))
    }

    /// The actor's keys, the newest first.
    pub async fn keys(&self, actor: &Actor) -> Result<Vec<Key>> {
        store::list(&mut self.db.read().await?, actor.user).await
    }

    /// Deletes a key of the actor's: it stops working, and what it opened closes.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn revoke_key(&self, actor: &Actor, id: KeyId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !store::delete(&mut tx, actor.user, id).await? {
            return Err(Error::NotFound(What::Key));
        }
        let ended = self.end_key(&mut tx, id, self.clock.now()).await?;
        let event = Event::new(Audited::KeysRevoked).own(actor.user).with("revoked", id.to_string());
        self.audit.commit(tx, [event]).await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, key = %id, "API key deleted");
        Ok(())
    }

    /// Deletes every key of the actor's, for somebody who does not know which of them was seen.
    pub async fn revoke_keys(&self, actor: &Actor) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let ended = self.end_keys(&mut tx, actor.user).await?;
        let event = Event::new(Audited::KeysRevoked).own(actor.user).with("keys", ended.len());
        self.audit.commit(tx, [event]).await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, keys = ended.len(), "every API key deleted");
        Ok(())
    }

    /// Deletes every key of a user's; announce what is returned once the transaction is committed.
    pub async fn end_keys(&self, tx: &mut Tx, user: UserId) -> Result<Vec<Ended>> {
        let (now, mut ended) = (self.clock.now(), Vec::new());
        for key in store::delete_all(tx, user).await? {
            ended.extend(self.end_key(tx, key, now).await?);
        }
        Ok(ended)
    }

    /// Who a key that somebody showed belongs to, and what it may do.
    pub(super) async fn holder_of(&self, shown: &Secret<String>, address: Option<IpAddr>) -> Result<Actor> {
        let secret = ApiKey::parse(shown.expose()).ok_or(Error::Unauthenticated)?;
        let now = self.clock.now();
        let found = store::find_holder(&mut self.db.read().await?, &secret.hash(), now).await?;
        // One answer for a key that is not there, ran out, or comes from elsewhere: a stolen one tells nothing about its list.
        let Some(holder) = found.filter(|holder| holder.addresses.allow(address)) else {
            // A right key is never refused for the wrong ones that come from the same place.
            if let Some(address) = address {
                drop(self.limits.attempt(Kind::ApiKey, Subject::Nobody, address).await?);
            }
            return Err(Error::Unauthenticated);
        };
        if holder.last_used_at.is_none_or(|last| now.since(last) >= NOTED_EVERY) {
            self.note_key_use(holder.key, now).await;
        }
        Ok(self.acting(&holder))
    }

    /// As [`Accounts::holder_of`], for a key that let somebody in before.
    pub(super) async fn living_key(&self, user: UserId, key: KeyId) -> Result<Actor> {
        let now = self.clock.now();
        let found = store::find_holder_again(&mut self.db.read().await?, user, key, now).await?;
        found.map(|holder| self.acting(&holder)).ok_or(Error::Unauthenticated)
    }

    fn acting(&self, holder: &store::Holder) -> Actor {
        Actor {
            user: holder.user,
            grant: Grant::Key(holder.key),
            role: holder.role,
            proved_at: Timestamp::from_micros(0),
            scopes: holder.scopes,
            must_enrol: factors::must_enrol(self, holder.role, holder.has_factor),
        }
    }

    /// Best effort: what may be read must not fail because nothing can be written.
    async fn note_key_use(&self, key: KeyId, now: Timestamp) {
        let noted = async {
            let mut tx = self.db.begin().await?;
            store::note_use(&mut tx, key, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%key, %error, "the use of an API key was not noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line() {
        for bad in ["", "   ", "a\nb", "a\0b", "\u{85}x\u{1b}", &"x".repeat(101)] {
            assert!(KeyName::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(KeyName::parse(" Wohnzimmer 🏠 ").unwrap().0, "Wohnzimmer 🏠");
    }
}
