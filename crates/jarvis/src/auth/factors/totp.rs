//! An authenticator program: its secret, sealed in the store, and its codes, each accepted once.

use std::time::Duration;

use jarvis_crypto::{Place, Secret, TotpSecret};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::store::factors::{self as store, Totp};
use crate::auth::{Accounts, Actor, Device, Kind, Subject};
use crate::error::{Error, Result, Why};
use crate::ids::UserId;
use crate::users;
use crate::vault::Renewed;

/// What the program shows above its codes.
const ISSUER: &str = "Jarvis";
/// Records that a rotation changes in one transaction.
const BATCH: i64 = 100;
/// A secret waits this long for its first code.
const WAIT: Duration = Duration::from_secs(15 * 60);

/// A new secret, for its owner's eyes: it is on once they have shown a code of it.
#[derive(Serialize, ToSchema)]
pub struct NewTotp {
    /// Base 32 (RFC 4648), for typing.
    pub secret: String,
    /// `otpauth://totp/...`, for a QR code.
    pub uri: String,
}

impl Accounts {
    /// Makes a secret that waits for its first code. One that already waits is replaced.
    ///
    /// # Errors
    /// `Conflict(TotpOn)`.
    pub async fn begin_totp(&self, actor: &Actor) -> Result<NewTotp> {
        let secret = TotpSecret::generate().map_err(|error| Error::internal("randomness", error))?;
        let sealed = self.seal_totp(actor.user, &secret)?;
        let mut tx = self.db.begin().await?;
        let user = users::find(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        if !store::begin_totp(&mut tx, actor.user, &sealed, self.clock.now()).await? {
            return Err(Error::Conflict(Why::TotpOn));
        }
        tx.commit().await?;
        let uri = secret.uri(ISSUER, &user.username).expose().clone();
        Ok(NewTotp { secret: secret.base32().expose().clone(), uri })
    }

    /// Turns the waiting secret on with a first code of it. Recovery codes come with the first factor.
    ///
    /// # Errors
    /// `Conflict(TotpOn | TotpNotBegun)`, [`Error::InvalidCode`], `RateLimited`.
    pub async fn confirm_totp(
        &self,
        actor: &Actor,
        code: &Secret<String>,
        device: &Device,
    ) -> Result<Option<Vec<String>>> {
        let now = self.clock.now();
        let waiting = store::find_totp(&mut self.db.read().await?, actor.user).await?;
        let waiting = match waiting {
            Some(totp) if totp.confirmed => return Err(Error::Conflict(Why::TotpOn)),
            Some(totp) if now.since(totp.created_at) < WAIT => totp,
            _ => return Err(Error::Conflict(Why::TotpNotBegun)),
        };
        // Counted before anything is compared.
        let attempt = self.limits.attempt(Kind::Code, Subject::User(actor.user), device.source()).await?;
        let step = self.step_of(actor.user, &waiting, code)?.ok_or(Error::InvalidCode)?;
        let mut tx = self.db.begin().await?;
        store::lock_person(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        let before = store::held(&mut tx, actor.user).await?;
        if !store::confirm_totp(&mut tx, actor.user, waiting.created_at, step, now).await? {
            return Err(Error::Conflict(Why::TotpNotBegun));
        }
        let (codes, ended) = self.after_adding(&mut tx, (actor.user, actor.session()), before, now).await?;
        let _forgiven = attempt.succeeded_in(&mut tx).await?;
        tx.commit().await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, "authenticator program turned on");
        Ok(codes)
    }

    /// Turns the authenticator program off; with the last factor the recovery codes go too.
    ///
    /// # Errors
    /// `Conflict(FactorRequired)`. None when there was none to turn off.
    pub async fn remove_totp(&self, actor: &Actor) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let role = store::lock_person(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        if !store::delete_totp(&mut tx, actor.user).await? {
            // One that waited for its first code goes without a word.
            return tx.commit().await;
        }
        let now = self.clock.now();
        let ended = self.after_removing(&mut tx, (actor.user, actor.session()), role, now).await?;
        tx.commit().await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, "authenticator program turned off");
        Ok(())
    }

    /// Whether this is a code of the program that is on, of a step that has not been accepted yet. It is then.
    pub(super) async fn use_totp(&self, user: UserId, code: &Secret<String>) -> Result<bool> {
        let totp = store::find_totp(&mut self.db.read().await?, user).await?;
        let Some(totp) = totp.filter(|totp| totp.confirmed) else { return Ok(false) };
        let Some(step) = self.step_of(user, &totp, code)? else { return Ok(false) };
        let mut tx = self.db.begin().await?;
        // Decides between two who bring the same code at the same moment.
        let accepted = store::accept_step(&mut tx, user, step).await?;
        if accepted && !self.sealer.is_current(&totp.secret) {
            // After a rotation of the key each secret moves to the new one when it is next used.
            let secret = self.open_totp(user, &totp)?;
            store::reseal_totp(&mut tx, user, &totp.secret, &self.seal_totp(user, &secret)?).await?;
        }
        tx.commit().await?;
        Ok(accepted)
    }

    /// How many secrets are not sealed with the current key of the installation.
    pub async fn old_totp_secrets(&self) -> Result<u64> {
        let header = self.sealer.current_header();
        let count = store::count_other_totp(&mut self.db.read().await?, &header).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Seals every secret with the current key of the installation.
    pub async fn renew_totp_secrets(&self) -> Result<Renewed> {
        let (header, mut done, mut after) = (self.sealer.current_header(), Renewed::default(), None);
        loop {
            let mut tx = self.db.begin().await?;
            let batch = store::other_totp(&mut tx, &header, after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(done) };
            after = Some(*last);
            for (user, old) in batch {
                let Ok(secret) = self.sealer.open(&old, place(&user)) else {
                    done.unreadable += 1;
                    continue;
                };
                let new = self.sealer.seal(secret.expose(), place(&user));
                let new = new.map_err(|error| Error::internal("sealing", error))?;
                done.renewed += u64::from(store::reseal_totp(&mut tx, user, &old, &new).await?);
            }
            tx.commit().await?;
        }
    }

    fn step_of(&self, user: UserId, totp: &Totp, code: &Secret<String>) -> Result<Option<i64>> {
        let secret = self.open_totp(user, totp)?;
        Ok(secret.check(code.expose(), self.clock.now().seconds(), totp.last_step))
    }

    fn seal_totp(&self, user: UserId, secret: &TotpSecret) -> Result<Vec<u8>> {
        self.sealer.seal(secret.expose(), place(&user)).map_err(|error| Error::internal("sealing", error))
    }

    fn open_totp(&self, user: UserId, totp: &Totp) -> Result<TotpSecret> {
        let opened = self.sealer.open(&totp.secret, place(&user));
        let opened = opened.map_err(|error| Error::internal("a sealed authenticator secret", error))?;
        TotpSecret::from_slice(opened.expose())
            .ok_or_else(|| Error::Internal("an authenticator secret of a wrong length".into()))
    }
}

/// Where the secret lives: it opens in no other row.
fn place(user: &UserId) -> Place<'_> {
    let user = user.0.as_bytes();
    Place { table: "totp", column: "secret", row: user, owner: user }
}
