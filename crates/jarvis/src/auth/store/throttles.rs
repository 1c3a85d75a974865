//! The rows of `throttles`: failed attempts, by digest.

use crate::auth::limits::Count;
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;

/// What is counted under this key.
pub(in crate::auth) async fn find(db: &mut impl Connection, key: &[u8]) -> Result<Option<Count>> {
    Ok(sql!(
        fetch_optional,
        Count,
        db,
        "SELECT failures, blocked_until, updated_at FROM throttles WHERE key = $1",
        key,
    )?)
}

/// The same, with the row locked until the transaction ends: made, if there was none.
pub(in crate::auth) async fn lock(tx: &mut Tx, key: &[u8], now: Timestamp) -> Result<Count> {
    Ok(sql!(
        fetch_one,
        Count,
        tx,
        "INSERT INTO throttles (key, failures, blocked_until, updated_at) VALUES ($1, 0, $2, $2)
         ON CONFLICT (key) DO UPDATE SET failures = throttles.failures
         RETURNING failures, blocked_until, updated_at",
        key,
        now,
    )?)
}

pub(in crate::auth) async fn write(tx: &mut Tx, key: &[u8], count: Count) -> Result<()> {
    sql!(
        execute,
        tx,
        "UPDATE throttles SET failures = $2, blocked_until = $3, updated_at = $4 WHERE key = $1",
        key,
        count.failures,
        count.blocked_until,
        count.updated_at,
    )?;
    Ok(())
}

/// One failure less.
pub(in crate::auth) async fn take_back(tx: &mut Tx, key: &[u8]) -> Result<()> {
    sql!(execute, tx, "UPDATE throttles SET failures = failures - 1 WHERE key = $1 AND failures > 0", key,)?;
    Ok(())
}

pub(in crate::auth) async fn delete(tx: &mut Tx, key: &[u8]) -> Result<()> {
    sql!(execute, tx, "DELETE FROM throttles WHERE key = $1", key)?;
    Ok(())
}

pub(in crate::auth) async fn delete_before(tx: &mut Tx, moment: Timestamp) -> Result<()> {
    sql!(execute, tx, "DELETE FROM throttles WHERE updated_at < $1 AND blocked_until < $1", moment)?;
    Ok(())
}
