//! The rows of `sessions` and `refresh_tokens`.

pub(super) mod devices;
pub(super) mod factors;
pub(super) mod flows;
pub(super) mod identities;
pub(super) mod invites;
pub(super) mod keys;
pub(super) mod passkeys;
pub(super) mod revocations;
pub(super) mod throttles;

use std::time::Duration;

use jarvis_crypto::TokenHash;

use crate::auth::session::Family;
use crate::auth::{Device, EndReason, How};
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql, unique};
use crate::error::{Error, Result, Why};
use crate::ids::{SessionId, UserId};
use crate::users::Role;

/// Sessions that ran out are kept this long. Their tokens go with them and never before: a used one is the proof that another, which
/// comes back later, was stolen.
const KEEP_EXPIRED: Duration = Duration::from_secs(60 * 60 * 24);

/// The random name of this installation, made once: two databases never share a set-up code.
pub(super) async fn installation(tx: &mut Tx) -> Result<String> {
    let fresh = SessionId::new().to_string();
    sql!(
        execute,
        tx,
        "INSERT INTO meta (key, value) VALUES ('installation', $1) ON CONFLICT (key) DO NOTHING",
        &fresh,
    )?;
    let (value,) = sql!(fetch_one, (String,), tx, "SELECT value FROM meta WHERE key = 'installation'")?;
    Ok(value)
}

/// Takes the right to make the first account, once and for all.
pub(super) async fn claim_setup(tx: &mut Tx) -> Result<()> {
    unique(sql!(execute, tx, "INSERT INTO meta (key, value) SELECT 'owner_made', 'yes'"), Why::SetupDone)?;
    match sql!(fetch_optional, (i64,), tx, "SELECT CAST(1 AS BIGINT) FROM users LIMIT 1")? {
        Some(_) => Err(Error::Conflict(Why::SetupDone)),
        None => Ok(()),
    }
}

pub(super) async fn insert_session(
    tx: &mut Tx,
    id: SessionId,
    user: UserId,
    device: &Device,
    how: How,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    sql!(
        execute, tx,
        "INSERT INTO sessions (id, user_id, created_at, proved_at, last_seen_at, expires_at, user_agent, address, how)
         VALUES ($1, $2, $3, $3, $3, $4, $5, $6, $7)",
        id,
        user,
        now,
        expires_at,
        &device.agent,
        device.address.to_string(),
        how,
    )?;
    Ok(())
}

pub(super) async fn insert_token(
    tx: &mut Tx,
    hash: &TokenHash,
    session: SessionId,
    parent: Option<&TokenHash>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO refresh_tokens (hash, session_id, parent, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        hash.as_bytes().as_slice(),
        session,
        parent.map(|parent| parent.as_bytes().as_slice()),
        now,
        expires_at,
    )?;
    Ok(())
}

/// Whose living session this refresh token is of, used already or not.
pub(super) async fn find_holder(
    db: &mut impl Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<UserId>> {
    let found = sql!(
        fetch_optional,
        (UserId,),
        db,
        "SELECT s.user_id
           FROM refresh_tokens t
           JOIN sessions s ON s.id = t.session_id
           JOIN users u ON u.id = s.user_id
          WHERE t.hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND u.is_active",
        hash.as_bytes().as_slice(),
        now,
    )?;
    Ok(found.map(|(user,)| user))
}

/// The token's session and relatives, with the session's row locked until the transaction ends.
pub(super) async fn lock_family(tx: &mut Tx, hash: &TokenHash, now: Timestamp) -> Result<Option<Family>> {
    let hash = hash.as_bytes().as_slice();
    sql!(
        execute,
        tx,
        "UPDATE sessions SET last_seen_at = $2
          WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = $1)",
        hash,
        now,
    )?;
    Ok(sql!(
        fetch_optional,
        Family,
        tx,
        "SELECT s.id AS session, s.user_id AS \"user\", s.created_at,
                (s.ended_at IS NOT NULL OR NOT u.is_active) AS over,
                t.expires_at AS token_expires_at,
                EXISTS (SELECT 1 FROM refresh_tokens x
                         WHERE x.session_id = t.session_id AND x.parent = t.parent AND x.hash <> t.hash
                           AND x.used_at IS NOT NULL) AS sibling_used,
                (SELECT COUNT(*) FROM refresh_tokens x
                  WHERE x.session_id = t.session_id AND x.parent = t.hash) AS successors,
                EXISTS (SELECT 1 FROM refresh_tokens x
                         WHERE x.session_id = t.session_id AND x.parent = t.hash
                           AND x.used_at IS NOT NULL) AS successor_used
           FROM refresh_tokens t
           JOIN sessions s ON s.id = t.session_id
           JOIN users u ON u.id = s.user_id
          WHERE t.hash = $1",
        hash,
    )?)
}

