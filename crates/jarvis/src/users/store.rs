//! The rows of `users`.

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::{Error, Result, Why};
use crate::ids::UserId;

use super::{NewUser, Role, SignIn, User};

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
}

pub(super) async fn insert(tx: &mut Tx, id: UserId, new: &NewUser, now: Timestamp) -> Result<()> {
    let taken = |taken: Option<(i64,)>, why| taken.map_or(Ok(()), |_| Err(Error::Conflict(why)));
    let (username_key, email_key) = (new.username.key(), new.email.key());
    // Asked first because a broken uniqueness rule would not say which of the two it was.
    taken(
        sql!(
            fetch_optional,
            (i64,),
            tx,
            "SELECT CAST(1 AS BIGINT) FROM users WHERE username_key = $1",
            &username_key
        )?,
        Why::UsernameTaken,
    )?;
    taken(
        sql!(
            fetch_optional,
            (i64,),
            tx,
            "SELECT CAST(1 AS BIGINT) FROM users WHERE email_key = $1",
            &email_key
        )?,
        Why::EmailTaken,
    )?;
    let done = sql!(
        execute,
        tx,
        "INSERT INTO users (id, username, username_key, email, email_key, password_hash, role,
                            is_active, is_verified, preferences, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, FALSE, '{}', $8)",
        id,
        new.username.as_str(),
        &username_key,
        new.email.as_str(),
        &email_key,
        &new.password_hash,
        new.role,
        now,
    );
    crate::db::unique(done, Why::UsernameTaken)?;
    Ok(())
}

pub(super) async fn find(db: &mut impl Connection, id: UserId) -> Result<Option<User>> {
    let row = sql!(
        fetch_optional,
        Row,
        db,
        "SELECT id, email, username, role, is_active, is_verified, created_at, last_login, preferences
           FROM users WHERE id = $1",
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
            two_factor: false,
            preferences: serde_json::from_str(&row.preferences)
                .map_err(|e| Error::internal("users.preferences", e))?,
        })
    }
}
