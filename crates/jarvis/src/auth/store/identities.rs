//! The rows of `identities`, and which errands to a provider are done.

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql, unique};
use crate::error::{Result, Why};
use crate::ids::{IdentityId, UserId};

/// Whose an identity is.
#[derive(sqlx::FromRow)]
pub(in crate::auth) struct Known {
    pub id: IdentityId,
    pub user: UserId,
    pub is_active: bool,
}

/// One identity, for its owner's list.
#[derive(sqlx::FromRow)]
pub(in crate::auth) struct Row {
    pub id: IdentityId,
    pub issuer: String,
    pub label: String,
    pub created_at: Timestamp,
}

/// What a provider says somebody is.
pub(in crate::auth) struct NewIdentity<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub label: String,
}

/// By issuer and subject, compared letter by letter.
pub(in crate::auth) async fn find(
    db: &mut impl Connection,
    issuer: &str,
    subject: &str,
) -> Result<Option<Known>> {
    Ok(sql!(
        fetch_optional,
        Known,
        db,
        "SELECT i.id, i.user_id AS \"user\", u.is_active
           FROM identities i JOIN users u ON u.id = i.user_id
          WHERE i.issuer = $1 AND i.subject = $2",
        issuer,
        subject,
    )?)
}

/// Whether this is still this person's.
pub(in crate::auth) async fn is_of(db: &mut impl Connection, id: IdentityId, user: UserId) -> Result<bool> {
    let found = sql!(
        fetch_optional,
        (i64,),
        db,
        "SELECT CAST(1 AS BIGINT) FROM identities WHERE id = $1 AND user_id = $2",
        id,
        user,
    )?;
    Ok(found.is_some())
}

/// The oldest first; their number is bounded where they are made.
pub(in crate::auth) async fn list(db: &mut impl Connection, user: UserId) -> Result<Vec<Row>> {
    Ok(sql!(
        fetch_all,
        Row,
        db,
        "SELECT id, issuer, label, created_at FROM identities WHERE user_id = $1 ORDER BY id LIMIT 100",
        user,
    )?)
}

/// # Errors
/// `Conflict(IdentityTaken)`: somebody came in by it meanwhile.
pub(in crate::auth) async fn insert(
    tx: &mut Tx,
    user: UserId,
    new: &NewIdentity<'_>,
    now: Timestamp,
) -> Result<()> {
    let done = sql!(
        execute,
        tx,
        "INSERT INTO identities (id, user_id, issuer, subject, label, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        IdentityId::new(),
        user,
        new.issuer,
        new.subject,
        &new.label,
        now,
    );
    unique(done, Why::IdentityTaken)?;
    Ok(())
}

pub(in crate::auth) async fn delete(tx: &mut Tx, user: UserId, id: IdentityId) -> Result<bool> {
    Ok(sql!(execute, tx, "DELETE FROM identities WHERE id = $1 AND user_id = $2", id, user)? == 1)
}
