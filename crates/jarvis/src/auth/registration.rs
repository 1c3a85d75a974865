//! Making accounts: the owner's, those of people who come to the page, and those made from the shell.

use jarvis_crypto::Secret;

use super::{Accounts, store};
use crate::config;
use crate::error::{Error, FieldFault, Forbidden, Result, Why};
use crate::users::{self, Email, NewUser, Role, User, Username};

/// What registering asks for.
pub struct Registration {
    pub username: String,
    pub email: String,
    pub password: Secret<String>,
    pub setup_code: Option<String>,
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
