//! The rows of `passkeys`.

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql, unique};
use crate::error::{Result, Why};
use crate::ids::{PasskeyId, UserId};

/// A passkey as its owner sees it in a list.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema, sqlx::FromRow)]
pub struct Passkey {
    pub id: PasskeyId,
    /// As its owner calls it.
    pub name: String,
    pub created_at: Timestamp,
    #[schema(required)]
    pub last_used_at: Option<Timestamp>,
}

/// What a signature is checked with.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::auth) struct Known {
    pub id: PasskeyId,
    #[sqlx(rename = "user_id")]
    pub user: UserId,
    /// Public key and counter, as the ceremony wrote them.
    pub credential: String,
}

pub(in crate::auth) async fn insert(
    tx: &mut Tx,
    passkey: &Passkey,
    user: UserId,
    credential_id: &[u8],
    credential: &str,
) -> Result<()> {
    let done = sql!(
        execute,
        tx,
        "INSERT INTO passkeys (id, user_id, credential_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        passkey.id,
        user,
        credential_id,
        &passkey.name,
        credential,
        passkey.created_at,
    );
    unique(done, Why::PasskeyKnown)?;
    Ok(())
}

/// All of one person's, oldest first; there are never more than a few.
pub(in crate::auth) async fn list(db: &mut impl Connection, user: UserId) -> Result<Vec<Passkey>> {
    Ok(sql!(
        fetch_all,
        Passkey,
        db,
        "SELECT id, name, created_at, last_used_at FROM passkeys WHERE user_id = $1 ORDER BY id",
        user
    )?)
}

/// What all of one person's passkeys are checked with.
pub(in crate::auth) async fn known(db: &mut impl Connection, user: UserId) -> Result<Vec<Known>> {
    Ok(sql!(
        fetch_all,
        Known,
        db,
        "SELECT id, user_id, credential FROM passkeys WHERE user_id = $1 ORDER BY id",
        user
    )?)
}

/// By the id that the authenticator gave it.
pub(in crate::auth) async fn find(db: &mut impl Connection, credential_id: &[u8]) -> Result<Option<Known>> {
    Ok(sql!(
        fetch_optional,
        Known,
        db,
        "SELECT id, user_id, credential FROM passkeys WHERE credential_id = $1",
        credential_id,
    )?)
}

/// Writes what a signature changed. False when another signature did so in between: two at once with one counter are a copy.
pub(in crate::auth) async fn note_use(
    tx: &mut Tx,
    known: &Known,
    credential: &str,
    now: Timestamp,
) -> Result<bool> {
    let noted = sql!(
        execute,
        tx,
        "UPDATE passkeys SET credential = $3, last_used_at = $4 WHERE id = $1 AND credential = $2",
        known.id,
        &known.credential,
        credential,
        now,
    )?;
    Ok(noted == 1)
}

pub(in crate::auth) async fn rename(
    tx: &mut Tx,
    user: UserId,
    id: PasskeyId,
    name: &str,
) -> Result<Option<Passkey>> {
    Ok(sql!(
        fetch_optional,
        Passkey,
        tx,
        "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2 RETURNING id, name, created_at, last_used_at",
        id,
        user,
        name,
    )?)
}

pub(in crate::auth) async fn delete(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<bool> {
    Ok(sql!(execute, tx, "DELETE FROM passkeys WHERE id = $1 AND user_id = $2", id, user)? == 1)
}

pub(in crate::auth) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<()> {
    sql!(execute, tx, "DELETE FROM passkeys WHERE user_id = $1", user)?;
    Ok(())
}
