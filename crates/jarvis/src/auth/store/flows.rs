//! The rows of `auth_flows` and `spent_flows`.

use jarvis_crypto::TokenHash;

use crate::auth::flows::Flow;
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;
use crate::ids::UserId;

pub(in crate::auth) async fn insert(
    tx: &mut Tx,
    hash: &TokenHash,
    kind: &'static str,
    flow: &Flow,
    expires_at: Timestamp,
) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO auth_flows (hash, kind, user_id, session_id, state, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        hash.as_bytes().as_slice(),
        kind,
        flow.user,
        flow.session,
        &flow.state,
        expires_at,
    )?;
    Ok(())
}

pub(in crate::auth) async fn find(
    db: &mut impl Connection,
    hash: &TokenHash,
    kind: &'static str,
    now: Timestamp,
) -> Result<Option<Flow>> {
    Ok(sql!(
        fetch_optional,
        Flow,
        db,
        "SELECT user_id, session_id, state FROM auth_flows WHERE hash = $1 AND kind = $2 AND expires_at > $3",
        hash.as_bytes().as_slice(),
        kind,
        now,
    )?)
}

/// Takes a flow out: of two callers with the same token, one gets it.
pub(in crate::auth) async fn take(
    tx: &mut Tx,
    hash: &TokenHash,
    kind: &'static str,
    now: Timestamp,
) -> Result<Option<Flow>> {
    Ok(sql!(
        fetch_optional,
        Flow,
        tx,
        "DELETE FROM auth_flows WHERE hash = $1 AND kind = $2 AND expires_at > $3
         RETURNING user_id, session_id, state",
        hash.as_bytes().as_slice(),
        kind,
        now,
    )?)
}

/// Keeps the latest `keep` of one person's of a kind; the others make room. What somebody can begin who knows only the password never ends
/// what was begun by who is signed in.
pub(in crate::auth) async fn trim_person(tx: &mut Tx, user: UserId, kind: &str, keep: i64) -> Result<()> {
    sql!(
        execute,
        tx,
        "DELETE FROM auth_flows WHERE user_id = $1 AND kind = $2 AND hash NOT IN
           (SELECT hash FROM auth_flows WHERE user_id = $1 AND kind = $2 ORDER BY expires_at DESC, hash LIMIT $3)",
        user,
        kind,
        keep,
    )?;
    Ok(())
}

/// Notes that a sealed flow was used; false when it was before. A second who brings the same waits here for the first.
pub(in crate::auth) async fn spend(tx: &mut Tx, hash: &TokenHash, expires_at: Timestamp) -> Result<bool> {
    let spent = sql!(
        execute,
        tx,
        "INSERT INTO spent_flows (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        hash.as_bytes().as_slice(),
        expires_at,
    )?;
    Ok(spent == 1)
}

/// Ends everything that one person has begun.
pub(in crate::auth) async fn delete_of(tx: &mut Tx, user: UserId) -> Result<()> {
    sql!(execute, tx, "DELETE FROM auth_flows WHERE user_id = $1", user)?;
    Ok(())
}

pub(in crate::auth) async fn delete_expired(tx: &mut Tx, now: Timestamp) -> Result<()> {
    sql!(execute, tx, "DELETE FROM auth_flows WHERE expires_at <= $1", now)?;
    sql!(execute, tx, "DELETE FROM spent_flows WHERE expires_at <= $1", now)?;
    Ok(())
}
