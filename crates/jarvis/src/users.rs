//! People: who has an account, and what an account is.

pub mod directory;
pub mod rights;
mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::db::{Connection, Tx};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// What a person may do. Later means more: `Role::Admin >= Role::User`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, sqlx::Type,
)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[sqlx(type_name = "TEXT", rename_all = "lowercase")]
pub enum Role {
    User,
    Admin,
    Superuser,
}

impl Role {
    /// As stored and as spoken in tokens.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Superuser => "superuser",
        }
    }
}

/// By way of text: serde_json takes a number or null where a word should be for broken JSON.
impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::User, Self::Admin, Self::Superuser]
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| format!("`{text}` is not a role: user, admin or superuser"))
    }
}

/// An account as its owner sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub username: String,
    pub role: Role,
    pub is_active: bool,
    pub is_verified: bool,
    pub created_at: Timestamp,
    #[schema(required)]
    pub last_login: Option<Timestamp>,
    /// Whether a second factor is on.
    pub two_factor: bool,
    /// What the person chose on the page: an object of the page's own making.
    #[schema(value_type = Object)]
    pub preferences: serde_json::Value,
}

/// 3 to 50 of `a-z A-Z 0-9 _ -`, the first a letter or digit: `--help` is no name to type in a shell. Compared without case.
#[derive(Debug, Clone)]
pub struct Username(String);

impl Username {
    /// # Errors
    /// [`Error::Invalid`] on `username`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !plain || !begins_well || !(3..=50).contains(&text.len()) {
            return Err(Error::invalid(
                "username",
                "username_invalid",
                "A name has 3 to 50 characters: letters without accents, digits, _ and -. The first is a letter or a digit.",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are unique.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// An e-mail address: checked for shape, not for existence. Compared without case.
#[derive(Debug, Clone)]
pub struct Email(String);

impl Email {
    /// ASCII only, so that no look-alike letter makes a second account of one address.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `email`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let fault = || Err(Error::invalid("email", "email_invalid", "This is not an e-mail address."));
        let Some((local, domain)) = text.split_once('@') else { return fault() };
        let dotted = domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        let local_fits = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
        if !dotted || !local_fits || text.len() > 254 {
            return fault();
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are unique.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

/// What a new account is made of. The password is hashed already.
pub struct NewUser {
    pub username: Username,
    pub email: Email,
    /// Or [`NO_PASSWORD`].
    pub password_hash: String,
    pub role: Role,
}

/// In the place of a hash, of an account that was made through a provider: no password opens it.
pub const NO_PASSWORD: &str = "";

/// What signing in needs to know of an account.
pub struct SignIn {
    pub id: UserId,
    pub password_hash: String,
    pub is_active: bool,
}

impl SignIn {
    /// The hash to compare with, where there is a password.
    pub fn password(&self) -> Option<&str> {
        Some(self.password_hash.as_str()).filter(|hash| *hash != NO_PASSWORD)
    }
}

/// Whether nobody has this name or address at this moment. [`create`] decides.
///
/// # Errors
/// A conflict, as [`create`] would say it.
pub async fn check_free(db: &mut impl Connection, username: &Username, email: &Email) -> Result<()> {
    match store::find_taken(db, &username.key(), &email.key()).await? {
        Some(why) => Err(Error::Conflict(why)),
        None => Ok(()),
    }
}

/// Makes an account.
///
/// # Errors
/// A conflict when the name or the address is taken.
pub async fn create(tx: &mut Tx, new: NewUser, now: Timestamp) -> Result<User> {
    let id = UserId::new();
    store::insert(tx, id, &new, now).await?;
    find(tx, id).await?.ok_or_else(|| Error::Internal("a user just made is gone".into()))
}

/// The account with this id.
pub async fn find(db: &mut impl Connection, id: UserId) -> Result<Option<User>> {
    store::find(db, id).await
}

/// The account that signs in with this name or e-mail address.
pub async fn find_for_sign_in(db: &mut impl Connection, login: &str) -> Result<Option<SignIn>> {
    // No name holds one, and PostgreSQL breaks off at the question.
    if login.contains('\0') {
        return Ok(None);
    }
    store::find_for_sign_in(db, &login.trim().to_ascii_lowercase()).await
}

/// Confirms that this is still the password's hash and puts a newer one in its place; locks the row until the transaction ends. False when
/// it was changed meanwhile.
pub async fn renew_password(tx: &mut Tx, id: UserId, hash: &str, renewed: Option<&str>) -> Result<bool> {
    store::replace_password(tx, id, hash, renewed.unwrap_or(hash)).await
}

/// Remembers when somebody signed in, and locks their row until the transaction ends; false when they may not: disabled, or gone.
pub async fn note_login(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<bool> {
    store::set_last_login(tx, id, now).await
}

/// What comparing one's own password needs.
pub async fn find_own_sign_in(db: &mut impl Connection, id: UserId) -> Result<Option<SignIn>> {
    store::find_sign_in_of(db, id).await
}

/// Changes what a person may change of their own; None stays. Another address is not verified.
///
/// # Errors
/// `Conflict(EmailTaken)`.
pub async fn update_own(
    tx: &mut Tx,
    id: UserId,
    email: Option<&Email>,
    preferences: Option<&str>,
) -> Result<()> {
    store::update_own(tx, id, email, preferences).await
}

/// Whether anybody has an account yet: before that, the set-up link works.
pub async fn exist(db: &mut impl Connection) -> Result<bool> {
    store::any(db).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_alphabets_and_lengths_are_refused() {
        for bad in [
            "",
            "ab",
            "a b",
            "аdmin",
            "é_é_é",
            "a\u{200b}bc",
            "x'or'1",
            "--help",
            "-ada",
            "_ada",
            &"a".repeat(51),
        ] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Username::parse(" Ada-L_1 ").unwrap().key(), "ada-l_1");
        assert!(["1ada", "a--", "Z_9"].iter().all(|good| Username::parse(good).is_ok()));
    }

    #[test]
    fn addresses_need_a_local_part_and_a_domain() {
        for bad in [
            "", "a", "@b.c", "a@", "a@b..c", "a@-b.c", "a b@c.d", "a@b@c", ".a@b.c", "a..b@c.d", "а@b.c",
            "a@b\n.c",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Email::parse("Ada+x@Example.org").unwrap().key(), "ada+x@example.org");
        assert!(Email::parse("root@localhost").is_ok());
    }
}
