//! Signing in through somebody else (OpenID Connect Core 1.0): the authorization code flow with PKCE.
//!
//! An identity is an issuer and a subject, nothing else: no account is ever found by its e-mail address. A new one is made only where
//! anybody may register, or with an invitation; another way into an account is added only by who is signed in to it. A provider's word is
//! one factor: who has a second one here shows it here.
//!
//! [`errand`] says what is remembered meanwhile, and where.

mod arrival;
mod errand;
mod identities;
mod line;
mod provider;
mod vouched;

use std::sync::Arc;

use jarvis_crypto::{Secret, TokenHash};

use super::store::identities as store;
use super::{Accounts, Actor, Device};
use crate::clock::Clock;
use crate::config::OidcProvider;
use crate::error::{Error, Result, What};
use crate::ids::{SessionId, UserId};

use errand::{Aim, own_path};
use line::Line;
use provider::Provider;

pub use arrival::{Answer, Arrival};
pub use errand::{ERRAND_LIFE, Errand};
pub use identities::{Identities, Identity};

/// Where one sees one's identities.
const SECURITY_PAGE: &str = "/settings/security";

/// Everybody who may vouch for people here.
#[derive(Clone)]
pub(super) struct Providers(Arc<[Provider]>);

impl Providers {
    pub(super) fn new(configured: &[OidcProvider], clock: &Clock) -> Result<Self> {
        if configured.is_empty() {
            // Without them nothing needs certificates.
            return Ok(Self(Arc::new([])));
        }
        let line = Line::new()?;
        let all = configured.iter().map(|one| Provider::new(one, &line, clock.clone()));
        Ok(Self(all.collect::<Result<_>>()?))
    }

    fn find(&self, id: &str) -> Result<&Provider> {
        self.0.iter().find(|provider| provider.id() == id).ok_or(Error::NotFound(What::Provider))
    }

    /// Whether who is known there can still come in by it.
    fn vouch_for(&self, issuer: &str) -> bool {
        self.0.iter().any(|provider| provider.issuer() == issuer)
    }

    fn id_of(&self, issuer: &str) -> Option<String> {
        self.0.iter().find(|provider| provider.issuer() == issuer).map(|provider| provider.id().to_owned())
    }
}

/// Where somebody begins to go to a provider.
pub struct Door<'a> {
    pub provider: &'a str,
    /// A page of ours, for afterwards.
    pub return_to: Option<&'a str>,
    /// The address that the browser has of us, without a path: used where the operator says none.
    pub here: &'a str,
    /// The mark of the browser.
    pub mark: Option<TokenHash>,
}

/// The way to a provider.
pub struct Departure {
    /// There.
    pub url: String,
    /// For the browser to keep until it is back, for [`ERRAND_LIFE`].
    pub kept: Secret<String>,
}

impl Accounts {
    /// Ids and names of who may vouch for people here.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.providers.0.iter().map(|provider| (provider.id(), provider.name()))
    }

    /// Sends a stranger to a provider: to sign in, or to make an account where that is allowed. Nothing is kept here of it. `before`: who
    /// is signed in to this browser, and will not be any more.
    ///
    /// # Errors
    /// `NotFound(Provider)`, `Unvouched(Away | Distrusted)`; `Forbidden` when the invitation cannot be one.
    pub async fn begin_with_provider(
        &self,
        door: Door<'_>,
        before: Option<&Actor>,
        invite: Option<Secret<String>>,
    ) -> Result<Departure> {
        let before = before.and_then(|actor| Some((actor.user, actor.session()?)));
        if let Some(invite) = &invite {
            super::invites::Code::parse(invite)?;
        }
        let invite = invite.map(|code| code.expose().trim().to_owned());
        self.depart(door, Aim::SignIn { before, invite }, "/").await
    }

    /// Sends somebody to a provider to add it as a way into their account.
    ///
    /// # Errors
    /// `NotFound(Provider)`, `Unvouched(Away | Distrusted)`.
    pub async fn begin_link(&self, actor: &Actor, door: Door<'_>) -> Result<Departure> {
        let (user, session) = signed_in(actor)?;
        self.depart(door, Aim::Link { user, session }, SECURITY_PAGE).await
    }

    /// Sends somebody to a provider to show again who is there. Where a second factor is on, its code comes first: the provider's word is
    /// in the place of the password only.
    ///
    /// # Errors
    /// `NotFound(Provider | Identity)`, `SecondFactorRequired`, `InvalidCode`, `RateLimited`, `Unvouched(Away | Distrusted)`.
    pub async fn begin_proof_with_provider(
        &self,
        actor: &Actor,
        door: Door<'_>,
        otp: Option<Secret<String>>,
        device: &Device,
    ) -> Result<Departure> {
        let (user, session) = signed_in(actor)?;
        let issuer = self.providers.find(door.provider)?.issuer();
        if !store::list(&mut self.db.read().await?, user).await?.iter().any(|known| known.issuer == issuer) {
            return Err(Error::NotFound(What::Identity));
        }
        self.check_second(user, otp.as_ref(), device.source()).await?;
        self.depart(door, Aim::Prove { user, session }, SECURITY_PAGE).await
    }

    async fn depart(&self, door: Door<'_>, aim: Aim, fallback: &str) -> Result<Departure> {
        let provider = self.providers.find(door.provider)?;
        let home = self.public_url.as_deref().unwrap_or(door.here);
        let redirect = format!("{home}/auth/oidc/{}/callback", provider.id());
        let sent = provider.send(&redirect, matches!(aim, Aim::Prove { .. })).await?;
        let errand = Errand {
            aim,
            state: sent.state,
            nonce: sent.nonce,
            verifier: sent.verifier,
            redirect,
            return_to: own_path(door.return_to, fallback),
            mark: door.mark.map(|mark| mark.as_bytes().to_vec()),
            begun_at: self.clock.now().micros(),
        };
        let kept = errand.seal(&self.sealer, provider.id())?;
        Ok(Departure { url: sent.url.into(), kept })
    }
}

/// Whether somebody may be sent back there: see [`own_path`].
pub fn is_own_path(asked: &str) -> bool {
    !own_path(Some(asked), "").is_empty()
}

fn signed_in(actor: &Actor) -> Result<(UserId, SessionId)> {
    Ok((actor.user, actor.session().ok_or(Error::Unauthenticated)?))
}
