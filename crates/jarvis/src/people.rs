//! Looking after accounts: by admins on the page, and by the operator at the shell.
//!
//! Each change reads anew, within its own transaction and after taking its turn, who is asking and about whom: a right that was lost a
//! moment ago changes nothing any more. What takes a right away ends the person's sessions in the same transaction.

pub mod api;

use crate::auth::{Accounts, Actor, EndReason};
use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::error::{Error, Forbidden, Result, What};
use crate::ids::UserId;
use crate::users::Role;
use crate::users::directory::{self, Person, PersonPage, Search};
use crate::users::rights::{may_grant, may_manage};
use crate::vault::Vault;

/// Who asks for a change.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Somebody at the page or with a key: bound by their role.
    Actor(&'a Actor),
    /// Whoever has a shell beside the database. Only the last superuser is safe from them.
    Operator,
}

/// What is to change about an account; absent means unchanged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes {
    pub role: Option<Role>,
    pub is_active: Option<bool>,
}

/// Accounts, as those see them who look after them.
#[derive(Clone)]
pub struct People {
    db: Db,
    vault: Vault,
    clock: Clock,
    accounts: Accounts,
}

impl People {
    pub fn new((db, vault): (Db, Vault), clock: Clock, accounts: Accounts) -> Self {
        Self { db, vault, clock, accounts }
    }

    /// The accounts that a search finds, by name.
    pub async fn list(&self, search: &Search) -> Result<PersonPage> {
        let mut reader = self.db.read().await?;
        let mut page = directory::page(&mut reader, search, self.clock.now()).await?;
        for person in &mut page.items {
            person.locked = self.accounts.limits().hold_up(&mut reader, &person.user).await?;
        }
        Ok(page)
    }

    /// One account.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn read(&self, id: UserId) -> Result<Person> {
        let mut reader = self.db.read().await?;
        let found = directory::find(&mut reader, id, self.clock.now()).await?;
        let mut person = found.ok_or(Error::NotFound(What::Person))?;
        person.locked = self.accounts.limits().hold_up(&mut reader, &person.user).await?;
        Ok(person)
    }

    /// The account with this name or e-mail address.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn find(&self, login: &str) -> Result<UserId> {
        let found = directory::find_by_login(&mut self.db.read().await?, login).await?;
        found.ok_or(Error::NotFound(What::Person))
    }

    /// Gives another role, enables or disables. Another role, too, means signing in again: no session outlives the rights it was made with.
    ///
    /// # Errors
    /// `Forbidden` when the asker's role does not reach, `Conflict` for the last superuser, `NotFound`.
    pub async fn update(&self, by: By<'_>, id: UserId, changes: Changes) -> Result<Person> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let (asker, Person { user, .. }) = self.target(&mut tx, by, id).await?;
        let role = changes.role.filter(|role| *role != user.role);
        let is_active = changes.is_active.filter(|is_active| *is_active != user.is_active);
        if let (Some(asker), Some(role)) = (asker, role)
            && !may_grant(asker, role)
        {
            return Err(Error::Forbidden(Forbidden::Role));
        }
        let why = match (is_active, role) {
            (Some(false), _) => Some(EndReason::Disabled),
            (_, Some(_)) => Some(EndReason::RoleChanged),
            _ => None,
        };
        if why.is_some() {
            directory::keep_a_superuser(&mut tx, id).await?;
        }
        if let Some(role) = role {
            directory::set_role(&mut tx, id, role).await?;
        }
        if let Some(is_active) = is_active {
            directory::set_active(&mut tx, id, is_active).await?;
        }
        let _lifted = match changes.is_active {
            // Who is let in again may try again, however often somebody guessed before.
            Some(true) => Some(self.accounts.limits().lift(&mut tx, id).await?),
            _ => None,
        };
        let ended = match why {
            Some(why) => self.accounts.end_sessions(&mut tx, id, None, why, now).await?,
            None => Vec::new(),
        };
        let mut changed = directory::find(&mut tx, id, now).await?.ok_or(Error::NotFound(What::Person))?;
        changed.locked = self.accounts.limits().hold_up(&mut tx, &changed.user).await?;
        tx.commit().await?;
        self.accounts.announce_ended(&ended);
        tracing::info!(user = %id, role = role.map(Role::name), is_active, "account changed");
        Ok(changed)
    }

    /// Takes every second factor away, for somebody who has lost theirs, and signs them out everywhere.
    ///
    /// # Errors
    /// As [`People::update`].
    pub async fn reset_factors(&self, by: By<'_>, id: UserId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.target(&mut tx, by, id).await?;
        self.accounts.reset_factors(&mut tx, id).await?;
        let _lifted = self.accounts.limits().lift(&mut tx, id).await?;
        let now = self.clock.now();
        let ended = self.accounts.end_sessions(&mut tx, id, None, EndReason::FactorsReset, now).await?;
        tx.commit().await?;
        self.accounts.announce_ended(&ended);
        tracing::info!(user = %id, "second factors reset");
        Ok(())
    }

    /// Signs somebody out everywhere; `keys`: their API keys are deleted too.
    ///
    /// # Errors
    /// As [`People::update`].
    pub async fn end_sessions(&self, by: By<'_>, id: UserId, keys: bool) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.target(&mut tx, by, id).await?;
        let now = self.clock.now();
        let mut ended = self.accounts.end_sessions(&mut tx, id, None, EndReason::Revoked, now).await?;
        let sessions = ended.len();
        if keys {
            ended.extend(self.accounts.end_keys(&mut tx, id).await?);
        }
        tx.commit().await?;
        self.accounts.announce_ended(&ended);
        tracing::info!(user = %id, sessions, keys = ended.len() - sessions, "signed out everywhere");
        Ok(())
    }

    /// Deletes an account with everything that is its own.
    ///
    /// # Errors
    /// As [`People::update`].
    pub async fn delete(&self, by: By<'_>, id: UserId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.target(&mut tx, by, id).await?;
        directory::keep_a_superuser(&mut tx, id).await?;
        let now = self.clock.now();
        let ended = self.accounts.end_sessions(&mut tx, id, None, EndReason::Deleted, now).await?;
        directory::delete(&mut tx, id).await?;
        tx.commit().await?;
        self.accounts.announce_ended(&ended);
        self.vault.destroyed(id).await;
        tracing::info!(user = %id, "account deleted");
        Ok(())
    }

    /// Takes its turn and locks the account, so that nobody signs in to it until the change is made; then gives the role of who asks (None
    /// for the operator) and the account they may change.
    async fn target(&self, tx: &mut Tx, by: By<'_>, id: UserId) -> Result<(Option<Role>, Person)> {
        directory::take_turn(tx).await?;
        let asker = match by {
            By::Operator => None,
            By::Actor(actor) if actor.user == id => return Err(Error::Forbidden(Forbidden::NotYourself)),
            By::Actor(actor) => {
                Some(directory::active_role(tx, actor.user).await?.ok_or(Error::Unauthenticated)?)
            }
        };
        if asker.is_some_and(|asker| asker < Role::Admin) {
            return Err(Error::Forbidden(Forbidden::Role));
        }
        directory::lock(tx, id).await?;
        let person = directory::find(tx, id, self.clock.now()).await?.ok_or(Error::NotFound(What::Person))?;
        if asker.is_some_and(|asker| !may_manage(asker, person.user.role)) {
            return Err(Error::Forbidden(Forbidden::Role));
        }
        Ok((asker, person))
    }
}
