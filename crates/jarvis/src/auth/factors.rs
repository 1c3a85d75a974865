//! Second factors: who has which, who needs one, and whether what was shown is right.
//!
//! A factor is an authenticator program or a passkey. Recovery codes are made with the first factor, stand in for one that is lost, and
//! go with the last. Turning the first one on and removing any ends the person's other sessions: whoever is in one of them may be the
//! reason for the change (ASVS 7.4.3).

mod codes;
mod totp;

use jarvis_crypto::Secret;
use serde::Serialize;
use utoipa::ToSchema;

use super::flows::{Flow, FlowKind};
use super::limits::Source;
use super::store::factors::{self as store, Held};
use super::store::passkeys::{self, Passkey};
use super::{Accounts, Actor, EndReason, Ended};
use crate::clock::Timestamp;
use crate::config::RequireSecondFactor;
use crate::db::Tx;
use crate::error::{Error, Result, Why};
use crate::ids::{SessionId, UserId};
use crate::users::Role;

pub use totp::NewTotp;

/// Somebody's second factors.
#[derive(Debug, Serialize, ToSchema)]
pub struct Factors {
    /// An authenticator program is on.
    pub totp: bool,
    /// Of ten. Three or fewer: time for a new set.
    pub recovery_codes_left: i64,
    pub passkeys: Vec<Passkey>,
    /// This role must have a factor: the last one cannot be removed.
    pub required: bool,
}

/// Whether somebody of this role must enrol a second factor before anything else: the operator asks for one (`REQUIRE_2FA`) and they have
/// none.
pub(super) fn must_enrol(accounts: &Accounts, role: Role, has_factor: bool) -> bool {
    !has_factor && accounts.factor_required(role)
}

/// How a second step can be made.
pub(super) fn methods(held: Held) -> Vec<&'static str> {
    let known =
        [(held.totp, "totp"), (held.passkeys > 0, "passkey"), (held.recovery_codes > 0, "recovery_code")];
    known.into_iter().filter_map(|(has, method)| has.then_some(method)).collect()
}

impl Accounts {
    /// Whether the operator asks this role for a second factor.
    pub(super) fn factor_required(&self, role: Role) -> bool {
        match self.require_second_factor {
            RequireSecondFactor::None => false,
            RequireSecondFactor::Admin => role >= Role::Admin,
            RequireSecondFactor::All => true,
        }
    }

    /// What the caller has.
    pub async fn factors(&self, actor: &Actor) -> Result<Factors> {
        let mut reader = self.db.read().await?;
        let held = store::held(&mut reader, actor.user).await?;
        Ok(Factors {
            totp: held.totp,
            recovery_codes_left: held.recovery_codes,
            passkeys: passkeys::list(&mut reader, actor.user).await?,
            required: self.factor_required(actor.role),
        })
    }

    /// The second step of a sign-in, after the right password: passes where the person has no factor, else judges `otp`, the code of an
    /// authenticator program or a recovery code. Called outside any transaction; true when a factor was shown. When none had to be, ask again
    /// with the person's row locked: one may have been turned on meanwhile, and its other sessions ended without this one.
    ///
    /// # Errors
    /// [`Error::SecondFactorRequired`] without a code, [`Error::InvalidCode`], `RateLimited`.
    pub(super) async fn check_second(
        &self,
        user: UserId,
        otp: Option<&Secret<String>>,
        source: impl Into<Source<'_>>,
    ) -> Result<bool> {
        let held = store::held(&mut self.db.read().await?, user).await?;
        if !held.any() {
            return Ok(false);
        }
        match otp.filter(|otp| !otp.expose().trim().is_empty()) {
            Some(otp) => self.check_code(user, otp, source).await.map(|()| true),
            None => Err(self.ask_second(user, held).await?),
        }
    }

    async fn ask_second(&self, user: UserId, held: Held) -> Result<Error> {
        let methods = methods(held);
        let mut tx = self.db.begin().await?;
        let flow = Flow { user, session: None, state: String::new() };
        let flow = self.open_flow(&mut tx, FlowKind::SecondFactor, &flow).await?;
        tx.commit().await?;
        Ok(Error::SecondFactorRequired { flow: flow.expose().clone(), methods })
    }

    /// Takes every factor of a person away, for an admin who helps somebody that lost theirs. The caller ends their sessions and commits.
    pub async fn reset_factors(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        store::delete_totp(tx, user).await?;
        store::delete_recovery_codes(tx, user).await?;
        passkeys::delete_all(tx, user).await?;
        super::store::flows::delete_of(tx, user).await
    }

    /// After the first factor was added in this transaction: recovery codes, shown once, and the end of the other sessions. `before` is what
    /// was held under the same lock.
    pub(super) async fn after_adding(
        &self,
        tx: &mut Tx,
        (user, session): (UserId, Option<SessionId>),
        before: Held,
        now: Timestamp,
    ) -> Result<(Option<Vec<String>>, Vec<Ended>)> {
        if before.any() {
            return Ok((None, Vec::new()));
        }
        let shown = codes::replace(tx, user).await?;
        let ended = self.end_sessions(tx, user, session, EndReason::FactorsChanged, now).await?;
        Ok((Some(shown), ended))
    }

    /// After a factor was removed in this transaction, under the lock of [`store::lock_person`] that gave the role.
    ///
    /// # Errors
    /// `Conflict(FactorRequired)` when it was the last and the role asks for one: then the transaction is not to be committed.
    pub(super) async fn after_removing(
        &self,
        tx: &mut Tx,
        (user, session): (UserId, Option<SessionId>),
        role: Role,
        now: Timestamp,
    ) -> Result<Vec<Ended>> {
        if !store::held(tx, user).await?.any() {
            if self.factor_required(role) {
                return Err(Error::Conflict(Why::FactorRequired));
            }
            store::delete_recovery_codes(tx, user).await?;
        }
        self.end_sessions(tx, user, session, EndReason::FactorsChanged, now).await
    }
}
