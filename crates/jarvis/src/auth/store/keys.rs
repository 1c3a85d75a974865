//! The rows of `api_keys`.

use jarvis_crypto::TokenHash;

use crate::auth::{Addresses, Key, Scopes};
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::{Error, Result};
use crate::ids::{KeyId, UserId};
use crate::users::Role;

#[derive(sqlx::FromRow)]
struct Row {
    id: KeyId,
    name: String,
    prefix: String,
    scopes: String,
    addresses: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// A key that may be used now, and whose it is.
pub(in crate::auth) struct Holder {
    pub key: KeyId,
    pub user: UserId,
    pub role: Role,
    pub scopes: Scopes,
    pub addresses: Addresses,
    pub last_used_at: Option<Timestamp>,
    /// The owner has a second factor that is on.
    pub has_factor: bool,
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    key: KeyId,
    #[sqlx(rename = "user_id")]
    user: UserId,
    role: Role,
    scopes: String,
    addresses: String,
    last_used_at: Option<Timestamp>,
    has_factor: bool,
}

pub(in crate::auth) async fn insert(
    tx: &mut Tx,
    user: UserId,
    key: &Key,
    addresses: &Addresses,
    hash: &TokenHash,
) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO api_keys (id, user_id, name, hash, prefix, scopes, addresses, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        key.id,
        user,
        &key.name,
        hash.as_bytes().as_slice(),
        &key.prefix,
        key.scopes.to_string(),
        addresses.stored(),
        key.created_at,
        key.expires_at,
    )?;
    Ok(())
}

pub(in crate::auth) async fn count(tx: &mut Tx, user: UserId) -> Result<i64> {
    let (count,) = sql!(fetch_one, (i64,), tx, "SELECT COUNT(*) FROM api_keys WHERE user_id = $1", user)?;
    Ok(count)
}

/// The newest first; their number is bounded where they are made.
pub(in crate::auth) async fn list(db: &mut impl Connection, user: UserId) -> Result<Vec<Key>> {
    let rows = sql!(
        fetch_all,
        Row,
        db,
        "SELECT id, name, prefix, scopes, addresses, created_at, expires_at, last_used_at
           FROM api_keys WHERE user_id = $1 ORDER BY id DESC",
        user,
    )?;
    rows.into_iter().map(Key::try_from).collect()
}

pub(in crate::auth) async fn delete(tx: &mut Tx, user: UserId, id: KeyId) -> Result<bool> {
    Ok(sql!(execute, tx, "DELETE FROM api_keys WHERE id = $1 AND user_id = $2", id, user)? == 1)
}

/// Deletes all of one person's; gives those that there were.
pub(in crate::auth) async fn delete_all(tx: &mut Tx, user: UserId) -> Result<Vec<KeyId>> {
    let gone = sql!(fetch_all, (KeyId,), tx, "DELETE FROM api_keys WHERE user_id = $1 RETURNING id", user)?;
    Ok(gone.into_iter().map(|(id,)| id).collect())
}

/// The key with this hash, if it has not run out and its owner is active.
pub(in crate::auth) async fn find_holder(
    db: &mut impl Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<Holder>> {
    let row = sql!(
        fetch_optional,
        HolderRow,
        db,
        "SELECT key, user_id, role, scopes, addresses, last_used_at, has_factor FROM key_holders
          WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)",
        hash.as_bytes().as_slice(),
        now,
    )?;
    row.map(Holder::try_from).transpose()
}

/// As [`find_holder`], for a key that was seen before.
pub(in crate::auth) async fn find_holder_again(
    db: &mut impl Connection,
    user: UserId,
    key: KeyId,
    now: Timestamp,
) -> Result<Option<Holder>> {
    let row = sql!(
        fetch_optional,
        HolderRow,
        db,
        "SELECT key, user_id, role, scopes, addresses, last_used_at, has_factor FROM key_holders
          WHERE key = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > $3)",
        key,
        user,
        now,
    )?;
    row.map(Holder::try_from).transpose()
}

/// Of two that note the same use, either may win.
pub(in crate::auth) async fn note_use(tx: &mut Tx, key: KeyId, now: Timestamp) -> Result<()> {
    sql!(execute, tx, "UPDATE api_keys SET last_used_at = $2 WHERE id = $1", key, now)?;
    Ok(())
}

/// What is stored is not believed blindly: a list that cannot be read must not become the empty one, which allows everybody.
fn addresses(stored: &str) -> Result<Addresses> {
    Addresses::from_stored(stored).ok_or_else(|| Error::Internal("api_keys.addresses is no list".into()))
}

fn scopes(stored: &str) -> Result<Scopes> {
    stored.parse().map_err(|error: String| Error::internal("api_keys.scopes", error))
}

impl TryFrom<Row> for Key {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: scopes(&row.scopes)?,
            addresses: addresses(&row.addresses)?.texts(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
    }
}

impl TryFrom<HolderRow> for Holder {
    type Error = Error;

    fn try_from(row: HolderRow) -> Result<Self> {
        Ok(Self {
            key: row.key,
            user: row.user,
            role: row.role,
            scopes: scopes(&row.scopes)?,
            addresses: addresses(&row.addresses)?,
            last_used_at: row.last_used_at,
            has_factor: row.has_factor,
        })
    }
}
