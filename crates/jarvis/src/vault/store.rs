//! The rows of `user_keys`, and the check value in `meta`.

use crate::clock::Timestamp;
use crate::db::{Connection, Single, Tx, of_somebody, sql};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Somebody's key, sealed.
pub(super) async fn find(db: &mut impl Connection, owner: UserId) -> Result<Option<Vec<u8>>> {
    let row = sql!(fetch_optional, (Vec<u8>,), db, "SELECT key FROM user_keys WHERE user_id = $1", owner)?;
    Ok(row.map(|(key,)| key))
}

/// Stores somebody's first key and gives the one that is stored: of two who come at once, both get the same.
pub(super) async fn make(db: &mut Single, owner: UserId, key: &[u8], now: Timestamp) -> Result<Vec<u8>> {
    of_somebody(sql!(
        execute,
        db,
        "INSERT INTO user_keys (user_id, key, created_at) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING",
        owner,
        key,
        now,
    ))?;
    // Gone again only with its owner.
    find(db, owner).await?.ok_or(Error::Unauthenticated)
}

/// Any key there is.
pub(super) async fn any_key(db: &mut impl Connection) -> Result<Option<(UserId, Vec<u8>)>> {
    Ok(sql!(fetch_optional, (UserId, Vec<u8>), db, "SELECT user_id, key FROM user_keys LIMIT 1")?)
}

/// Keys that do not begin with `header`, by their owners' ids, after `after`.
pub(super) async fn others(
    tx: &mut Tx,
    header: &[u8],
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<(UserId, Vec<u8>)>> {
    Ok(sql!(
        fetch_all,
        (UserId, Vec<u8>),
        tx,
        "SELECT user_id, key FROM user_keys
          WHERE substr(key, 1, 9) <> $1 AND ($2 IS NULL OR user_id > $2)
          ORDER BY user_id LIMIT $3",
        header,
        after,
        limit,
    )?)
}

pub(super) async fn count_others(db: &mut impl Connection, header: &[u8]) -> Result<i64> {
    let (count,) =
        sql!(fetch_one, (i64,), db, "SELECT COUNT(*) FROM user_keys WHERE substr(key, 1, 9) <> $1", header,)?;
    Ok(count)
}

/// The same key, sealed anew; false when it was replaced or deleted meanwhile.
pub(super) async fn renew(tx: &mut Tx, owner: UserId, old: &[u8], new: &[u8]) -> Result<bool> {
    let renewed =
        sql!(execute, tx, "UPDATE user_keys SET key = $3 WHERE user_id = $1 AND key = $2", owner, old, new)?;
    Ok(renewed == 1)
}

pub(super) async fn check(db: &mut impl Connection) -> Result<Option<String>> {
    let row = sql!(fetch_optional, (String,), db, "SELECT value FROM meta WHERE key = 'encryption_check'")?;
    Ok(row.map(|(value,)| value))
}

/// Stores the first check value and gives the one that is stored.
pub(super) async fn insert_check(db: &mut Single, value: &str) -> Result<String> {
    sql!(
        execute,
        db,
        "INSERT INTO meta (key, value) VALUES ('encryption_check', $1) ON CONFLICT (key) DO NOTHING",
        value,
    )?;
    check(db).await?.ok_or_else(|| Error::Internal("the key check value is gone again".to_owned()))
}

pub(super) async fn renew_check(db: &mut Single, value: &str) -> Result<()> {
    sql!(execute, db, "UPDATE meta SET value = $1 WHERE key = 'encryption_check'", value)?;
    Ok(())
}
