//! The trail as those read it who look after the installation.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use jarvis_crypto::ledger::hex;

use super::Audit;
use super::event::{Data, Kind, Outcome};
use super::store::{self, Holding, checkpoints, pages};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::UserId;

/// Lines of an export that are read at once.
const EXPORT_PAGE: i64 = 500;

/// Which events are looked for; None is any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `,sign_in,role_changed,`: made by [`Filter::kinds`].
    pub(super) kinds: Option<String>,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub outcome: Option<Outcome>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Only these kinds; with none of them, any.
    pub fn kinds(self, kinds: &[Kind]) -> Self {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        Self { kinds: (!names.is_empty()).then(|| format!(",{},", names.join(","))), ..self }
    }
}

/// Which part of the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The newest.
    Newest,
    /// What came before this event, the newest of it.
    Before(i64),
    /// What came after this event, the oldest of it: for who follows along.
    After(i64),
}

/// Somebody in an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditPerson)]
pub struct Person {
    pub id: UserId,
    /// Null when the account is no more.
    #[schema(required)]
    pub username: Option<String>,
}

/// One event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct Entry {
    /// Its number in the trail: 1, 2, 3 without a gap.
    pub seq: i64,
    pub at: Timestamp,
    #[schema(value_type = Kind)]
    pub kind: String,
    #[schema(value_type = Outcome)]
    pub outcome: String,
    #[schema(value_type = super::Via)]
    pub via: String,
    /// How often it happened within about a minute, where equal ones were counted together.
    pub times: i64,
    /// Who did it; null when that is nobody known.
    #[schema(required)]
    pub actor: Option<Person>,
    /// Whose account it is about.
    #[schema(required)]
    pub subject: Option<Person>,
    /// The network it came from, without its last part.
    #[schema(required)]
    pub address: Option<String>,
    /// What the browser or program calls itself. Written by strangers.
    #[schema(required)]
    pub agent: Option<String>,
    /// The `x-request-id` of the request: the log has the same.
    #[schema(required)]
    pub request_id: Option<uuid::Uuid>,
    /// More about it, by name; which names there are depends on the kind. Texts and numbers.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// Nothing is left of what was known of the person: the account was deleted.
    pub erased: bool,
}

/// Some events, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub struct Page {
    pub items: Vec<Entry>,
    /// For the older ones: pass it as `before`. Null at the end of the trail, and always when `after` was asked for.
    #[schema(required)]
    pub next: Option<i64>,
    /// For the newer ones: pass it as `after`, again and again.
    pub latest: i64,
}

/// How the trail is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditStatus)]
pub struct Status {
    /// Events so far.
    pub size: i64,
    /// Events that the last checkpoint vouches for; 0 when there is none yet.
    pub vouched_for: i64,
    /// When it was made.
    #[schema(required)]
    pub checkpoint_at: Option<Timestamp>,
    /// The public key (Ed25519, hexadecimal) that checkpoints are signed with.
    pub key: String,
}

/// One event of an export, with all that it takes to check it.
#[derive(Debug, Serialize)]
pub struct Line {
    seq: i64,
    at: Timestamp,
    /// `at` to the microsecond, as it is chained.
    micros: i64,
    kind: String,
    outcome: String,
    via: String,
    times: i64,
    actor: Option<UserId>,
    subject: Option<UserId>,
    /// As it is stored, to the byte: `cloak` is SHA-256 over a domain, `salt` and this.
    data: Option<Box<RawValue>>,
    /// Instead of `data`, what stands there that Jarvis has not written so: somebody changed it. With escapes, to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<String>,
    salt: Option<String>,
    cloak: String,
    hash: String,
}

impl Line {
    /// Its number in the trail.
    pub fn seq(&self) -> i64 {
        self.seq
    }
}

