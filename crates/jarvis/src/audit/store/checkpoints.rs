//! The rows of `audit_checkpoints`.

use jarvis_crypto::ledger::{Checkpoint, Statement};

use crate::clock::Timestamp;
use crate::db::{Connection, sql};
use crate::error::Result;

/// One checkpoint as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::audit) struct Row {
    pub size: i64,
    pub at: Timestamp,
    pub root: Vec<u8>,
    pub head: Vec<u8>,
    pub key: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Row {
    /// None when it cannot be one.
    pub(in crate::audit) fn read(&self) -> Option<Checkpoint> {
        let statement = Statement {
            size: self.size.try_into().ok()?,
            at: self.at.micros(),
            root: self.root.as_slice().try_into().ok()?,
            head: self.head.as_slice().try_into().ok()?,
        };
        let (key, signature) =
            (self.key.as_slice().try_into().ok()?, self.signature.as_slice().try_into().ok()?);
        Some(Checkpoint { statement, key, signature })
    }
}

/// Stores it, unless another process was first with one of this size.
pub(in crate::audit) async fn insert(db: &mut impl Connection, checkpoint: &Checkpoint) -> Result<()> {
    let statement = &checkpoint.statement;
    sql!(
        execute,
        db,
        "INSERT INTO audit_checkpoints (size, at, root, head, key, signature) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (size) DO NOTHING",
        i64::try_from(statement.size).unwrap_or(i64::MAX),
        statement.at,
        statement.root.as_slice(),
        statement.head.as_slice(),
        checkpoint.key.as_slice(),
        checkpoint.signature.as_slice(),
    )?;
    Ok(())
}

pub(in crate::audit) async fn last(db: &mut impl Connection) -> Result<Option<Row>> {
    Ok(sql!(
        fetch_optional,
        Row,
        db,
        "SELECT size, at, root, head, key, signature FROM audit_checkpoints ORDER BY size DESC LIMIT 1",
    )?)
}

/// The next ones, the smallest first.
pub(in crate::audit) async fn after(db: &mut impl Connection, size: i64, limit: i64) -> Result<Vec<Row>> {
    Ok(sql!(
        fetch_all,
        Row,
        db,
        "SELECT size, at, root, head, key, signature FROM audit_checkpoints WHERE size > $1 ORDER BY size LIMIT $2",
        size,
        limit,
    )?)
}
