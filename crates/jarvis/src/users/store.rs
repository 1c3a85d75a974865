//! The rows of `users`.

pub(super) mod directory;

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::{Error, Result, Why};
use crate::ids::UserId;

use super::{Email, NewUser, Role, SignIn, User};

#[derive(sqlx::FromRow)]
struct Row {
    id: UserId,
    email: String,
    username: String,
    role: Role,
    is_active: bool,
    is_verified: bool,
    created_at: Timestamp,
    last_login: Option<Timestamp>,
    preferences: String,
    has_factor: bool,
}

pub(super) async fn insert(tx: &mut Tx, id: UserId, new: &NewUser, now: Timestamp) -> Result<()> {
    let (username_key, email_key) = (new.username.key(), new.email.key());
    let made = sql!(
        execute,
        tx,
        "INSERT INTO users (id, username, username_key, email, email_key, password_hash, role,
                            is_active, is_verified, preferences, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, FALSE, '{}', $8)
         ON CONFLICT DO NOTHING",
        id,
        new.username.as_str(),
        &username_key,
        new.email.as_str(),
        &email_key,
        &new.password_hash,
        new.role,
        now,
    )?;
    if made == 1 {
        return Ok(());
    }
    // Asked afterwards, because before it another may still be about to be made: this insert has waited for that one.
    Err(Error::Conflict(find_taken(tx, &username_key, &email_key).await?.unwrap_or(Why::EmailTaken)))
}

/// Which of the two somebody has; the name if both.
pub(super) async fn find_taken(
    db: &mut impl Connection,
    username_key: &str,
    email_key: &str,
) -> Result<Option<Why>> {
    let row = sql!(
        fetch_optional,
        (bool,),
        db,
        "SELECT username_key = $1 FROM users WHERE username_key = $1 OR email_key = $2
          ORDER BY CASE WHEN username_key = $1 THEN 0 ELSE 1 END LIMIT 1",
        username_key,
        email_key,
    )?;
    Ok(row.map(|(name,)| if name { Why::UsernameTaken } else { Why::EmailTaken }))
}

pub(super) async fn find(db: &mut impl Connection, id: UserId) -> Result<Option<User>> {
    let row = sql!(
        fetch_optional,
        Row,
        db,
        "SELECT id, email, username, role, is_active, is_verified, created_at, last_login, preferences, has_factor
           FROM people WHERE id = $1",
        id,
    )?;
    row.map(User::try_from).transpose()
}

pub(super) async fn find_for_sign_in(db: &mut impl Connection, key: &str) -> Result<Option<SignIn>> {
    let row = sql!(
        fetch_optional,
        (UserId, String, bool),
        db,
        "SELECT id, password_hash, is_active FROM users WHERE username_key = $1 OR email_key = $1",
        key,
    )?;
    Ok(row.map(|(id, password_hash, is_active)| SignIn { id, password_hash, is_active }))
}

pub(super) async fn set_last_login(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<bool> {
    let changed = sql!(execute, tx, "UPDATE users SET last_login = $2 WHERE id = $1 AND is_active", id, now)?;
    Ok(changed > 0)
}

pub(super) async fn replace_password(tx: &mut Tx, id: UserId, old: &str, new: &str) -> Result<bool> {
    let changed = sql!(
        execute,
        tx,
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        id,
        old,
        new,
    )?;
    Ok(changed > 0)
}

pub(super) async fn find_sign_in_of(db: &mut impl Connection, id: UserId) -> Result<Option<SignIn>> {
    let row = sql!(
        fetch_optional,
        (UserId, String, bool),
        db,
        "SELECT id, password_hash, is_active FROM users WHERE id = $1",
        id,
    )?;
    Ok(row.map(|(id, password_hash, is_active)| SignIn { id, password_hash, is_active }))
}

pub(super) async fn update_own(
    tx: &mut Tx,
    id: UserId,
    email: Option<&Email>,
    preferences: Option<&str>,
) -> Result<()> {
    let done = sql!(
        execute,
        tx,
        "UPDATE users SET email = COALESCE($2, email), email_key = COALESCE($3, email_key),
                is_verified = (is_verified AND ($3 IS NULL OR $3 = email_key)),
                preferences = COALESCE($4, preferences)
          WHERE id = $1",
        id,
        email.map(Email::as_str),
        email.map(Email::key),
        preferences,
    );
    crate::db::unique(done, Why::EmailTaken)?;
    Ok(())
}

pub(super) async fn any(db: &mut impl Connection) -> Result<bool> {
    Ok(sql!(fetch_optional, (i64,), db, "SELECT CAST(1 AS BIGINT) FROM users LIMIT 1")?.is_some())
}

impl TryFrom<Row> for User {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            email: row.email,
            username: row.username,
            role: row.role,
            is_active: row.is_active,
            is_verified: row.is_verified,
            created_at: row.created_at,
            last_login: row.last_login,
            two_factor: row.has_factor,
            preferences: serde_json::from_str(&row.preferences)
                .map_err(|e| Error::internal("users.preferences", e))?,
        })
    }
}
