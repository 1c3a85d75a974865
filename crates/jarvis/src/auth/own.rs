//! What people do with their own account: change the password, prove that it is them, change what is kept of them, leave.

use std::net::IpAddr;

use jarvis_crypto::{Secret, Verdict};
use serde_json::{Map, Value};

use super::{Accounts, Actor, Attempt, Device, EndReason, Kind, Subject, store};
use crate::error::{Error, FieldFault, Result, Why};
use crate::users::{self, Email, SignIn, User};

/// Bytes of what a page keeps for a person, as JSON.
const PREFERENCES_MAX: usize = 16 * 1024;

/// What somebody changes about their account; absent means unchanged.
#[derive(Default)]
pub struct OwnChanges {
    pub email: Option<Email>,
    pub preferences: Option<Map<String, Value>>,
}

impl Accounts {
    /// Gives a new password and ends every other session: whoever is in one of them may be the reason. Who has none yet, because the
    /// account was made through a provider, has proved a few minutes ago at most who is there.
    ///
    /// # Errors
    /// `Invalid` on either, `InvalidCredentials` when the current one is wrong, `Forbidden(RecentProof)`, `RateLimited`.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: Option<Secret<String>>,
        new: Secret<String>,
        device: &Device,
    ) -> Result<()> {
        let user = self.user(actor).await?;
        let local = user.email.split('@').next().unwrap_or_default();
        if let Err(weakness) = jarvis_crypto::check_rule(new.expose(), &[&user.username, &user.email, local])
        {
            let detail = weakness.to_string().into();
            let fault = FieldFault { field: "new_password".into(), code: weakness.code(), detail };
            return Err(Error::Invalid(vec![fault]));
        }
        let (known, attempt) = match current {
            Some(current) => self.compare_own(actor, current, device.source().address).await?,
            None => self.without_password(actor, device.source().address).await?,
        };
        let hash = match self.hashing.hash(new).await {
            Ok(hash) => hash,
            Err(busy) => {
                attempt.take_back().await?;
                return Err(busy);
            }
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !users::renew_password(&mut tx, actor.user, &known.password_hash, Some(&hash)).await? {
            return Err(Error::InvalidCredentials);
        }
        let why = EndReason::PasswordChanged;
        let ended = self.end_sessions(&mut tx, actor.user, actor.session(), why, now).await?;
        match actor.session() {
            // Where a second factor is on, the password alone proves nothing: not here either.
            Some(session) if !store::has_factor(&mut tx, actor.user).await? => {
                store::set_proved(&mut tx, session, now).await?;
            }
            _ => (),
        }
        let _forgiven = attempt.succeeded_in(&mut tx).await?;
        // The devices are forgotten but for this one, and what was guessed of the old password counts no more.
        self.limits.remember(&mut tx, actor.user, device.source(), now).await?;
        let _lifted = self.limits.lift(&mut tx, actor.user).await?;
        tx.commit().await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, sessions_ended = ended.len(), "password changed");
        Ok(())
    }

    /// Proves again who is there, for changes that ask for it: with the password, and with a code too where a second factor is on.
    ///
    /// # Errors
    /// `InvalidCredentials`, `SecondFactorRequired`, `InvalidCode`, `RateLimited`; `Conflict(NoPassword)` where the account has none: its
    /// provider is asked instead.
    pub async fn prove(
        &self,
        actor: &Actor,
        password: Secret<String>,
        otp: Option<Secret<String>>,
        device: &Device,
    ) -> Result<()> {
        let session = actor.session().ok_or(Error::Unauthenticated)?;
        let (_, attempt) = self.compare_own(actor, password, device.source().address).await?;
        let otp = otp.filter(|otp| !otp.expose().trim().is_empty());
        if let Err(second) = self.check_second(actor.user, otp.as_ref(), device.source()).await {
            attempt.take_back().await?;
            return Err(second);
        }
        let mut tx = self.db.begin().await?;
        store::set_proved(&mut tx, session, self.clock.now()).await?;
        let _forgiven = attempt.succeeded_in(&mut tx).await?;
        tx.commit().await
    }

    /// Lets somebody set their first password.
    async fn without_password(&self, actor: &Actor, address: IpAddr) -> Result<(SignIn, Attempt)> {
        let known = users::find_own_sign_in(&mut self.db.read().await?, actor.user).await?;
        let known = known.ok_or(Error::Unauthenticated)?;
        if known.password().is_some() {
            let detail = "Say the current password too.";
            return Err(Error::invalid("current_password", "required", detail));
        }
        self.recently_proved(actor).await?;
        let attempt = self.limits.attempt(Kind::OwnPassword, Subject::User(actor.user), address).await?;
        Ok((known, attempt))
    }

    /// Compares the caller's own password, as slowly as anybody's.
    async fn compare_own(
        &self,
        actor: &Actor,
        password: Secret<String>,
        address: IpAddr,
    ) -> Result<(SignIn, Attempt)> {
        let known = users::find_own_sign_in(&mut self.db.read().await?, actor.user).await?;
        let known = known.ok_or(Error::Unauthenticated)?;
        let hash = known.password().map(str::to_owned).ok_or(Error::Conflict(Why::NoPassword))?;
        let attempt = self.limits.attempt(Kind::OwnPassword, Subject::User(actor.user), address).await?;
        match self.hashing.verify(password, Some(hash)).await {
            Ok(Verdict::Match | Verdict::MatchOutdated) => Ok((known, attempt)),
            Ok(Verdict::Mismatch) => Err(Error::InvalidCredentials),
            Err(busy) => {
                attempt.take_back().await?;
                Err(busy)
            }
        }
    }

    /// Changes what is kept of the caller. Another address needs a recent proof, and counts as unverified.
    ///
    /// # Errors
    /// `Invalid`, `Forbidden(RecentProof)`, `Conflict(EmailTaken)`.
    pub async fn update_own(&self, actor: &Actor, changes: OwnChanges) -> Result<User> {
        if changes.email.is_some() {
            self.recently_proved(actor).await?;
        }
        let preferences = changes.preferences.map(|chosen| Value::Object(chosen).to_string());
        if preferences.as_ref().is_some_and(|chosen| chosen.len() > PREFERENCES_MAX) {
            let detail = "Preferences may have 16 KiB in all.";
            return Err(Error::invalid("preferences", "preferences_too_long", detail));
        }
        let mut tx = self.db.begin().await?;
        users::update_own(&mut tx, actor.user, changes.email.as_ref(), preferences.as_deref()).await?;
        let user = users::find(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        tx.commit().await?;
        Ok(user)
    }

    /// Deletes the caller's account with everything that is their own.
    ///
    /// # Errors
    /// `Conflict(LastSuperuser)`: somebody must be left who can manage everybody.
    pub async fn delete_own(&self, actor: &Actor) -> Result<()> {
        let mut tx = self.db.begin().await?;
        users::directory::keep_a_superuser(&mut tx, actor.user).await?;
        let ended =
            self.end_sessions(&mut tx, actor.user, None, EndReason::Deleted, self.clock.now()).await?;
        users::directory::delete(&mut tx, actor.user).await?;
        tx.commit().await?;
        self.announce_ended(&ended);
        self.vault.destroyed(actor.user).await;
        tracing::info!(user = %actor.user, "account deleted by its owner");
        Ok(())
    }
}
