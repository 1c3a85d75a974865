//! The rows of `audit_events`, `audit_head` and `audit_checkpoints`.

pub(super) mod checkpoints;
pub(super) mod pages;

use jarvis_crypto::ledger::{self, Frontier, GENESIS, Hash, SALT_BYTES};

use super::event::{Event, Kind, Outcome};
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// One event as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    pub seq: i64,
    pub at: Timestamp,
    pub kind: String,
    pub outcome: String,
    pub via: String,
    pub times: i64,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub cloak: Vec<u8>,
    pub salt: Option<Vec<u8>>,
    pub data: Option<String>,
    pub hash: Vec<u8>,
}

impl Row {
    /// The hash that this entry has after one with the hash `previous`.
    pub(super) fn link(&self, previous: &Hash) -> Hash {
        let id = |user: &Option<UserId>| user.map(|user| user.0.as_bytes().to_vec()).unwrap_or_default();
        let (actor, subject) = (id(&self.actor), id(&self.subject));
        ledger::link(
            previous,
            &[
                &self.seq.to_be_bytes(),
                &self.at.micros().to_be_bytes(),
                self.kind.as_bytes(),
                self.outcome.as_bytes(),
                self.via.as_bytes(),
                &self.times.to_be_bytes(),
                &actor,
                &subject,
                &self.cloak,
            ],
        )
    }
}

/// The end of the chain.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Head {
    pub size: i64,
    /// Of the last entry; the epoch when there is none.
    pub at: Timestamp,
    pub hash: Vec<u8>,
    pub frontier: Vec<u8>,
}

impl Head {
    /// # Errors
    /// `Internal` when what is stored cannot be.
    pub(super) fn read(&self) -> Result<(Hash, Frontier)> {
        let hash = self.hash.as_slice().try_into().ok();
        let size = u64::try_from(self.size).ok();
        let frontier = size.and_then(|size| Frontier::from_bytes(size, &self.frontier));
        hash.zip(frontier).ok_or_else(|| Error::Internal("the head of the audit trail is damaged".into()))
    }
}

pub(super) async fn head(db: &mut impl Connection) -> Result<Head> {
    Ok(sql!(fetch_one, Head, db, "SELECT size, at, hash, frontier FROM audit_head WHERE id = 1")?)
}

/// Appends, with the head locked from here to the end of the transaction. Gives how many entries there are then.
pub(super) async fn append(tx: &mut Tx, events: &[(Timestamp, Event)]) -> Result<i64> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let head = sql!(
        fetch_one,
        Head,
        tx,
        "UPDATE audit_head SET size = size + $1 WHERE id = 1 RETURNING size - $1 AS size, at, hash, frontier",
        count,
    )?;
    let (mut last, mut frontier) = head.read()?;
    let mut at = head.at;
    for ((now, event), seq) in events.iter().zip(head.size.saturating_add(1)..) {
        // Never earlier than the one before, whatever the clock says.
        at = at.max(*now);
        let row = row(event, seq, at, &last)?;
        insert(tx, &row).await?;
        last = row.link(&last);
        frontier.push(ledger::leaf_hash(&last));
    }
    sql!(
        execute,
        tx,
        "UPDATE audit_head SET at = $1, hash = $2, frontier = $3 WHERE id = 1",
        at,
        last.as_slice(),
        frontier.to_bytes(),
    )?;
    Ok(head.size.saturating_add(count))
}

