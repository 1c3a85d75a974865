//! The rows of `users`, all of them.

use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::Result;
use crate::ids::UserId;
use crate::users::directory::Person;
use crate::users::{Role, User};

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    user: super::Row,
    sessions: i64,
}

pub(in crate::users) async fn page(
    db: &mut impl Connection,
    pattern: Option<&str>,
    after: Option<&str>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Person>> {
    let rows = sql!(
        fetch_all,
        Row,
        db,
        "SELECT u.id, u.email, u.username, u.role, u.is_active, u.is_verified, u.created_at, u.last_login, u.has_factor,
                '{}' AS preferences,
                (SELECT COUNT(*) FROM sessions s
                  WHERE s.user_id = u.id AND s.ended_at IS NULL AND s.expires_at > $4) AS sessions
           FROM people u
          WHERE (CAST($1 AS TEXT) IS NULL OR u.username_key LIKE $1 ESCAPE '\\' OR u.email_key LIKE $1 ESCAPE '\\')
            AND (CAST($2 AS TEXT) IS NULL OR u.username_key > $2)
          ORDER BY u.username_key
          LIMIT $3",
        pattern,
        after,
        limit,
        now,
    )?;
    rows.into_iter().map(Person::try_from).collect()
}

pub(in crate::users) async fn find(
    db: &mut impl Connection,
    id: UserId,
    now: Timestamp,
) -> Result<Option<Person>> {
    let row = sql!(
        fetch_optional,
        Row,
        db,
        "SELECT u.id, u.email, u.username, u.role, u.is_active, u.is_verified, u.created_at, u.last_login, u.has_factor,
                '{}' AS preferences,
                (SELECT COUNT(*) FROM sessions s
                  WHERE s.user_id = u.id AND s.ended_at IS NULL AND s.expires_at > $2) AS sessions
           FROM people u WHERE u.id = $1",
        id,
        now,
    )?;
    row.map(Person::try_from).transpose()
}

pub(in crate::users) async fn find_by_login(db: &mut impl Connection, key: &str) -> Result<Option<UserId>> {
    let row = sql!(
        fetch_optional,
        (UserId,),
        db,
        "SELECT id FROM users WHERE username_key = $1 OR email_key = $1",
        key,
    )?;
    Ok(row.map(|(id,)| id))
}

/// One row that whoever changes rights writes first: on PostgreSQL the second writer waits for the first to commit. SQLite has one
/// writer anyway.
pub(in crate::users) async fn take_turn(tx: &mut Tx) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO meta (key, value) VALUES ('rights', 'changed one at a time')
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?;
    Ok(())
}

/// Two at most: nobody asks for more.
pub(in crate::users) async fn active_superusers(tx: &mut Tx) -> Result<Vec<UserId>> {
    let rows = sql!(
        fetch_all,
        (UserId,),
        tx,
        "SELECT id FROM users WHERE role = 'superuser' AND is_active LIMIT 2",
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(in crate::users) async fn active_role(tx: &mut Tx, id: UserId) -> Result<Option<Role>> {
    let row = sql!(fetch_optional, (Role,), tx, "SELECT role FROM users WHERE id = $1 AND is_active", id)?;
    Ok(row.map(|(role,)| role))
}

pub(in crate::users) async fn lock(tx: &mut Tx, id: UserId) -> Result<()> {
    sql!(execute, tx, "UPDATE users SET is_active = is_active WHERE id = $1", id)?;
    Ok(())
}

pub(in crate::users) async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<bool> {
    Ok(sql!(execute, tx, "UPDATE users SET role = $2 WHERE id = $1", id, role)? == 1)
}

pub(in crate::users) async fn set_active(tx: &mut Tx, id: UserId, is_active: bool) -> Result<bool> {
    Ok(sql!(execute, tx, "UPDATE users SET is_active = $2 WHERE id = $1", id, is_active)? == 1)
}

pub(in crate::users) async fn delete(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(sql!(execute, tx, "DELETE FROM users WHERE id = $1", id)? == 1)
}

impl TryFrom<Row> for Person {
    type Error = crate::error::Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self { user: User::try_from(row.user)?, sessions: row.sessions, locked: false })
    }
}
