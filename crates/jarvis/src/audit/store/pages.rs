//! Events as an admin reads them.

use crate::audit::page::Filter;
use crate::clock::Timestamp;
use crate::db::{Connection, sql};
use crate::error::Result;
use crate::ids::UserId;

/// One event with the names of the people in it, where they still have an account.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::audit) struct Named {
    #[sqlx(flatten)]
    pub row: super::Row,
    pub actor_name: Option<String>,
    pub subject_name: Option<String>,
}

/// The newest before `before`, the newest first.
pub(in crate::audit) async fn before(
    db: &mut impl Connection,
    filter: &Filter,
    before: i64,
    limit: i64,
) -> Result<Vec<Named>> {
    let (kinds, actor, subject, outcome, from, until) = parts(filter);
    Ok(sql!(
        fetch_all,
        Named,
        db,
        "SELECT e.seq, e.at, e.kind, e.outcome, e.via, e.times, e.actor, e.subject, e.cloak, e.salt, e.data, e.hash,
                a.username AS actor_name, s.username AS subject_name
           FROM audit_events e LEFT JOIN users a ON a.id = e.actor LEFT JOIN users s ON s.id = e.subject
          WHERE e.seq < $1
            AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || e.kind || ',%')
            AND ($3 IS NULL OR e.actor = $3)
            AND ($4 IS NULL OR e.subject = $4)
            AND (CAST($5 AS TEXT) IS NULL OR e.outcome = $5)
            AND ($6 IS NULL OR e.at >= $6)
            AND ($7 IS NULL OR e.at < $7)
          ORDER BY e.seq DESC LIMIT $8",
        before,
        kinds,
        actor,
        subject,
        outcome,
        from,
        until,
        limit,
    )?)
}

/// The oldest after `after`, the oldest first.
pub(in crate::audit) async fn after(
    db: &mut impl Connection,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<Named>> {
    let (kinds, actor, subject, outcome, from, until) = parts(filter);
    Ok(sql!(
        fetch_all,
        Named,
        db,
        "SELECT e.seq, e.at, e.kind, e.outcome, e.via, e.times, e.actor, e.subject, e.cloak, e.salt, e.data, e.hash,
                a.username AS actor_name, s.username AS subject_name
           FROM audit_events e LEFT JOIN users a ON a.id = e.actor LEFT JOIN users s ON s.id = e.subject
          WHERE e.seq > $1
            AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || e.kind || ',%')
            AND ($3 IS NULL OR e.actor = $3)
            AND ($4 IS NULL OR e.subject = $4)
            AND (CAST($5 AS TEXT) IS NULL OR e.outcome = $5)
            AND ($6 IS NULL OR e.at >= $6)
            AND ($7 IS NULL OR e.at < $7)
          ORDER BY e.seq LIMIT $8",
        after,
        kinds,
        actor,
        subject,
        outcome,
        from,
        until,
        limit,
    )?)
}

type Parts<'a> = (
    Option<&'a str>,
    Option<UserId>,
    Option<UserId>,
    Option<&'static str>,
    Option<Timestamp>,
    Option<Timestamp>,
);

fn parts(filter: &Filter) -> Parts<'_> {
    let outcome = filter.outcome.map(crate::audit::Outcome::name);
    (filter.kinds.as_deref(), filter.actor, filter.subject, outcome, filter.from, filter.until)
}
