//! Who is calling: accounts, sign-in, sessions. One gate for every kind of credential.

mod addresses;
pub mod api;
mod credential;
mod device;
mod ending;
mod entry;
mod factors;
mod flows;
pub mod gate;
mod hashing;
mod invites;
mod keys;
mod limits;
mod memory;
mod oidc;
mod own;
mod passkeys;
mod registration;
mod renewal;
mod scopes;
mod seen;
mod session;
mod sessions;
mod setup;
mod sign_in;
mod store;
mod watch;

use std::time::Duration;

use jarvis_crypto::{Keyring, OpaqueToken, Sealer};

use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::db::Db;
use crate::error::{Error, Forbidden, Result};
use crate::ids::{KeyId, SessionId, UserId};
use crate::lifecycle::Tasks;
use crate::users::{self, Role, User};
use crate::vault::Vault;

pub use addresses::Addresses;
pub use credential::{Cookies, Credential};
pub use device::Device;
pub use ending::Ended;
pub use factors::{Factors, NewTotp};
pub use hashing::Hashing;
pub use invites::{Invite, NewInvite};
pub use keys::{Key, KeyName, NewKey};
pub use limits::{Attempt, Forgiven, Kind, Limits, Subject};
pub use oidc::{Answer, Arrival, Departure, Door, ERRAND_LIFE, Errand, Identities, Identity, is_own_path};
pub use own::OwnChanges;
pub use passkeys::{BUILT_IN as PASSKEYS_BUILT_IN, Begun, NewPasskey, PasskeyName};
pub use registration::Registration;
pub use scopes::{Scope, Scopes};
pub use session::{ABSOLUTE_LIFE, EndReason, How};
pub use sessions::Session;
pub use sign_in::Credentials;
pub use store::passkeys::Passkey;
pub use watch::{SessionWatch, Watches};

/// `iss` and `aud` of our tokens: made and read by this server alone.
const ISSUER: &str = "jarvis";
const AUDIENCE: &str = "jarvis";
/// Marks a refresh token, for scanners and for the log redactor.
const REFRESH_PREFIX: &str = "jrt_";
/// The same of what a browser keeps to be known again.
const MARK_PREFIX: &str = "jrd_";

/// What let a caller in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    Session(SessionId),
    Key(KeyId),
}

/// Who a request comes from, as the store said it at this moment: never as a token said it.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    pub user: UserId,
    pub grant: Grant,
    pub role: Role,
    /// When the person last proved who they are; the epoch for a key, which proves nothing about who is there.
    pub proved_at: Timestamp,
    /// What the credential may be used for: everything, for a session.
    pub scopes: Scopes,
    /// Their role asks for a second factor and they have none: they may enrol one, and nothing else.
    pub must_enrol: bool,
}

impl Actor {
    /// The session they came with; None for a key.
    pub fn session(&self) -> Option<SessionId> {
        match self.grant {
            Grant::Session(session) => Some(session),
            Grant::Key(_) => None,
        }
    }

    /// # Errors
    /// `Forbidden` when what they came with is a key without this scope.
    pub fn needs(&self, scope: Scope) -> Result<()> {
        if self.scopes.cover(scope) { Ok(()) } else { Err(Error::Forbidden(Forbidden::Scope(scope.name()))) }
    }
}

/// What somebody gets who signed in or renewed: a short access token and the refresh token that renews it.
pub struct Tokens {
    pub access: String,
    pub access_life: Duration,
    pub refresh: OpaqueToken,
    pub refresh_life: Duration,
    /// For a browser that has none yet: by it, it is known again.
    pub mark: Option<OpaqueToken>,
    pub user: User,
}

/// Accounts and their sessions. A clone is another handle to the same.
#[derive(Clone)]
pub struct Accounts(std::sync::Arc<Parts>);

/// What the accounts are made of; nobody outside sees into it.
pub struct Parts {
    db: Db,
    clock: Clock,
    tasks: Tasks,
    keyring: std::sync::Arc<Keyring>,
    setup: setup::Setup,
    hashing: Hashing,
    lives: config::Sessions,
    registration: config::Registration,
    /// Where people reach us, if the operator said so.
    public_url: Option<std::sync::Arc<str>>,
    watches: Watches,
    news: ending::News,
    seen: seen::Seen,
    memory: memory::Memory,
    limits: Limits,
    sealer: std::sync::Arc<Sealer>,
    vault: Vault,
    require_second_factor: config::RequireSecondFactor,
    sites: passkeys::Sites,
    providers: oidc::Providers,
}

impl std::ops::Deref for Accounts {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Accounts {
    /// Reads (or makes) the identity of this installation and prepares the keys.
    pub async fn open(
        (db, vault): (Db, Vault),
        clock: Clock,
        tasks: Tasks,
        config: &config::Config,
    ) -> Result<Self> {
        let secrets = &config.secrets;
        let keyring =
            Keyring::new(secrets.signing.clone(), secrets.signing_previous.clone(), ISSUER, AUDIENCE)
                .map_err(|error| Error::internal("signing key", error))?;
        let mut tx = db.begin().await?;
        let installation = store::installation(&mut tx).await?;
        tx.commit().await?;
        Ok(Self(std::sync::Arc::new(Parts {
            hashing: Hashing::new(config.password_hash)?,
            setup: setup::Setup::new(secrets.signing.clone(), installation),
            keyring: std::sync::Arc::new(keyring),
            lives: config.sessions,
            registration: config.registration,
            public_url: config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').into()),
            watches: Watches::default(),
            news: ending::News::default(),
            seen: seen::Seen::default(),
            memory: memory::Memory::default(),
            limits: Limits::new(
                db.clone(),
                clock.clone(),
                secrets.signing.clone(),
                config.refusal_pause,
                tasks.stopping().clone(),
            ),
            sealer: std::sync::Arc::clone(vault.master()),
            vault,
            require_second_factor: config.require_second_factor,
            sites: passkeys::Sites::new(config),
            providers: oidc::Providers::new(&config.oidc, &clock)?,
            db,
            clock,
            tasks,
        })))
    }

    /// The account behind an actor.
    pub async fn user(&self, actor: &Actor) -> Result<User> {
        users::find(&mut self.db.read().await?, actor.user).await?.ok_or(Error::Unauthenticated)
    }

    /// Counts attempts at guessing something.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Deletes what ran out a while ago: sessions with their tokens, the news of ended ones, counts of attempts.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::delete_expired(&mut tx, now).await?;
        store::invites::delete_old(&mut tx, now).await?;
        store::flows::delete_expired(&mut tx, now).await?;
        store::revocations::delete_before(&mut tx, now.minus(ending::KEEP_NEWS)).await?;
        self.limits.sweep(&mut tx, now).await?;
        tx.commit().await
    }
}
