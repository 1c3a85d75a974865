//! The rows of `totp` and `recovery_codes`.

use jarvis_crypto::TokenHash;

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;
use crate::ids::UserId;
use crate::users::Role;

/// Somebody's authenticator program.
#[derive(sqlx::FromRow)]
pub(in crate::auth) struct Totp {
    /// Sealed.
    pub secret: Vec<u8>,
    pub created_at: Timestamp,
    /// Its owner has shown a code of it: it is asked for at sign-in.
    pub confirmed: bool,
    pub last_step: i64,
}

/// Which factors somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::auth) struct Held {
    pub totp: bool,
    pub passkeys: i64,
    pub recovery_codes: i64,
}

impl Held {
    /// Recovery codes alone are no factor: they stand in for one.
    pub(in crate::auth) fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }
}

/// Locks a person's row until the transaction ends, so that changes of their factors take turns: "is it the first?" and "is it the
/// last?" must not be asked by two at once. Gives the role; none for somebody disabled or gone.
pub(in crate::auth) async fn lock_person(tx: &mut Tx, user: UserId) -> Result<Option<Role>> {
    let row = sql!(
        fetch_optional,
        (Role,),
        tx,
        "UPDATE users SET role = role WHERE id = $1 AND is_active RETURNING role",
        user
    )?;
    Ok(row.map(|(role,)| role))
}

pub(in crate::auth) async fn held(db: &mut impl Connection, user: UserId) -> Result<Held> {
    Ok(sql!(
        fetch_one,
        Held,
        db,
        "SELECT EXISTS (SELECT 1 FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS totp,
                (SELECT COUNT(*) FROM passkeys WHERE user_id = $1) AS passkeys,
                (SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS recovery_codes",
        user,
    )?)
}

/// Stores a secret that waits for its first code, in place of another that still waits. False when one is on already.
pub(in crate::auth) async fn begin_totp(
    tx: &mut Tx,
    user: UserId,
    secret: &[u8],
    now: Timestamp,
) -> Result<bool> {
    let begun = sql!(
        execute,
        tx,
        "INSERT INTO totp (user_id, secret, created_at, last_step) VALUES ($1, $2, $3, 0)
         ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0
          WHERE totp.confirmed_at IS NULL",
        user,
        secret,
        now,
    )?;
    Ok(begun == 1)
}

pub(in crate::auth) async fn find_totp(db: &mut impl Connection, user: UserId) -> Result<Option<Totp>> {
    Ok(sql!(
        fetch_optional,
        Totp,
        db,
        "SELECT secret, created_at, confirmed_at IS NOT NULL AS confirmed, last_step FROM totp WHERE user_id = $1",
        user,
    )?)
}

/// Turns the waiting secret on, if it is still the one that was begun then. Its code counts as used.
pub(in crate::auth) async fn confirm_totp(
    tx: &mut Tx,
    user: UserId,
    begun: Timestamp,
    step: i64,
    now: Timestamp,
) -> Result<bool> {
    let confirmed = sql!(
        execute,
        tx,
        "UPDATE totp SET confirmed_at = $4, last_step = $3
          WHERE user_id = $1 AND created_at = $2 AND confirmed_at IS NULL AND last_step < $3",
        user,
        begun,
        step,
        now,
    )?;
    Ok(confirmed == 1)
}

/// Accepts a time step, once: of two callers with the same code, one.
pub(in crate::auth) async fn accept_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool> {
    let accepted = sql!(
        execute,
        tx,
        "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2",
        user,
        step,
    )?;
    Ok(accepted == 1)
}

/// The same secret under another key; false when it was replaced meanwhile.
pub(in crate::auth) async fn reseal_totp(tx: &mut Tx, user: UserId, old: &[u8], new: &[u8]) -> Result<bool> {
    let changed =
        sql!(execute, tx, "UPDATE totp SET secret = $3 WHERE user_id = $1 AND secret = $2", user, old, new)?;
    Ok(changed == 1)
}

/// Secrets whose records do not begin with `header`, by their owners' ids, after `after`.
pub(in crate::auth) async fn other_totp(
    tx: &mut Tx,
    header: &[u8],
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<(UserId, Vec<u8>)>> {
    Ok(sql!(
        fetch_all,
        (UserId, Vec<u8>),
        tx,
        "SELECT user_id, secret FROM totp
          WHERE substr(secret, 1, 9) <> $1 AND ($2 IS NULL OR user_id > $2)
          ORDER BY user_id LIMIT $3",
        header,
        after,
        limit,
    )?)
}

pub(in crate::auth) async fn count_other_totp(db: &mut impl Connection, header: &[u8]) -> Result<i64> {
    let (count,) =
        sql!(fetch_one, (i64,), db, "SELECT COUNT(*) FROM totp WHERE substr(secret, 1, 9) <> $1", header)?;
    Ok(count)
}

/// False when there was none that is on. One that still waits goes as well.
pub(in crate::auth) async fn delete_totp(tx: &mut Tx, user: UserId) -> Result<bool> {
    let row = sql!(
        fetch_optional,
        (bool,),
        tx,
        "DELETE FROM totp WHERE user_id = $1 RETURNING confirmed_at IS NOT NULL",
        user
    )?;
    Ok(row.is_some_and(|(confirmed,)| confirmed))
}

/// The new set takes the place of the old one whole.
pub(in crate::auth) async fn replace_recovery_codes(
    tx: &mut Tx,
    user: UserId,
    hashes: &[TokenHash],
) -> Result<()> {
    delete_recovery_codes(tx, user).await?;
    for hash in hashes {
        sql!(
            execute,
            tx,
            "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)",
            user,
            hash.as_bytes().as_slice(),
        )?;
    }
    Ok(())
}

pub(in crate::auth) async fn delete_recovery_codes(tx: &mut Tx, user: UserId) -> Result<()> {
    sql!(execute, tx, "DELETE FROM recovery_codes WHERE user_id = $1", user)?;
    Ok(())
}

/// Uses a recovery code up: of two callers with the same one, one.
pub(in crate::auth) async fn use_recovery_code(
    tx: &mut Tx,
    user: UserId,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let used = sql!(
        execute,
        tx,
        "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL",
        user,
        hash.as_bytes().as_slice(),
        now,
    )?;
    Ok(used == 1)
}
