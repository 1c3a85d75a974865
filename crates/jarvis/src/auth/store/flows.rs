//! The rows of `auth_flows`.

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
        "INSERT INTO auth_flows (hash, kind, user_id, session_id, source, state, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        hash.as_bytes().as_slice(),
        kind,
        flow.user,
        flow.session,
        flow.source.as_deref(),
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
        "SELECT user_id, session_id, source, state FROM auth_flows WHERE hash = $1 AND kind = $2 AND expires_at > $3",
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
         RETURNING user_id, session_id, source, state",
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

/// Keeps the latest `keep` that were begun from one network by nobody in particular.
pub(in crate::auth) async fn trim_source(tx: &mut Tx, source: &str, keep: i64) -> Result<()> {
    sql!(
        execute,
        tx,
        "DELETE FROM auth_flows WHERE source = $1 AND user_id IS NULL AND hash NOT IN
           (SELECT hash FROM auth_flows WHERE source = $1 AND user_id IS NULL ORDER BY expires_at DESC, hash LIMIT $2)",
        source,
        keep,
    )?;
    Ok(())
}

/// How many were begun by nobody in particular and still wait.
pub(in crate::auth) async fn count_anonymous(db: &mut impl Connection, now: Timestamp) -> Result<i64> {
    let (count,) = sql!(
        fetch_one,
        (i64,),
        db,
        "SELECT COUNT(*) FROM auth_flows WHERE user_id IS NULL AND expires_at > $1",
        now
    )?;
    Ok(count)
}

/// Ends everything that one person has begun.
pub(in crate::auth) async fn delete_of(tx: &mut Tx, user: UserId) -> Result<()> {
    sql!(execute, tx, "DELETE FROM auth_flows WHERE user_id = $1", user)?;
    Ok(())
}

pub(in crate::auth) async fn delete_expired(tx: &mut Tx, now: Timestamp) -> Result<()> {
    sql!(execute, tx, "DELETE FROM auth_flows WHERE expires_at <= $1", now)?;
    Ok(())
}
