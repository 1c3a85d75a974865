//! Signing in: from a proof of who somebody is to a session and its first tokens.

use jarvis_crypto::{Claims, OpaqueToken, Secret, TokenHash, TokenKind, Verdict};

use super::{AUDIENCE, Accounts, Device, How, ISSUER, REFRESH_PREFIX, Tokens, store};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{SessionId, UserId};
use crate::users;

impl Accounts {
    /// Signs in with a name or an e-mail address. An unknown name, a wrong password and a disabled account are one answer.
    pub async fn login(&self, login: &str, password: Secret<String>, device: Device) -> Result<Tokens> {
        let known = users::find_for_sign_in(&mut self.db.read().await?, login).await?;
        let verdict =
            self.hashing.verify(password, known.as_ref().map(|known| known.password_hash.clone())).await?;
        let known = match (known, verdict) {
            (Some(known), Verdict::Match | Verdict::MatchOutdated) if known.is_active => known,
            _ => {
                metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "refused").increment(1);
                return Err(Error::InvalidCredentials);
            }
        };
        metrics::counter!(crate::telemetry::AUTH_ATTEMPTS, "outcome" => "accepted").increment(1);
        let mut tx = self.db.begin().await?;
        let tokens = self.sign_in_person(&mut tx, known.id, &device, How::Password, self.clock.now()).await?;
        tx.commit().await?;
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
        self.issue(tx, session, user, None, now).await
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
        let refresh =
            OpaqueToken::generate(REFRESH_PREFIX).map_err(|error| Error::internal("randomness", error))?;
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
        Ok(Tokens { access, access_life: self.lives.access, refresh, refresh_life: self.lives.refresh, user })
    }
}
