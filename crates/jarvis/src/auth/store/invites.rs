//! The rows of `invites`.

use std::time::Duration;

use jarvis_crypto::TokenHash;

use crate::auth::Invite;
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;
use crate::ids::{InviteId, UserId};
use crate::users::Role;

/// Invitations that were used or ran out are shown this long.
const KEEP: Duration = Duration::from_secs(60 * 60 * 24 * 30);

/// What an invitation gives to whoever brings it.
#[derive(sqlx::FromRow)]
pub(in crate::auth) struct Offer {
    pub role: Role,
    /// Of whoever made it, if they are still active.
    pub maker_role: Option<Role>,
}

pub(in crate::auth) async fn insert(tx: &mut Tx, invite: &Invite, hash: &TokenHash) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO invites (id, hash, email_key, role, made_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        invite.id,
        hash.as_bytes().as_slice(),
        invite.email.as_deref(),
        invite.role,
        invite.made_by,
        invite.created_at,
        invite.expires_at,
    )?;
    Ok(())
}

/// Invitations of one person that can still be used.
pub(in crate::auth) async fn count_open(tx: &mut Tx, made_by: UserId, now: Timestamp) -> Result<i64> {
    let (count,) = sql!(
        fetch_one,
        (i64,),
        tx,
        "SELECT COUNT(*) FROM invites WHERE made_by = $1 AND used_at IS NULL AND expires_at > $2",
        made_by,
        now,
    )?;
    Ok(count)
}

/// The newest first. Without `every`, those alone that give the role `user`.
pub(in crate::auth) async fn page(
    db: &mut impl Connection,
    every: bool,
    after: Option<InviteId>,
    limit: i64,
) -> Result<Vec<Invite>> {
    Ok(sql!(
        fetch_all,
        Invite,
        db,
        "SELECT id, email_key AS email, role, made_by, created_at, expires_at, used_at, used_by
           FROM invites
          WHERE ($1 OR role = 'user') AND ($2 IS NULL OR id < $2)
          ORDER BY id DESC
          LIMIT $3",
        every,
        after,
        limit,
    )?)
}

/// As [`page`]: false when there is none that the caller may see.
pub(in crate::auth) async fn delete(tx: &mut Tx, id: InviteId, every: bool) -> Result<bool> {
    let deleted =
        sql!(execute, tx, "DELETE FROM invites WHERE id = $1 AND ($2 OR role = 'user')", id, every)?;
    Ok(deleted == 1)
}

/// What the invitation with this hash would give to somebody with this address now, without using it.
pub(in crate::auth) async fn find_offer(
    db: &mut impl Connection,
    hash: &TokenHash,
    email_key: &str,
    now: Timestamp,
) -> Result<Option<Offer>> {
    Ok(sql!(
        fetch_optional,
        Offer,
        db,
        "SELECT i.role, (SELECT m.role FROM users m WHERE m.id = i.made_by AND m.is_active) AS maker_role
           FROM invites i
          WHERE i.hash = $1 AND i.used_at IS NULL AND i.expires_at > $3
            AND (i.email_key IS NULL OR i.email_key = $2)",
        hash.as_bytes().as_slice(),
        email_key,
        now,
    )?)
}

/// Uses an invitation up: of two who bring the same at once, the second gets false.
pub(in crate::auth) async fn use_up(
    tx: &mut Tx,
    hash: &TokenHash,
    email_key: &str,
    now: Timestamp,
) -> Result<bool> {
    let used = sql!(
        execute,
        tx,
        "UPDATE invites SET used_at = $3
          WHERE hash = $1 AND used_at IS NULL AND expires_at > $3 AND (email_key IS NULL OR email_key = $2)",
        hash.as_bytes().as_slice(),
        email_key,
        now,
    )?;
    Ok(used == 1)
}

pub(in crate::auth) async fn set_guest(tx: &mut Tx, hash: &TokenHash, user: UserId) -> Result<()> {
    sql!(execute, tx, "UPDATE invites SET used_by = $2 WHERE hash = $1", hash.as_bytes().as_slice(), user)?;
    Ok(())
}

pub(in crate::auth) async fn delete_old(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let kept = i64::try_from(KEEP.as_micros()).unwrap_or(i64::MAX);
    sql!(execute, tx, "DELETE FROM invites WHERE expires_at < $1 - $2", now, kept)?;
    Ok(())
}
