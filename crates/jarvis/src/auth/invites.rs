//! Invitations: a code, shown once, that lets one person make an account of the role that it gives.

use std::net::IpAddr;
use std::time::Duration;

use jarvis_crypto::{OpaqueToken, Secret, TokenHash};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::invites as store;
use super::{Accounts, Actor, Kind, Subject};
use crate::audit::{Event, Kind as Audited};
use crate::clock::Timestamp;
use crate::config;
use crate::db::Tx;
use crate::error::{Error, Forbidden, Result, What, Why};
use crate::ids::{InviteId, UserId};
use crate::users::rights::may_grant;
use crate::users::{Email, Role, directory};

/// Marks an invitation's code, for scanners and for the log redactor.
const PREFIX: &str = "jri_";
/// Invitations of one person that wait to be used.
const MAX_OPEN: i64 = 100;

/// An invitation, without its code.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct Invite {
    pub id: InviteId,
    /// The one address it is for, in lower case; null for anybody.
    #[schema(required)]
    pub email: Option<String>,
    /// What the new account may do.
    pub role: Role,
    pub made_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[schema(required)]
    pub used_at: Option<Timestamp>,
    /// The account that was made with it.
    #[schema(required)]
    pub used_by: Option<UserId>,
}

/// What an invitation is made of.
pub struct NewInvite {
    pub email: Option<Email>,
    pub role: Role,
    pub life: Duration,
}

/// A code that somebody brought, well formed; whether it is known is asked in the transaction that uses it.
pub(super) struct Code(TokenHash);

impl Code {
    /// # Errors
    /// `Forbidden` unless it can be one of ours.
    pub(super) fn parse(text: &Secret<String>) -> Result<Self> {
        let token = OpaqueToken::parse(PREFIX, text.expose().trim());
        token.map(|token| Self(token.hash())).ok_or(Error::Forbidden(Forbidden::InviteInvalid))
    }

    /// By which its attempts are counted.
    pub(super) fn hash(&self) -> &TokenHash {
        &self.0
    }
}

impl Accounts {
    /// Makes an invitation. Its code is in the answer and nowhere else.
    ///
    /// # Errors
    /// `Forbidden` when the role is not the actor's to give or nobody can register here, `Conflict` when the address has an account or
    /// too many invitations are open.
    pub async fn invite(&self, actor: &Actor, new: NewInvite) -> Result<(Invite, OpaqueToken)> {
        if self.registration() == config::Registration::Closed {
            return Err(Error::Forbidden(Forbidden::RegistrationClosed));
        }
        let code = OpaqueToken::generate(PREFIX).map_err(|error| Error::internal("randomness", error))?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        directory::take_turn(&mut tx).await?;
        let role = directory::active_role(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        if !may_grant(role, new.role) {
            return Err(Error::Forbidden(Forbidden::Role));
        }
        if let Some(email) = &new.email
            && directory::has_email(&mut tx, email).await?
        {
            return Err(Error::Conflict(Why::EmailTaken));
        }
        if store::count_open(&mut tx, actor.user, now).await? >= MAX_OPEN {
            return Err(Error::Conflict(Why::TooManyInvites));
        }
        let invite = Invite {
            id: InviteId::new(),
            email: new.email.as_ref().map(Email::key),
            role: new.role,
            made_by: actor.user,
            created_at: now,
            expires_at: now.plus(new.life),
            used_at: None,
            used_by: None,
        };
        store::insert(&mut tx, &invite, &code.hash()).await?;
        let event = Event::new(Audited::InviteMade).by(actor.user).with("invite", invite.id.to_string());
        self.audit.commit(tx, [event.with("role", invite.role.name())]).await?;
        tracing::info!(invite = %invite.id, by = %actor.user, role = invite.role.name(), "invitation made");
        Ok((invite, code))
    }

    /// The invitations that an actor may see, the newest first: to the roles that they may give.
    pub async fn invites(
        &self,
        actor: &Actor,
        after: Option<InviteId>,
        limit: u32,
    ) -> Result<(Vec<Invite>, Option<InviteId>)> {
        let mut reader = self.db.read().await?;
        let mut items = store::page(&mut reader, sees_every(actor), after, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|invite| invite.id);
        Ok((items, next))
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// `NotFound` when there is none that the actor may see.
    pub async fn revoke_invite(&self, actor: &Actor, id: InviteId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        if !store::delete(&mut tx, id, sees_every(actor)).await? {
            return Err(Error::NotFound(What::Invite));
        }
        let event = Event::new(Audited::InviteRevoked).by(actor.user).with("invite", id.to_string());
        self.audit.commit(tx, [event]).await?;
        tracing::info!(invite = %id, by = %actor.user, "invitation taken back");
        Ok(())
    }

    /// Where a code is used: an address of the page where the operator said how people reach us, else only its path, for the page to
    /// complete. The code stands behind the `#`: a browser sends it to nobody.
    pub fn join_link(&self, code: &OpaqueToken) -> String {
        format!("{}/join#{}", self.public_url.as_deref().unwrap_or_default(), code.expose())
    }

    /// Whether a code is good for this address now. Asked before a password is hashed and before anything is told about names; using
    /// the invitation asks again.
    ///
    /// # Errors
    /// `Forbidden`; `RateLimited` for a source that tries codes which are not good. A good one is never refused for that.
    pub(super) async fn check_invite(&self, code: &Code, email: &Email, address: IpAddr) -> Result<()> {
        let now = self.clock.now();
        let offer = store::find_offer(&mut self.db.read().await?, &code.0, &email.key(), now).await?;
        let refused = match granted(offer) {
            Ok(_) => return Ok(()),
            Err(refused) => refused,
        };
        drop(self.limits.attempt(Kind::Invite, Subject::Nobody, address).await?);
        Err(refused)
    }
}

/// Uses an invitation up and gives the role that it gives. The first thing in the transaction that makes the account, so that the second
/// of two who bring the same code is told that and nothing else.
pub(super) async fn redeem(tx: &mut Tx, code: &Code, email: &Email, now: Timestamp) -> Result<Role> {
    let role = granted(store::find_offer(tx, &code.0, &email.key(), now).await?)?;
    if store::use_up(tx, &code.0, &email.key(), now).await? {
        Ok(role)
    } else {
        Err(Error::Forbidden(Forbidden::InviteInvalid))
    }
}

/// Remembers who came by an invitation.
pub(super) async fn note_guest(tx: &mut Tx, code: &Code, user: UserId) -> Result<()> {
    store::set_guest(tx, &code.0, user).await
}

/// The role that an invitation gives, if its maker still is somebody who may give it: nobody's power outlives them.
fn granted(offer: Option<store::Offer>) -> Result<Role> {
    offer
        .filter(|offer| offer.maker_role.is_some_and(|maker| may_grant(maker, offer.role)))
        .map(|offer| offer.role)
        .ok_or(Error::Forbidden(Forbidden::InviteInvalid))
}

fn sees_every(actor: &Actor) -> bool {
    may_grant(actor.role, Role::Superuser)
}