pub(super) async fn mark_used(tx: &mut Tx, hash: &TokenHash, now: Timestamp) -> Result<()> {
    sql!(
        execute,
        tx,
        "UPDATE refresh_tokens SET used_at = COALESCE(used_at, $2) WHERE hash = $1",
        hash.as_bytes().as_slice(),
        now,
    )?;
    Ok(())
}

pub(super) async fn extend_session(tx: &mut Tx, id: SessionId, expires_at: Timestamp) -> Result<()> {
    sql!(execute, tx, "UPDATE sessions SET expires_at = $2 WHERE id = $1", id, expires_at)?;
    Ok(())
}

/// Ends one session of this user; gives it back if it was alive.
pub(super) async fn end_session(
    tx: &mut Tx,
    user: UserId,
    id: SessionId,
    why: EndReason,
    now: Timestamp,
) -> Result<Option<SessionId>> {
    let ended = sql!(
        fetch_optional,
        (SessionId,),
        tx,
        "UPDATE sessions SET ended_at = $3, ended_why = $4
          WHERE id = $1 AND user_id = $2 AND ended_at IS NULL RETURNING id",
        id,
        user,
        now,
        why.name(),
    )?;
    Ok(ended.map(|(id,)| id))
}

/// Ends every session of this user but one; gives those that were alive.
pub(super) async fn end_sessions(
    tx: &mut Tx,
    user: UserId,
    except: Option<SessionId>,
    why: EndReason,
    now: Timestamp,
) -> Result<Vec<SessionId>> {
    let ended = sql!(
        fetch_all,
        (SessionId,),
        tx,
        "UPDATE sessions SET ended_at = $3, ended_why = $4
          WHERE user_id = $1 AND ($2 IS NULL OR id <> $2) AND ended_at IS NULL RETURNING id",
        user,
        except,
        now,
        why.name(),
    )?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// What the store says of a session that is alive.
#[derive(sqlx::FromRow)]
pub(super) struct Living {
    pub role: Role,
    pub proved_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// The user has a second factor that is on.
    pub has_factor: bool,
}

pub(super) async fn find_living(
    db: &mut impl Connection,
    user: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<Option<Living>> {
    Ok(sql!(
        fetch_optional,
        Living,
        db,
        "SELECT p.role, s.proved_at, s.last_seen_at, p.has_factor
           FROM sessions s JOIN people p ON p.id = s.user_id
          WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3 AND p.is_active",
        session,
        user,
        now,
    )?)
}

pub(super) async fn touch_session(tx: &mut Tx, id: SessionId, at: Timestamp) -> Result<()> {
    sql!(execute, tx, "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2", id, at)?;
    Ok(())
}

/// Remembers that the person of this session has just proved who they are.
pub(super) async fn set_proved(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<()> {
    sql!(execute, tx, "UPDATE sessions SET proved_at = $2 WHERE id = $1 AND ended_at IS NULL", id, now)?;
    Ok(())
}

/// A living session, for the list of devices.
#[derive(sqlx::FromRow)]
pub(super) struct SessionRow {
    pub id: SessionId,
    pub user_agent: String,
    pub address: String,
    pub how: How,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

pub(super) async fn sessions(
    db: &mut impl Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<SessionRow>> {
    Ok(sql!(
        fetch_all,
        SessionRow,
        db,
        "SELECT id, user_agent, address, how, created_at, last_seen_at, expires_at FROM sessions
          WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
          ORDER BY last_seen_at DESC, id DESC LIMIT 100",
        user,
        now,
    )?)
}

/// Whether this user has a second factor that is on.
pub(super) async fn has_factor(db: &mut impl Connection, user: UserId) -> Result<bool> {
    let found = sql!(fetch_optional, (bool,), db, "SELECT has_factor FROM people WHERE id = $1", user)?;
    Ok(found.is_some_and(|(has_factor,)| has_factor))
}

/// The living sessions of this user beyond the newest `most`.
pub(super) async fn oldest_beyond(
    tx: &mut Tx,
    user: UserId,
    most: i64,
    now: Timestamp,
) -> Result<Vec<SessionId>> {
    let rows = sql!(
        fetch_all,
        (SessionId,),
        tx,
        "SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
          ORDER BY last_seen_at DESC, id DESC LIMIT 100 OFFSET $3",
        user,
        now,
        most,
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn delete_expired(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let kept = i64::try_from(KEEP_EXPIRED.as_micros()).unwrap_or(i64::MAX);
    sql!(execute, tx, "DELETE FROM sessions WHERE expires_at < $1 - $2", now, kept)?;
    Ok(())
}
