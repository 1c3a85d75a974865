//! One-time codes at the door: of an authenticator program, or from the sheet of recovery codes.

use jarvis_crypto::{RecoveryCode, Secret};

use crate::audit::{Event, Kind as Audited};
use crate::auth::limits::Source;
use crate::auth::store::factors as store;
use crate::auth::{Accounts, Actor, Kind, Subject};
use crate::db::Tx;
use crate::error::{Error, Result, Why};
use crate::ids::UserId;

impl Accounts {
    /// Judges a code, and uses it up if it is right.
    ///
    /// # Errors
    /// [`Error::InvalidCode`], `RateLimited`.
    pub(in crate::auth) async fn check_code(
        &self,
        user: UserId,
        code: &Secret<String>,
        source: impl Into<Source<'_>>,
    ) -> Result<()> {
        // Counted before anything is compared, so that two hundred guesses at once are not two hundred comparisons.
        let attempt = self.limits.attempt(Kind::Code, Subject::User(user), source).await?;
        let right = match RecoveryCode::parse(code.expose()) {
            Some(code) => self.use_recovery_code(user, &code).await?,
            None => self.use_totp(user, code).await?,
        };
        if !right {
            self.audit.note(Event::failed(Audited::SecondFactorFailed).about(user));
            metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "refused").increment(1);
            return Err(Error::InvalidCode);
        }
        attempt.succeeded().await
    }

    async fn use_recovery_code(&self, user: UserId, code: &RecoveryCode) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let used = store::use_recovery_code(&mut tx, user, &code.hash(user.0), self.clock.now()).await?;
        let event = used.then(|| Event::new(Audited::RecoveryCodeUsed).own(user));
        self.audit.commit(tx, event).await?;
        if used {
            tracing::info!(%user, "a recovery code was used");
        }
        Ok(used)
    }

    /// A new sheet of recovery codes; the old one is worth nothing from now on.
    ///
    /// # Errors
    /// `Conflict(NoFactor)` where there is nothing that they could stand in for.
    pub async fn renew_recovery_codes(&self, actor: &Actor) -> Result<Vec<String>> {
        let mut tx = self.db.begin().await?;
        store::lock_person(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        if !store::held(&mut tx, actor.user).await?.any() {
            return Err(Error::Conflict(Why::NoFactor));
        }
        let shown = replace(&mut tx, actor.user).await?;
        self.audit.commit(tx, [Event::new(Audited::RecoveryCodesRenewed).own(actor.user)]).await?;
        tracing::info!(user = %actor.user, "recovery codes renewed");
        Ok(shown)
    }
}

/// Stores a new set and gives it to be shown, once.
pub(super) async fn replace(tx: &mut Tx, user: UserId) -> Result<Vec<String>> {
    let set = RecoveryCode::generate_set().map_err(|error| Error::internal("randomness", error))?;
    let hashes: Vec<_> = set.iter().map(|code| code.hash(user.0)).collect();
    store::replace_recovery_codes(tx, user, &hashes).await?;
    Ok(set.iter().map(|code| code.shown().expose().clone()).collect())
}
