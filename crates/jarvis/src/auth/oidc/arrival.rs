//! Coming back from a provider.

use jarvis_crypto::{Secret, TokenHash};

use super::errand::{Aim, ERRAND_LIFE, Errand};
use super::identities::MOST;
use super::provider::{Provider, Return};
use super::vouched::Vouched;
use crate::audit::{Event, Kind as Audited};
use crate::auth::flows::{Flow, FlowKind};
use crate::auth::invites::{self, Code};
use crate::auth::store::{self, identities};
use crate::auth::{Accounts, Device, EndReason, How, Kind, Subject, Tokens, factors};
use crate::clock::Timestamp;
use crate::config;
use crate::db::Tx;
use crate::error::{Error, Forbidden, Result, Unvouched, Why};
use crate::ids::{IdentityId, SessionId, UserId};
use crate::users::{self, Email, NO_PASSWORD, NewUser, Role};

/// Characters of a code that a provider gives.
const CODE_MAX: usize = 4_096;
/// Begins the state of a flow whose first step was a provider's word; the identity's id follows.
const SECOND_STEP: &str = "oidc:";

/// What a provider sent a person back with (RFC 6749, 4.1.2; RFC 9207).
#[derive(Default)]
pub struct Answer<'a> {
    pub code: Option<&'a str>,
    pub iss: Option<&'a str>,
    pub error: Option<&'a str>,
}

/// What came of it. Each says where the person goes on.
pub enum Arrival {
    SignedIn {
        tokens: Box<Tokens>,
        return_to: String,
    },
    /// The provider's word was right; a second factor is still asked for.
    Halfway {
        flow: Secret<String>,
        methods: Vec<&'static str>,
        return_to: String,
    },
    /// Linked, or proved.
    Done {
        return_to: String,
    },
}

impl Accounts {
    /// What somebody went out for, if it was in this browser, to this provider, and a few minutes ago.
    ///
    /// # Errors
    /// `NotFound(Provider)`, `Conflict(FlowOver)`.
    pub fn errand(
        &self,
        provider: &str,
        kept: Option<&Secret<String>>,
        state: Option<&str>,
    ) -> Result<Errand> {
        let provider = self.providers.find(provider)?;
        let (Some(kept), Some(state)) = (kept, state) else { return Err(Error::Conflict(Why::FlowOver)) };
        Errand::open(&self.sealer, provider.id(), kept.expose(), state, self.clock.now())
    }

    /// Ends an errand with what the provider says. Everything is judged before anything is made; and it is done once.
    ///
    /// # Errors
    /// `Unvouched`, `RateLimited`, `Forbidden`, `Conflict`.
    pub async fn arrive(
        &self,
        provider: &str,
        errand: Errand,
        answer: Answer<'_>,
        device: Device,
    ) -> Result<Arrival> {
        let whose = match errand.aim {
            Aim::SignIn { .. } => None,
            Aim::Link { user, .. } | Aim::Prove { user, .. } => Some(user),
        };
        self.judge_arrival(provider, errand, answer, device).await.inspect_err(|error| {
            if let Error::Unvouched(why) = error {
                let event = Event::failed(Audited::ProviderRefused).about(whose).with("provider", provider);
                self.audit.note(event.with("why", format!("{why:?}").to_lowercase()));
            }
        })
    }

