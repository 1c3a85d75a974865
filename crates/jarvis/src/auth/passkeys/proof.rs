//! Showing a passkey: to sign in, alone or after the password, and to prove again who is there.

use serde_json::Value;

use super::{Begun, Pending, begun, ceremony};
use crate::audit::{Event, Kind as Audited};
use crate::auth::flows::{Flow, FlowKind, SealedFlow};
use crate::auth::store::{self, passkeys};
use crate::auth::{Accounts, Actor, Device, How, Kind, Subject, Tokens};
use crate::db::Tx;
use crate::error::{Error, Result, Why};
use crate::ids::UserId;

/// A passkey whose signature was right, in a transaction that has noted it.
struct Shown {
    tx: Tx,
    user: UserId,
}

/// A sign-in that was begun.
enum Login {
    /// As the second step after this person's password.
    Second(UserId),
    /// By nobody in particular.
    Alone(SealedFlow),
}

impl Accounts {
    /// Begins a sign-in: with the `flow` of a `second_factor_required` as the second step of it, else of whoever the passkey names. Without
    /// a `flow` it asks no database and leaves nothing here.
    ///
    /// # Errors
    /// `Conflict(FlowOver | PasskeysNeedAName | NoPasskeys)`.
    pub async fn begin_passkey_login(&self, flow: Option<&str>, origin: Option<&str>) -> Result<Begun> {
        let site = self.sites.of(origin)?;
        let Some(flow) = flow else {
            let (options, ceremony) = ceremony::begin_assertion(&site, &[])?;
            let state = Pending { site, ceremony, name: None }.write()?;
            return Ok(begun(&self.seal_flow(FlowKind::PasskeyLogin, &state)?, options));
        };
        let mut tx = self.db.begin().await?;
        let user = self.find_flow(&mut tx, FlowKind::SecondFactor, flow).await?.user;
        let known = passkeys::known(&mut tx, user).await?;
        let (options, ceremony) = ceremony::begin_assertion(&site, &known)?;
        let state = Pending { site, ceremony, name: None }.write()?;
        let flow = Flow { user, session: None, state };
        let flow = self.open_flow(&mut tx, FlowKind::PasskeyLogin, &flow).await?;
        tx.commit().await?;
        Ok(begun(&flow, options))
    }