fn row(event: &Event, seq: i64, at: Timestamp, previous: &Hash) -> Result<Row> {
    let data = event.data.as_ref().map(serde_json::to_string).transpose();
    let data = data.map_err(|error| Error::internal("audit_events.data", error))?.map(|data| visible(&data));
    let salt = match &data {
        Some(_) => Some(ledger::new_salt().map_err(|error| Error::internal("randomness", error))?),
        None => None,
    };
    let cloak = match (&salt, &data) {
        (Some(salt), Some(data)) => ledger::cloak(salt, data.as_bytes()),
        _ => ledger::cloak_of_nothing(),
    };
    let mut row = Row {
        seq,
        at,
        kind: event.kind.name().to_owned(),
        outcome: event.outcome.name().to_owned(),
        via: event.via.name().to_owned(),
        times: event.times,
        actor: event.actor,
        subject: event.subject,
        cloak: cloak.to_vec(),
        salt: salt.map(Vec::from),
        data,
        hash: Vec::new(),
    };
    row.hash = row.link(previous).to_vec();
    Ok(row)
}

/// JSON with what would forge a line of an export written as JSON escapes: it means the same. Beside ASCII, letters stand in strings only.
fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if jarvis_redact::forges(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(letter);
        }
    }
    text
}

async fn insert(tx: &mut Tx, row: &Row) -> Result<()> {
    sql!(
        execute,
        tx,
        "INSERT INTO audit_events (seq, at, kind, outcome, via, times, actor, subject, cloak, salt, data, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.seq,
        row.at,
        &row.kind,
        &row.outcome,
        &row.via,
        row.times,
        row.actor,
        row.subject,
        &row.cloak,
        &row.salt,
        &row.data,
        &row.hash,
    )?;
    Ok(())
}

/// Erases what is kept of a person's own doings, and of what was done to them by nobody known. What others did to them is those others'.
pub(super) async fn erase(tx: &mut Tx, person: UserId) -> Result<u64> {
    Ok(sql!(
        execute,
        tx,
        "UPDATE audit_events SET data = NULL, salt = NULL
          WHERE data IS NOT NULL AND (actor = $1 OR (actor IS NULL AND subject = $1))",
        person,
    )?)
}

/// The next entries, the oldest first, for whoever checks every one.
pub(super) async fn entries(
    db: &mut impl Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sql!(
        fetch_all,
        Row,
        db,
        "SELECT seq, at, kind, outcome, via, times, actor, subject, cloak, salt, data, hash
           FROM audit_events WHERE seq > $1 ORDER BY seq LIMIT $2",
        after,
        limit,
    )
}

/// (the last entry's number, how many the head tells of), seen at one moment.
pub(super) async fn ends(db: &mut impl Connection) -> Result<(i64, i64)> {
    Ok(sql!(
        fetch_one,
        (i64, i64),
        db,
        "SELECT COALESCE((SELECT MAX(seq) FROM audit_events), 0), (SELECT size FROM audit_head WHERE id = 1)",
    )?)
}

/// When an account was deleted, by the number of that event.
pub(super) async fn deleted(db: &mut impl Connection, person: UserId) -> Result<Option<i64>> {
    Ok(sql!(
        fetch_one,
        (Option<i64>,),
        db,
        "SELECT MAX(seq) FROM audit_events WHERE subject = $1 AND kind = $2 AND outcome = $3",
        person,
        Kind::AccountDeleted.name(),
        Outcome::Success.name(),
    )?
    .0)
}

/// What there is of the data of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holding {
    /// What the chain holds, or nothing where there never was anything.
    Whole,
    /// The chain holds that there were some.
    Gone,
    /// Something else.
    Changed,
}

pub(super) fn holding(row: &Row) -> Holding {
    let is_right = match (&row.salt, &row.data) {
        (None, None) if row.cloak[..] == ledger::cloak_of_nothing()[..] => true,
        (None, None) => return Holding::Gone,
        (Some(salt), Some(data)) if !data.is_empty() => <[u8; SALT_BYTES]>::try_from(salt.as_slice())
            .is_ok_and(|salt| ledger::cloak(&salt, data.as_bytes())[..] == row.cloak[..]),
        _ => false,
    };
    if is_right { Holding::Whole } else { Holding::Changed }
}

/// What an empty trail ends with.
pub(super) const BEFORE_THE_FIRST: Hash = GENESIS;
