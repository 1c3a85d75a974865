//! Who is calling: accounts, sign-in, sessions. One gate for every kind of credential.

pub mod api;
mod credential;
pub mod gate;
mod hashing;
mod session;
mod setup;
mod store;
mod watch;

use std::time::Duration;

use jarvis_crypto::{Claims, Keyring, OpaqueToken, Secret, TokenKind, Verdict};

use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::db::{Db, Tx};
use crate::error::{Error, FieldFault, Forbidden, Result, Why};
use crate::ids::{SessionId, UserId};
use crate::lifecycle::Tasks;
use crate::users::{self, Email, NewUser, Role, User, Username};

pub use credential::{Cookies, Credential};
pub use hashing::Hashing;
pub use session::{ABSOLUTE_LIFE, EndReason};
pub use watch::{SessionWatch, Watches};

/// `iss` and `aud` of our tokens: made and read by this server alone.
const ISSUER: &str = "jarvis";
const AUDIENCE: &str = "jarvis";
/// Marks a refresh token, for scanners and for the log redactor.
const REFRESH_PREFIX: &str = "jrt_";

/// Who a request comes from, as the store said it at this moment: never as a token said it.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    pub user: UserId,
    pub session: SessionId,
    pub role: Role,
    /// When the person last proved who they are.
    pub proved_at: Timestamp,
}

/// From where somebody signs in, shown to them in the list of their devices.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// At most [`Device::AGENT_MAX`] characters of `User-Agent`.
    pub agent: String,
    pub address: String,
}

impl Device {
    /// Characters kept of `User-Agent`.
    pub const AGENT_MAX: usize = 200;
}

/// What somebody gets who signed in or renewed: a short access token and the refresh token that renews it.
pub struct Tokens {
    pub access: String,
    pub access_life: Duration,
    pub refresh: OpaqueToken,
    pub refresh_life: Duration,
    pub user: User,
}

/// What registering asks for.
pub struct Registration {
    pub username: String,
    pub email: String,
    pub password: Secret<String>,
    pub setup_code: Option<String>,
}

/// Accounts and their sessions.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    tasks: Tasks,
    keyring: std::sync::Arc<Keyring>,
    setup: setup::Setup,
    hashing: Hashing,
    lives: config::Sessions,
    registration: config::Registration,
    watches: Watches,
}

impl Accounts {
    /// Reads (or makes) the identity of this installation and prepares the keys.
    pub async fn open(db: Db, clock: Clock, tasks: Tasks, config: &config::Config) -> Result<Self> {
        let secrets = &config.secrets;
        let keyring =
            Keyring::new(secrets.signing.clone(), secrets.signing_previous.clone(), ISSUER, AUDIENCE)
                .map_err(|error| Error::internal("signing key", error))?;
        let mut tx = db.begin().await?;
        let installation = store::installation(&mut tx).await?;
        tx.commit().await?;
        Ok(Self {
            hashing: Hashing::new()?,
            setup: setup::Setup::new(secrets.signing.clone(), installation),
            keyring: std::sync::Arc::new(keyring),
            lives: config.sessions,
            registration: config.registration,
            watches: Watches::default(),
            db,
            clock,
            tasks,
        })
    }

    /// The code that makes the first account the owner's, while there is none.
    pub async fn setup_code(&self) -> Result<Option<Secret<String>>> {
        let taken = users::exist(&mut self.db.read().await?).await?;
        Ok((!taken).then(|| self.setup.code()))
    }

    /// Who may register.
    pub fn registration(&self) -> config::Registration {
        self.registration
    }

    /// Makes an account for somebody who came to the page: the owner with the set-up code, others where registration is open.
    pub async fn register(&self, new: Registration) -> Result<User> {
        let setting_up = match &new.setup_code {
            Some(_) if self.setup_code().await?.is_none() => return Err(Error::Conflict(Why::SetupDone)),
            Some(code) if !self.setup.matches(code) => return Err(Error::Forbidden(Forbidden::SetupCode)),
            Some(_) => true,
            // Before the owner exists nobody else gets in: a stranger must not be first.
            None if self.registration != config::Registration::Open || self.setup_code().await?.is_some() => {
                return Err(Error::Forbidden(Forbidden::RegistrationClosed));
            }
            None => false,
        };
        let role = if setting_up { Role::Superuser } else { Role::User };
        self.create(&new.username, &new.email, new.password, role, setting_up).await
    }

    /// Makes an account from the shell, of any role.
    pub async fn add(
        &self,
        username: &str,
        email: &str,
        password: Secret<String>,
        role: Role,
    ) -> Result<User> {
        self.create(username, email, password, role, false).await
    }