impl Audit {
    /// A part of the trail, `limit` events at most.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn page(&self, filter: &Filter, span: Span, limit: u32) -> Result<Page> {
        let mut reader = self.0.db.read().await?;
        let size = store::head(&mut reader).await?.size;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut rows, next) = match span {
            Span::After(after) => {
                let mut rows = pages::after(&mut reader, filter, after, i64::from(limit)).await?;
                rows.reverse();
                (rows, None)
            }
            Span::Newest | Span::Before(_) => {
                let before = if let Span::Before(before) = span { before } else { i64::MAX };
                let rows = pages::before(&mut reader, filter, before, i64::from(limit) + 1).await?;
                let next = (rows.len() > wanted).then(|| rows.get(wanted.saturating_sub(1))).flatten();
                let next = next.map(|last| last.row.seq);
                (rows, next)
            }
        };
        rows.truncate(wanted);
        let newest = rows.first().map(|newest| newest.row.seq);
        let latest = match span {
            // More may wait behind these; where none does, all up to the end was looked at.
            Span::After(after) if rows.len() < wanted => size.max(after),
            Span::After(after) => newest.unwrap_or(after),
            Span::Newest | Span::Before(_) => size.max(newest.unwrap_or_default()),
        };
        Ok(Page { items: rows.into_iter().map(entry).collect(), next, latest })
    }

    /// The next lines of an export after one, up to and with `last`; none when there are no more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lines(&self, filter: &Filter, after: i64, last: i64) -> Result<Vec<Line>> {
        let rows = pages::after(&mut self.0.db.read().await?, filter, after, EXPORT_PAGE).await?;
        Ok(rows.into_iter().filter(|named| named.row.seq <= last).map(|named| line(named.row)).collect())
    }

    /// How the trail is.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn status(&self) -> Result<Status> {
        let mut reader = self.0.db.read().await?;
        let last = checkpoints::last(&mut reader).await?;
        Ok(Status {
            size: store::head(&mut reader).await?.size,
            vouched_for: last.as_ref().map_or(0, |last| last.size),
            checkpoint_at: last.map(|last| last.at),
            key: hex::encode(&self.0.signer.public_key()),
        })
    }
}

fn entry(named: pages::Named) -> Entry {
    let pages::Named { row, actor_name, subject_name } = named;
    let data = row.data.as_deref().and_then(|data| serde_json::from_str::<Data>(data).ok());
    let erased = store::holding(&row) == Holding::Gone;
    let Data { address, agent, request, details } = data.unwrap_or_default();
    let some = |text: String| (!text.is_empty()).then_some(text);
    Entry {
        seq: row.seq,
        at: row.at,
        kind: row.kind,
        outcome: row.outcome,
        via: row.via,
        times: row.times,
        actor: row.actor.map(|id| Person { id, username: actor_name }),
        subject: row.subject.map(|id| Person { id, username: subject_name }),
        address: some(address),
        agent: some(agent),
        request_id: request,
        details,
        erased,
    }
}

fn line(row: store::Row) -> Line {
    let (data, damaged) = match row.data {
        None => (None, None),
        Some(text) if text.contains(jarvis_redact::forges) => (None, Some(visible(&text))),
        Some(text) => match RawValue::from_string(text.clone()) {
            Ok(data) => (Some(data), None),
            Err(_) => (None, Some(visible(&text))),
        },
    };
    Line {
        seq: row.seq,
        at: row.at,
        micros: row.at.micros(),
        kind: visible(&row.kind),
        outcome: visible(&row.outcome),
        via: visible(&row.via),
        times: row.times,
        actor: row.actor,
        subject: row.subject,
        data,
        damaged,
        salt: row.salt.map(|salt| hex::encode(&salt)),
        cloak: hex::encode(&row.cloak),
        hash: hex::encode(&row.hash),
    }
}

/// As the log writes it: nothing that could make a screen show another line than there is.
fn visible(text: &str) -> String {
    let mut line = Vec::with_capacity(text.len());
    jarvis_redact::push_visible(text, &mut line);
    String::from_utf8_lossy(&line).into_owned()
}
