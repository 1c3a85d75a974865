//! Making accounts: the owner's, those of people who come to the page, and those made from the shell.

use std::net::IpAddr;

use jarvis_crypto::Secret;

use super::invites::Code;
use super::{Accounts, Kind, Subject, invites, store};
use crate::audit::{Event, Kind as Audited, Origin, Via};
use crate::config;
use crate::error::{Error, FieldFault, Forbidden, Result, Why};
use crate::users::{self, Email, NewUser, Role, User, Username};

/// What registering asks for.
pub struct Registration {
    pub username: String,
    pub email: String,
    pub password: Secret<String>,
    pub setup_code: Option<String>,
    /// Where the request came from.
    pub address: IpAddr,
    /// The code of an invitation.
    pub invite: Option<Secret<String>>,
}

/// What somebody's account is made on.
enum Ground {
    SetUp,
    Invitation(Code, IpAddr),
    /// Whatever role the maker of it says.
    Given(Role),
}

impl Accounts {
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
        let ground = match (&new.setup_code, &new.invite) {
            (Some(_), _) if self.setup_code().await?.is_none() => {
                return Err(Error::Conflict(Why::SetupDone));
            }
            (Some(code), _) if !self.setup.matches(code) => {
                return Err(Error::Forbidden(Forbidden::SetupCode));
            }
            (Some(_), _) => Ground::SetUp,
            // Before the owner exists nobody else gets in: a stranger must not be first.
            (None, _)
                if self.registration == config::Registration::Closed
                    || self.setup_code().await?.is_some() =>
            {
                return Err(Error::Forbidden(Forbidden::RegistrationClosed));
            }
            (None, Some(code)) => Ground::Invitation(Code::parse(code)?, new.address),
            (None, None) if self.registration == config::Registration::Open => {
                // Counted by source and never taken back: making accounts without end is no better than probing for names.
                drop(self.limits.attempt(Kind::Register, Subject::Nobody, new.address).await?);
                Ground::Given(Role::User)
            }
            (None, None) => return Err(Error::Forbidden(Forbidden::RegistrationClosed)),
        };
        self.create(&new.username, &new.email, new.password, ground).await
    }

    /// Makes an account from the shell, of any role.
    pub async fn add(
        &self,
        username: &str,
        email: &str,
        password: Secret<String>,
        role: Role,
    ) -> Result<User> {
        self.create(username, email, password, Ground::Given(role)).await
    }

    async fn create(
        &self,
        username: &str,
        email: &str,
        password: Secret<String>,
        ground: Ground,
    ) -> Result<User> {
        let (username, email) = checked(username, email, &password)?;
        if let Ground::Invitation(code, address) = &ground {
            // Nobody has a password hashed for them who may not come in anyway.
            self.check_invite(code, &email, *address).await?;
            // Counted and never taken back, as for everybody who comes to the page: an invitation is for one account, and no licence to ask
            // for names.
            drop(self.limits.attempt(Kind::Register, Subject::Guest(code.hash()), *address).await?);
        }
        // Asked before the password is hashed; whoever is first in the end is decided by the database.
        users::check_free(&mut self.db.read().await?, &username, &email).await?;
        let password_hash = self.hashing.hash_for_newcomer(password).await?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let role = match &ground {
            Ground::SetUp => {
                // Two people with the same link: one of them becomes the owner.
                store::claim_setup(&mut tx).await?;
                Role::Superuser
            }
            Ground::Invitation(code, _) => invites::redeem(&mut tx, code, &email, now).await?,
            Ground::Given(role) => *role,
        };
        let user = users::create(&mut tx, NewUser { username, email, password_hash, role }, now).await?;
        if let Ground::Invitation(code, _) = &ground {
            invites::note_guest(&mut tx, code, user.id).await?;
        }
        let made = |kind| Event::new(kind).own(user.id);
        let mut events = vec![made(Audited::AccountMade).with("role", role.name())];
        match &ground {
            Ground::SetUp => events.push(made(Audited::SetupClaimed)),
            Ground::Invitation(..) => events.push(made(Audited::InviteUsed)),
            // From the shell it is nobody's own doing.
            Ground::Given(_) if Origin::current().via == Via::Shell => {
                events = vec![Event::new(Audited::AccountMade).about(user.id).with("role", role.name())];
            }
            Ground::Given(_) => (),
        }
        self.audit.commit(tx, events).await?;
        tracing::info!(user = %user.id, role = role.name(), "account made");
        Ok(user)
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
