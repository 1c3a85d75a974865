//! The rows of `known_devices`: from where somebody has signed in, by digest.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;
use crate::ids::UserId;

/// Of one person: the ones they have not used for longest give way.
const MOST: i64 = 50;

/// The first of these keys that is known for this user since then. `user` may be nobody's id: the answer takes as long.
pub(in crate::auth) async fn find(
    db: &mut impl Connection,
    user: Uuid,
    keys: [&[u8]; 2],
    since: Timestamp,
) -> Result<Option<Vec<u8>>> {
    let found = sql!(
        fetch_optional,
        (Vec<u8>,),
        db,
        "SELECT key FROM known_devices WHERE user_id = $1 AND key IN ($2, $3) AND seen_at > $4
          ORDER BY CASE WHEN key = $2 THEN 0 ELSE 1 END LIMIT 1",
        user,
        keys[0],
        keys[1],
        since,
    )?;
    Ok(found.map(|(key,)| key))
}

pub(in crate::auth) async fn note(tx: &mut Tx, user: UserId, key: &[u8], now: Timestamp) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO known_devices (user_id, key, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, key) DO UPDATE SET seen_at = excluded.seen_at",
        user,
        key,
        now,
    )?;
    sql!(
        execute,
        tx,
        "DELETE FROM known_devices WHERE user_id = $1 AND key NOT IN
            (SELECT key FROM known_devices WHERE user_id = $1 ORDER BY seen_at DESC, key LIMIT $2)",
        user,
        MOST,
    )?;
    Ok(())
}

pub(in crate::auth) async fn forget(tx: &mut Tx, user: UserId) -> Result<()> {
    sql!(execute, tx, "DELETE FROM known_devices WHERE user_id = $1", user)?;
    Ok(())
}

pub(in crate::auth) async fn delete_before(tx: &mut Tx, moment: Timestamp) -> Result<()> {
    sql!(execute, tx, "DELETE FROM known_devices WHERE seen_at < $1", moment)?;
    Ok(())
}