    async fn judge_arrival(
        &self,
        provider: &str,
        errand: Errand,
        answer: Answer<'_>,
        mut device: Device,
    ) -> Result<Arrival> {
        let provider = self.providers.find(provider)?;
        device.mark = device.mark.or_else(|| TokenHash::from_slice(errand.mark.as_ref()?));
        if answer.error.is_some() {
            return Err(Error::Unvouched(Unvouched::Denied));
        }
        let code = answer.code.filter(|code| code.len() <= CODE_MAX).ok_or(Error::Conflict(Why::FlowOver))?;
        // Whoever comes back with a made-up code makes us ask the provider: not often.
        // Somebody who is signed in is known: their own browser is not held up by its network.
        let whose = match errand.aim {
            Aim::SignIn { .. } => Subject::Nobody,
            Aim::Link { user, .. } | Aim::Prove { user, .. } => Subject::User(user),
        };
        let attempt = self.limits.attempt(Kind::Provider, whose, device.source()).await?;
        let back = Return {
            code,
            iss: answer.iss,
            nonce: errand.nonce.clone(),
            verifier: errand.verifier.clone(),
            redirect: errand.redirect.clone(),
            asked_since: matches!(errand.aim, Aim::Prove { .. }).then(|| errand.begun_at()),
        };
        let vouched = match provider.ask(back).await {
            Ok(vouched) => vouched,
            Err(refused) => {
                // A provider that is away has judged nobody.
                if matches!(refused, Error::Unvouched(Unvouched::Away)) {
                    attempt.take_back().await?;
                }
                metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "refused").increment(1);
                return Err(refused);
            }
        };
        attempt.take_back().await?;
        match errand.aim {
            Aim::SignIn { .. } => self.enter(provider, errand, vouched, &device).await,
            Aim::Link { user, session } => self.link(provider, &errand, vouched, user, session).await,
            Aim::Prove { user, session } => self.prove_by(&errand, &vouched, user, session).await,
        }
    }

    async fn enter(
        &self,
        provider: &Provider,
        errand: Errand,
        vouched: Vouched,
        device: &Device,
    ) -> Result<Arrival> {
        let known = identities::find(&mut self.db.read().await?, &vouched.issuer, &vouched.subject).await?;
        let Some(known) = known else { return self.join(provider, errand, vouched, device).await };
        if !known.is_active {
            return Err(Error::Unvouched(Unvouched::Disabled));
        }
        if let Some(halfway) = self.ask_factor(&errand, &known).await? {
            return Ok(halfway);
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        self.use_up(&mut tx, &errand).await?;
        store::factors::lock_person(&mut tx, known.user)
            .await?
            .ok_or(Error::Unvouched(Unvouched::Disabled))?;
        // With their row locked: neither the identity was removed nor a second factor turned on just now.
        let still = identities::is_of(&mut tx, known.id, known.user).await?;
        if !still || store::has_factor(&mut tx, known.user).await? {
            return Err(Error::Conflict(Why::FlowOver));
        }
        let tokens = self.sign_in_person(&mut tx, known.user, device, How::Oidc, now).await?;
        let event =
            Event::new(Audited::SignIn).own(known.user).with("way", "oidc").with("provider", provider.id());
        self.end_before(tx, &errand, vec![event]).await?;
        metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "accepted").increment(1);
        Ok(Arrival::SignedIn { tokens: Box::new(tokens), return_to: errand.return_to })
    }

    /// The second step, where there is one.
    async fn ask_factor(&self, errand: &Errand, known: &identities::Known) -> Result<Option<Arrival>> {
        let held = store::factors::held(&mut self.db.read().await?, known.user).await?;
        if !held.any() {
            return Ok(None);
        }
        let mut tx = self.db.begin().await?;
        self.use_up(&mut tx, errand).await?;
        let state = format!("{SECOND_STEP}{}", known.id);
        let flow = Flow { user: known.user, session: None, state };
        let flow = self.open_flow(&mut tx, FlowKind::SecondFactor, &flow).await?;
        tx.commit().await?;
        let return_to = errand.return_to.clone();
        Ok(Some(Arrival::Halfway { flow, methods: factors::methods(held), return_to }))
    }

    /// The second step of a sign-in that a provider's word began: the code of an authenticator program, or a recovery code. A passkey
    /// finishes the same flow where passkeys do.
    ///
    /// # Errors
    /// `Conflict(FlowOver)`, `InvalidCode`, `RateLimited`.
    pub async fn finish_with_code(
        &self,
        flow: &str,
        otp: &Secret<String>,
        device: &Device,
    ) -> Result<Tokens> {
        let begun = self.find_flow(&mut self.db.read().await?, FlowKind::SecondFactor, flow).await?;
        let identity = begun.state.strip_prefix(SECOND_STEP).and_then(|id| id.parse().ok()).map(IdentityId);
        let (identity, user) = (identity.ok_or(Error::Conflict(Why::FlowOver))?, begun.user);
        if otp.expose().trim().is_empty() {
            return Err(Error::InvalidCode);
        }
        if !self.check_second(user, Some(otp), device.source()).await? {
            return Err(Error::Conflict(Why::FlowOver));
        }
        self.take_flow(FlowKind::SecondFactor, flow).await?;
        let mut tx = self.db.begin().await?;
        store::factors::lock_person(&mut tx, user).await?.ok_or(Error::Unvouched(Unvouched::Disabled))?;
        if !identities::is_of(&mut tx, identity, user).await? {
            return Err(Error::Conflict(Why::FlowOver));
        }
        let tokens = self.sign_in_person(&mut tx, user, device, How::Oidc, self.clock.now()).await?;
        let event = Event::new(Audited::SignIn).own(user).with("way", "oidc").with("second", "code");
        self.audit.commit(tx, [event]).await?;
        metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "accepted").increment(1);
        Ok(tokens)
    }

    /// Makes an account for somebody whom nobody knows here, where that is allowed, and signs them in.
    async fn join(
        &self,
        provider: &Provider,
        errand: Errand,
        mut vouched: Vouched,
        device: &Device,
    ) -> Result<Arrival> {
        let invite = match &errand.aim {
            Aim::SignIn { invite: Some(code), .. } => Some(Code::parse(&Secret::new(code.clone()))?),
            _ => None,
        };
        let closed = self.registration == config::Registration::Closed
            || (invite.is_none() && self.registration != config::Registration::Open)
            // The first account is the owner's, and is made with the code in the log.
            || self.setup_code().await?.is_some();
        if closed {
            return Err(Error::Forbidden(Forbidden::RegistrationClosed));
        }
        provider.complete(&mut vouched).await?;
        let email = vouched.email().and_then(|email| Email::parse(email).ok());
        let email = email.ok_or(Error::Unvouched(Unvouched::NoEmail))?;
        match &invite {
            Some(code) => {
                self.check_invite(code, &email, device.address).await?;
                // Never taken back: an invitation is for one account, and no licence to ask for addresses.
                let guest = Subject::Guest(code.hash());
                drop(self.limits.attempt(Kind::Register, guest, device.address).await?);
            }
            // As where somebody registers with a password.
            None => drop(self.limits.attempt(Kind::Register, Subject::Nobody, device.address).await?),
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let role = match &invite {
            Some(code) => invites::redeem(&mut tx, code, &email, now).await?,
            None => Role::User,
        };
        let user = make_account(&mut tx, &vouched, &email, role, now).await?;
        self.use_up(&mut tx, &errand).await?;
        identities::insert(&mut tx, user, &vouched.identity(), now).await?;
        if let Some(code) = &invite {
            invites::note_guest(&mut tx, code, user).await?;
        }
        let tokens = self.sign_in_person(&mut tx, user, device, How::Oidc, now).await?;
        let own = |kind| Event::new(kind).own(user).with("provider", provider.id());
        let mut events =
            vec![own(Audited::AccountMade).with("role", role.name()), own(Audited::IdentityLinked)];
        events.extend(invite.as_ref().map(|_| own(Audited::InviteUsed)));
        events.push(own(Audited::SignIn).with("way", "oidc"));
        self.end_before(tx, &errand, events).await?;
        tracing::info!(%user, role = role.name(), provider = provider.id(), "account made through a provider");
        Ok(Arrival::SignedIn { tokens: Box::new(tokens), return_to: errand.return_to })
    }

    async fn link(
        &self,
        provider: &Provider,
        errand: &Errand,
        mut vouched: Vouched,
        user: UserId,
        session: SessionId,
    ) -> Result<Arrival> {
        // For the list only: without it the subject stands there.
        provider.complete(&mut vouched).await.unwrap_or_default();
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::factors::lock_person(&mut tx, user).await?.ok_or(Error::Unauthenticated)?;
        store::find_living(&mut tx, user, session, now).await?.ok_or(Error::Unauthenticated)?;
        self.use_up(&mut tx, errand).await?;
        match identities::find(&mut tx, &vouched.issuer, &vouched.subject).await? {
            Some(known) if known.user != user => return Err(Error::Conflict(Why::IdentityTaken)),
            Some(_) => (),
            None if identities::list(&mut tx, user).await?.len() >= MOST => {
                return Err(Error::Conflict(Why::TooManyIdentities));
            }
            None => identities::insert(&mut tx, user, &vouched.identity(), now).await?,
        }
        let event = Event::new(Audited::IdentityLinked).own(user).with("provider", provider.id());
        self.audit.commit(tx, [event]).await?;
        tracing::info!(%user, provider = provider.id(), "identity linked");
        Ok(Arrival::Done { return_to: errand.return_to.clone() })
    }

    async fn prove_by(
        &self,
        errand: &Errand,
        vouched: &Vouched,
        user: UserId,
        session: SessionId,
    ) -> Result<Arrival> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::factors::lock_person(&mut tx, user).await?.ok_or(Error::Unauthenticated)?;
        store::find_living(&mut tx, user, session, now).await?.ok_or(Error::Unauthenticated)?;
        self.use_up(&mut tx, errand).await?;
        let known = identities::find(&mut tx, &vouched.issuer, &vouched.subject).await?;
        if known.is_none_or(|known| known.user != user) {
            return Err(Error::Unvouched(Unvouched::AnotherPerson));
        }
        store::set_proved(&mut tx, session, now).await?;
        let event = Event::new(Audited::Proved).own(user).with("way", "oidc");
        self.audit.commit(tx, [event]).await?;
        Ok(Arrival::Done { return_to: errand.return_to.clone() })
    }

    /// A provider that gives the same answer twice does not get it counted twice.
    async fn use_up(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        let hash = errand.hash().ok_or(Error::Conflict(Why::FlowOver))?;
        if store::flows::spend(tx, &hash, errand.begun_at().plus(ERRAND_LIFE)).await? {
            Ok(())
        } else {
            Err(Error::Conflict(Why::FlowOver))
        }
    }

    /// Ends the session that the new one takes the place of, and commits: nobody would see it any more (ASVS 7.2.4).
    async fn end_before(&self, mut tx: Tx, errand: &Errand, mut events: Vec<Event>) -> Result<()> {
        let now = self.clock.now();
        let ended = match errand.aim {
            Aim::SignIn { before: Some((user, session)), .. } => {
                let ended = self.end_session(&mut tx, user, session, EndReason::SignedOut, now).await?;
                events.extend((!ended.is_empty()).then(|| Event::new(Audited::SignOut).own(user)));
                ended
            }
            _ => Vec::new(),
        };
        self.audit.commit(tx, events).await?;
        self.announce_ended(&ended);
        Ok(())
    }
}

/// An account without a password, with the first of the names that is free.
async fn make_account(
    tx: &mut Tx,
    vouched: &Vouched,
    email: &Email,
    role: Role,
    now: Timestamp,
) -> Result<UserId> {
    for username in vouched.names() {
        let email = email.clone();
        let new = NewUser { username, email, password_hash: NO_PASSWORD.to_owned(), role };
        match users::create(tx, new, now).await {
            Ok(user) => return Ok(user.id),
            Err(Error::Conflict(Why::UsernameTaken)) => (),
            Err(other) => return Err(other),
        }
    }
    Err(Error::Conflict(Why::UsernameTaken))
}
