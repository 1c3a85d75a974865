//! The rows of `revocations`: news for the open sockets of every process.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;

/// Rows read with one statement.
const PAGE: i64 = 1000;

pub(in crate::auth) async fn insert(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO revocations (id, at) VALUES ($1, $2) ON CONFLICT (at, id) DO NOTHING",
        id,
        now,
    )?;
    Ok(())
}

/// Everything since then, the oldest first.
pub(in crate::auth) async fn since(
    db: &mut impl Connection,
    since: Timestamp,
) -> Result<Vec<(Timestamp, Uuid)>> {
    let mut found: Vec<(Timestamp, Uuid)> = Vec::new();
    let mut after = (since, Uuid::nil());
    loop {
        let page = sql!(
            fetch_all,
            (Timestamp, Uuid),
            db,
            "SELECT at, id FROM revocations WHERE (at, id) > ($1, $2) ORDER BY at, id LIMIT $3",
            after.0,
            after.1,
            PAGE,
        )?;
        let Some(last) = page.last().copied() else { return Ok(found) };
        after = last;
        found.extend(page);
    }
}

pub(in crate::auth) async fn delete_before(tx: &mut Tx, moment: Timestamp) -> Result<()> {
    sql!(execute, tx, "DELETE FROM revocations WHERE at < $1", moment)?;
    Ok(())
}