    /// Signs in with what the browser answered. Only an answer that is judged counts as an attempt: what is no answer, or comes too late,
    /// guesses nothing.
    ///
    /// # Errors
    /// [`Error::PasskeyRefused`], `Conflict(FlowOver)`, `RateLimited`.
    pub async fn finish_passkey_login(&self, flow: &str, answer: Value, device: &Device) -> Result<Tokens> {
        let login = match self.open_sealed_flow(FlowKind::PasskeyLogin, flow) {
            Ok(sealed) => Login::Alone(sealed),
            Err(_) => Login::Second(
                self.find_flow(&mut self.db.read().await?, FlowKind::PasskeyLogin, flow).await?.user,
            ),
        };
        let claimed = ceremony::claimed(answer)?;
        // Whose it would be: their own browser is counted apart from the network that it is in.
        let whose = match &login {
            Login::Second(user) => Some(*user),
            Login::Alone(_) => claimed.user,
        };
        let subject = whose.map_or(Subject::Nobody, Subject::User);
        let attempt = self.limits.attempt(Kind::Passkey, subject, device.source()).await?;
        let shown = async {
            match &login {
                Login::Second(user) => {
                    let flow = self.take_flow(FlowKind::PasskeyLogin, flow).await?;
                    self.show(Some(*user), &flow.state, claimed).await
                }
                Login::Alone(sealed) => {
                    let mut shown = self.show(None, &sealed.state, claimed).await?;
                    self.spend_flow(&mut shown.tx, sealed).await?;
                    Ok(shown)
                }
            }
        };
        let Shown { mut tx, user } = shown.await.inspect_err(|_| {
            self.audit.note(Event::failed(Audited::SignInFailed).about(whose).with("way", "passkey"));
            metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "refused").increment(1);
        })?;
        // What else was begun for this person has found its end.
        store::flows::delete_of(&mut tx, user).await?;
        let signed_in = self.sign_in_person(&mut tx, user, device, How::Passkey, self.clock.now()).await;
        // A disabled person's passkey is refused like an unknown one.
        let tokens = signed_in.map_err(|error| match error {
            Error::InvalidCredentials => Error::PasskeyRefused,
            other => other,
        })?;
        let _forgiven = attempt.succeeded_in(&mut tx).await?;
        self.audit.commit(tx, [Event::new(Audited::SignIn).own(user).with("way", "passkey")]).await?;
        metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "accepted").increment(1);
        Ok(tokens)
    }

    /// Begins to prove again who is there.
    ///
    /// # Errors
    /// `Conflict(PasskeysNeedAName | NoPasskeys)`, [`Error::PasskeyRefused`] where the caller has none.
    pub async fn begin_passkey_proof(&self, actor: &Actor, origin: Option<&str>) -> Result<Begun> {
        let site = self.sites.of(origin)?;
        let mut tx = self.db.begin().await?;
        let known = passkeys::known(&mut tx, actor.user).await?;
        if known.is_empty() {
            return Err(Error::PasskeyRefused);
        }
        let (options, ceremony) = ceremony::begin_assertion(&site, &known)?;
        let state = Pending { site, ceremony, name: None }.write()?;
        let flow = Flow { user: actor.user, session: actor.session(), state };
        let flow = self.open_flow(&mut tx, FlowKind::PasskeyProof, &flow).await?;
        tx.commit().await?;
        Ok(begun(&flow, options))
    }

    /// Renews the proof of the caller's session.
    ///
    /// # Errors
    /// [`Error::PasskeyRefused`], `Conflict(FlowOver)`.
    pub async fn finish_passkey_proof(&self, actor: &Actor, flow: &str, answer: Value) -> Result<()> {
        let flow = self.take_flow(FlowKind::PasskeyProof, flow).await?;
        let session = actor.session().filter(|session| flow.session == Some(*session));
        let session = session.ok_or(Error::Conflict(Why::FlowOver))?;
        let claimed = ceremony::claimed(answer)?;
        let shown = self.show(Some(flow.user), &flow.state, claimed).await.inspect_err(|_| {
            self.audit.note(Event::failed(Audited::ProofFailed).own(actor.user).with("way", "passkey"));
        });
        let Shown { mut tx, .. } = shown?;
        store::set_proved(&mut tx, session, self.clock.now()).await?;
        self.audit.commit(tx, [Event::new(Audited::Proved).own(actor.user).with("way", "passkey")]).await
    }

    /// Judges an answer. What is given back holds the transaction in which the use was noted: without a commit it was none.
    async fn show(&self, expected: Option<UserId>, state: &str, claimed: ceremony::Claimed) -> Result<Shown> {
        let pending = Pending::read(state)?;
        let known = passkeys::find(&mut self.db.read().await?, &claimed.credential_id).await?;
        let known = known.ok_or(Error::PasskeyRefused)?;
        // WebAuthn, 7.2, step 6: the passkey belongs to the person expected; where nobody was, to the one whom the answer names.
        let named = claimed.user;
        if (expected.is_none() && named.is_none())
            || expected.is_some_and(|user| user != known.user)
            || named.is_some_and(|user| user != known.user)
        {
            return Err(Error::PasskeyRefused);
        }
        let credential = ceremony::finish_assertion(&pending.site, pending.ceremony, &claimed, &known)?;
        let mut tx = self.db.begin().await?;
        // First the person, then the passkey, as where one is removed: two that lock in another order wait for each other.
        store::factors::lock_person(&mut tx, known.user).await?.ok_or(Error::PasskeyRefused)?;
        if !passkeys::note_use(&mut tx, &known, &credential, self.clock.now()).await? {
            return Err(Error::PasskeyRefused);
        }
        Ok(Shown { tx, user: known.user })
    }
}
