//! Signing in: from a proof of who somebody is to a session and its first tokens.

use jarvis_crypto::{Claims, OpaqueToken, Secret, TokenHash, TokenKind, Verdict};

use super::limits::Source;
use super::{
    AUDIENCE, Accounts, Device, EndReason, How, ISSUER, Kind, MARK_PREFIX, REFRESH_PREFIX, Subject, Tokens,
    store,
};
use crate::audit::{Event, Kind as Audited};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{SessionId, UserId};
use crate::users;

/// Living sessions of one person: the one that was used least lately gives way to the next.
const MOST_SESSIONS: i64 = 100;

/// What somebody signs in with.
pub struct Credentials<'a> {
    /// A name or an e-mail address.
    pub login: &'a str,
    pub password: Secret<String>,
    /// The code of a second factor; blank counts as none.
    pub otp: Option<Secret<String>>,
}

impl Accounts {
    /// Signs in with a name or an e-mail address. An unknown name, a wrong password and a disabled account are one answer.
    ///
    /// # Errors
    /// `InvalidCredentials`, `RateLimited`; with the right password also `SecondFactorRequired` and `InvalidCode`.
    pub async fn login(&self, credentials: Credentials<'_>, device: Device) -> Result<Tokens> {
        let Credentials { login, password, otp } = credentials;
        let otp = otp.filter(|otp| !otp.expose().trim().is_empty());
        let name = login.trim().to_ascii_lowercase();
        let kind = if otp.is_some() { Kind::PasswordAndCode } else { Kind::Password };
        self.limits.ask_memory(kind, Subject::Typed(&name, None), device.source()).await?;
        let known = users::find_for_sign_in(&mut self.db.read().await?, login).await?;
        let subject = Subject::Typed(&name, known.as_ref().map(|known| known.id));
        let attempt = self.limits.attempt(kind, subject, device.source()).await?;
        let stored = known.as_ref().and_then(|known| known.password().map(str::to_owned));
        let verdict = match self.hashing.verify(password.clone(), stored).await {
            Ok(verdict) => verdict,
            Err(busy) => {
                attempt.take_back().await?;
                return Err(busy);
            }
        };
        let right = matches!(verdict, Verdict::Match | Verdict::MatchOutdated);
        let who = known.as_ref().map(|known| known.id);
        let refused = |why| self.refused_sign_in(who, why);
        let known = match known {
            None => return Err(refused("unknown")),
            Some(_) if !right => return Err(refused("password")),
            Some(known) if !known.is_active => return Err(refused("disabled")),
            Some(known) => known,
        };
        if attempt.needs_factor() && !store::has_factor(&mut self.db.read().await?, known.id).await? {
            return Err(refused("exhausted"));
        }
        let both = match self.check_second(known.id, otp.as_ref(), device.source()).await {
            Ok(both) => both,
            Err(second) => {
                // A right password is no failure. It is no sign-in either: what was counted before stays.
                attempt.take_back().await?;
                return Err(second);
            }
        };
        let renewed = match verdict {
            // Not worth refusing a sign-in for: it is tried again at the next.
            Verdict::MatchOutdated => self.hashing.hash(password).await.ok(),
            Verdict::Match | Verdict::Mismatch => None,
        };
        let mut tx = self.db.begin().await?;
        // Nobody gets in by a password that was changed while it was being compared.
        if !users::renew_password(&mut tx, known.id, &known.password_hash, renewed.as_deref()).await? {
            return Err(refused("changed"));
        }
        // Nor by a password alone where a second factor was turned on just now.
        if !both && store::has_factor(&mut tx, known.id).await? {
            return Err(refused("changed"));
        }
        let tokens = self.sign_in_person(&mut tx, known.id, &device, How::Password, self.clock.now()).await?;
        let _forgiven = attempt.succeeded_in(&mut tx).await?;
        let event = Event::new(Audited::SignIn).own(known.id).with("way", "password");
        self.audit.commit(tx, [if both { event.with("second", "code") } else { event }]).await?;
        metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "accepted").increment(1);
        Ok(tokens)
    }

    /// Makes a session for somebody who has just proved who they are: with a password and its second factor, a passkey, or a provider's
    /// word. Everything that had to be proved must have been before; the caller commits.
    ///
    /// # Errors
    /// `InvalidCredentials` when the account was disabled or deleted meanwhile: the account's row stays locked until the commit, so that
    /// a change which ends all sessions ends this one too.
    pub async fn sign_in_person(
        &self,
        tx: &mut Tx,
        user: UserId,
        device: &Device,
        how: How,
        now: Timestamp,
    ) -> Result<Tokens> {
        if !users::note_login(tx, user, now).await? {
            return Err(Error::InvalidCredentials);
        }
        let session = SessionId::new();
        store::insert_session(tx, session, user, device, how, now, now.plus(self.lives.refresh)).await?;
        for oldest in store::oldest_beyond(tx, user, MOST_SESSIONS, now).await? {
            // Other processes, and this one, read of it in `revocations`.
            drop(self.end_session(tx, user, oldest, EndReason::TooMany, now).await?);
        }
        let mark = match device.mark {
            None if device.keeps_marks => Some(opaque(MARK_PREFIX)?),
            _ => None,
        };
        let hash = mark.as_ref().map(OpaqueToken::hash).or(device.mark);
        let source = Source { address: device.address, mark: hash.as_ref() };
        self.limits.remember(tx, user, source, now).await?;
        Ok(Tokens { mark, ..self.issue(tx, session, user, None, now).await? })
    }

    /// One answer, whatever the reason; the reason is for who looks after the accounts.
    fn refused_sign_in(&self, known: Option<UserId>, why: &'static str) -> Error {
        metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "refused").increment(1);
        self.audit
            .note(Event::failed(Audited::SignInFailed).about(known).with("way", "password").with("why", why));
        Error::InvalidCredentials
    }

    /// A refresh token, stored, and an access token.
    pub(super) async fn issue(
        &self,
        tx: &mut Tx,
        session: SessionId,
        user: UserId,
        parent: Option<&TokenHash>,
        now: Timestamp,
    ) -> Result<Tokens> {
        let refresh = opaque(REFRESH_PREFIX)?;
        store::insert_token(tx, &refresh.hash(), session, parent, now, now.plus(self.lives.refresh)).await?;
        let user = users::find(tx, user).await?.ok_or(Error::Unauthenticated)?;
        let claims = Claims {
            sub: user.id.0,
            sid: session.0,
            role: user.role.name().to_owned(),
            typ: TokenKind::Access,
            iat: now.seconds(),
            nbf: now.seconds(),
            exp: now.plus(self.lives.access).seconds(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            jti: SessionId::new().0,
        };
        let access = self.keyring.sign(&claims).map_err(|error| Error::internal("signing a token", error))?;
        Ok(Tokens {
            access,
            access_life: self.lives.access,
            refresh,
            refresh_life: self.lives.refresh,
            mark: None,
            user,
        })
    }
}

fn opaque(prefix: &str) -> Result<OpaqueToken> {
    OpaqueToken::generate(prefix).map_err(|error| Error::internal("randomness", error))
}