    async fn create(
        &self,
        username: &str,
        email: &str,
        password: Secret<String>,
        role: Role,
        first: bool,
    ) -> Result<User> {
        let (username, email) = checked(username, email, &password)?;
        let password_hash = self.hashing.hash(password).await?;
        let new = NewUser { username, email, password_hash, role };
        let mut tx = self.db.begin().await?;
        if first {
            // Two people with the same link: one of them becomes the owner.
            store::claim_setup(&mut tx).await?;
        }
        let user = users::create(&mut tx, new, self.clock.now()).await?;
        tx.commit().await?;
        tracing::info!(user = %user.id, role = role.name(), "account made");
        Ok(user)
    }

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
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let session = SessionId::new();
        users::note_login(&mut tx, known.id, now).await?;
        store::insert_session(&mut tx, session, known.id, &device, now, now.plus(self.lives.refresh)).await?;
        let tokens = self.issue(&mut tx, session, known.id, None, now).await?;
        tx.commit().await?;
        Ok(tokens)
    }

    /// Renews: the refresh token is used up and a new pair given. See [`session`] for what a replay means.
    ///
    /// Runs to its end even if the caller hangs up: a token must not be used up without its successor being stored.
    pub async fn refresh(&self, presented: &str) -> Result<Tokens> {
        let Some(token) = OpaqueToken::parse(REFRESH_PREFIX, presented) else {
            return Err(Error::Unauthenticated);
        };
        let accounts = self.clone();
        self.tasks.run("auth.refresh", async move { accounts.rotate(token).await }).await
    }

    async fn rotate(&self, token: OpaqueToken) -> Result<Tokens> {
        let (now, hash) = (self.clock.now(), token.hash());
        let mut tx = self.db.begin().await?;
        // Locks the session's row, so that two refreshes of one session take turns.
        let Some(family) = store::lock_family(&mut tx, &hash, now).await? else {
            return Err(Error::Unauthenticated);
        };
        match session::judge(&family, now) {
            session::Judgement::Rotate => {
                store::mark_used(&mut tx, &hash, now).await?;
                store::extend_session(&mut tx, family.session, family.expiry_after(now, self.lives.refresh))
                    .await?;
                let tokens = self.issue(&mut tx, family.session, family.user, Some(&hash), now).await?;
                tx.commit().await?;
                Ok(tokens)
            }
            session::Judgement::Refuse => Err(Error::Unauthenticated),
            session::Judgement::EndFamily => {
                store::end_session(&mut tx, family.session, EndReason::TokenReplayed, now).await?;
                tx.commit().await?;
                self.watches.ended(family.session);
                tracing::warn!(session = %family.session, user = %family.user, "refresh token replayed: session ended");
                Err(Error::Unauthenticated)
            }
        }
    }

    async fn issue(
        &self,
        tx: &mut Tx,
        session: SessionId,
        user: UserId,
        parent: Option<&jarvis_crypto::TokenHash>,
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

    /// Ends a session: its tokens stop working and its sockets close.
    pub async fn logout(&self, actor: &Actor) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::end_session(&mut tx, actor.session, EndReason::SignedOut, self.clock.now()).await?;
        tx.commit().await?;
        self.watches.ended(actor.session);
        Ok(())
    }

    /// Ends the session of a refresh token, for somebody whose access token has run out.
    pub async fn logout_by_refresh(&self, presented: &str) -> Result<()> {
        let Some(token) = OpaqueToken::parse(REFRESH_PREFIX, presented) else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        if let Some(family) = store::lock_family(&mut tx, &token.hash(), now).await? {
            store::end_session(&mut tx, family.session, EndReason::SignedOut, now).await?;
            tx.commit().await?;
            self.watches.ended(family.session);
        }
        Ok(())
    }

    /// Resolves any kind of credential to who is calling, or refuses. The one way in.
    pub async fn authenticate(&self, credential: &Credential) -> Result<Actor> {
        let Credential::AccessToken(token) = credential;
        let claims = self
            .keyring
            .verify(token.expose(), self.clock.now().seconds())
            .map_err(|_| Error::Unauthenticated)?;
        self.alive(UserId(claims.sub), SessionId(claims.sid)).await
    }

    /// Who this session belongs to, if it still lives: its user active, not ended, not run out.
    pub async fn alive(&self, user: UserId, session: SessionId) -> Result<Actor> {
        let mut reader = self.db.read().await?;
        store::find_actor(&mut reader, user, session, self.clock.now()).await?.ok_or(Error::Unauthenticated)
    }

    /// Tells when this session ends, for as long as the watch is held.
    pub fn watch(&self, session: SessionId) -> SessionWatch {
        self.watches.watch(session)
    }

    /// The account behind an actor.
    pub async fn user(&self, actor: &Actor) -> Result<User> {
        users::find(&mut self.db.read().await?, actor.user).await?.ok_or(Error::Unauthenticated)
    }

    /// Deletes sessions and tokens that ran out a while ago.
    pub async fn sweep(&self) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::delete_expired(&mut tx, self.clock.now()).await?;
        tx.commit().await
    }
}

/// Every fault of the three fields at once.
fn checked(username: &str, email: &str, password: &Secret<String>) -> Result<(Username, Email)> {
    let mut faults: Vec<FieldFault> = Vec::new();
    let mut gather = |error| match error {
        Error::Invalid(found) => faults.extend(found),
        other => {
            faults.push(FieldFault { field: "".into(), code: "invalid", detail: other.to_string().into() })
        }
    };
    let username = Username::parse(username).map_err(&mut gather).ok();
    let email = Email::parse(email).map_err(&mut gather).ok();
    let about: Vec<&str> = username
        .iter()
        .map(Username::as_str)
        .chain(email.iter().flat_map(|email| [email.as_str(), email.local_part()]))
        .collect();
    if let Err(weakness) = jarvis_crypto::check_rule(password.expose(), &about) {
        faults.push(FieldFault {
            field: "password".into(),
            code: weakness.code(),
            detail: weakness.to_string().into(),
        });
    }
    match (username, email) {
        (Some(username), Some(email)) if faults.is_empty() => Ok((username, email)),
        _ => Err(Error::Invalid(faults)),
    }
}
