//! Checking the whole trail: every entry against the one before, every checkpoint against the entries, the end against the head.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use jarvis_crypto::ledger::{Checkpoint, Frontier, Hash, hex, leaf_hash};

use super::kept;
use super::store::{self, Holding, checkpoints};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Entries read at once.
const PAGE: i64 = 2_000;

/// What was checked, when all of it is as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries.
    pub entries: i64,
    /// Entries that a checkpoint vouches for: those after it could have been taken away without a trace.
    pub vouched_for: i64,
    /// Checkpoints, those in the file and those in the database.
    pub checkpoints: usize,
    /// Checkpoints by keys that are not here any more, with a later one by a key that is.
    pub by_old_keys: usize,
    /// The root of the Merkle tree.
    pub root: String,
}

/// The first thing that is not as it should be, in a plain sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn fault<T>(text: impl Into<String>) -> Result<Result<T, Fault>> {
    Ok(Err(Fault(text.into())))
}

/// Where a checkpoint was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Database,
    File(PathBuf, usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database => f.write_str("in the database"),
            Self::File(path, line) => write!(f, "in {}, line {line}", path.display()),
        }
    }
}

type Found = (Checkpoint, Place);

pub(super) async fn verify(
    db: &Db,
    trusted: &[[u8; 32]],
    usual: &Path,
    named: Option<&Path>,
) -> Result<Result<Verified, Fault>> {
    // In this order: what a running server adds meanwhile is in the entries by then.
    let from_file = match file(usual, named).await? {
        Ok(found) => found,
        Err(first) => return Ok(Err(first)),
    };
    let from_database = match database(db).await? {
        Ok(found) => found,
        Err(first) => return Ok(Err(first)),
    };
    if from_file.is_none() && !from_database.is_empty() {
        return fault(format!("The kept checkpoints are gone: there is no file {}.", usual.display()));
    }
    if from_file.as_ref().is_some_and(Vec::is_empty) && !from_database.is_empty() {
        let path = named.unwrap_or(usual).display();
        return fault(format!("The kept checkpoints are gone: there is none in {path}."));
    }
    let stored: BTreeSet<u64> = from_database.iter().map(|(one, _)| one.statement.size).collect();
    let mut found: Vec<Found> = from_file.unwrap_or_default().into_iter().chain(from_database).collect();
    found.sort_by(|(a, at_a), (b, at_b)| (a.statement.size, at_a).cmp(&(b.statement.size, at_b)));
    let ours = |one: &Checkpoint| trusted.contains(&one.key) && one.is_sound();
    let vouched_for = found.iter().rev().find(|(one, _)| ours(one)).map_or(0, |(one, _)| one.statement.size);

    let head = store::head(&mut db.read().await?).await?;
    let mut walk = Walk { last: store::BEFORE_THE_FIRST, frontier: Frontier::default(), seq: 0, at: None };
    let mut deleted = Deleted::default();
    let mut by_old_keys = 0;
    let mut waiting = found.iter().peekable();
    while walk.seq < head.size {
        let rows = match store::entries(&mut db.read().await?, walk.cursor(), PAGE).await {
            Ok(rows) => rows,
            Err(error) => match Error::from(error) {
                Error::Internal(_) => return fault(format!("Entry {} cannot be read.", walk.seq + 1)),
                away => return Err(away),
            },
        };
        if rows.is_empty() {
            return fault(format!("Entry {} is missing: the trail should have {}.", walk.seq + 1, head.size));
        }
        for row in rows.iter().take_while(|row| row.seq <= head.size) {
            if let Err(first) = walk.step(row) {
                return Ok(Err(first));
            }
            if store::holding(row) == Holding::Gone && !deleted.later_than(db, row).await? {
                return fault(format!(
                    "The data of entry {} are gone, and nobody was deleted whose they were.",
                    row.seq
                ));
            }
            while let Some((one, place)) =
                waiting.next_if(|(one, _)| one.statement.size <= walk.frontier.size())
            {
                match judge(one, place, &walk, trusted, vouched_for, &stored) {
                    Ok(old) => by_old_keys += usize::from(old),
                    Err(first) => return Ok(Err(first)),
                }
            }
        }
    }
    if let Some((one, place)) = waiting.next() {
        return fault(format!(
            "The end was cut off: the checkpoint {place} tells of {} entries, and there are {}.",
            one.statement.size, walk.seq
        ));
    }
    match head.read() {
        Ok((hash, frontier)) if hash == walk.last && frontier == walk.frontier => (),
        _ => return fault("The stored end of the trail does not fit its last entry."),
    }
    if walk.seq > 0 && vouched_for == 0 {
        return fault(format!("No checkpoint vouches for any of the {} entries.", walk.seq));
    }
    let (last, size) = store::ends(&mut db.read().await?).await?;
    if last > size {
        return fault(format!("Entry {last} was put in: the trail should end with {size}."));
    }
    Ok(Ok(Verified {
        entries: walk.seq,
        vouched_for: i64::try_from(vouched_for).unwrap_or(i64::MAX),
        checkpoints: found.len(),
        by_old_keys,
        root: hex::encode(&walk.frontier.root()),
    }))
}

/// The numbers of the events by which accounts were deleted, as far as they were asked for. Those events are in the chain.
#[derive(Default)]
struct Deleted(HashMap<UserId, i64>);

impl Deleted {
    /// Whether whoever an entry belongs to was deleted after it.
    async fn later_than(&mut self, db: &Db, row: &store::Row) -> Result<bool> {
        let Some(person) = row.actor.or(row.subject) else { return Ok(false) };
        if let Some(at) = self.0.get(&person) {
            return Ok(*at > row.seq);
        }
        // Asked for when it is needed and not at the beginning: somebody may be deleted while we look.
        let Some(at) = store::deleted(&mut db.read().await?, person).await? else { return Ok(false) };
        self.0.insert(person, at);
        Ok(at > row.seq)
    }
}

/// What was seen so far.
struct Walk {
    last: Hash,
    frontier: Frontier,
    seq: i64,
    at: Option<Timestamp>,
}

impl Walk {
    /// The first page begins before any number that somebody could have given an entry.
    fn cursor(&self) -> i64 {
        if self.seq == 0 { i64::MIN } else { self.seq }
    }

    fn step(&mut self, row: &store::Row) -> Result<(), Fault> {
        let next = self.seq.saturating_add(1);
        let text = if row.seq < next {
            format!("Entry {} was put in: the first is 1.", row.seq)
        } else if row.seq > next {
            format!("Entry {next} is missing.")
        } else if store::holding(row) == Holding::Changed {
            format!("The data of entry {next} were changed.")
        } else if row.link(&self.last)[..] != row.hash[..] {
            format!("Entry {next} was changed, or does not follow the one before.")
        } else if self.at.is_some_and(|at| row.at < at) {
            format!("Entry {next} is dated before the one before.")
        } else {
            self.last = row.link(&self.last);
            self.frontier.push(leaf_hash(&self.last));
            (self.seq, self.at) = (next, Some(row.at));
            return Ok(());
        };
        Err(Fault(text))
    }
}

/// Whether a checkpoint fits the entries up to it. True: it is by a key that is not here, and a later one vouches in its place.
fn judge(
    one: &Checkpoint,
    place: &Place,
    walk: &Walk,
    trusted: &[[u8; 32]],
    vouched_for: u64,
    stored: &BTreeSet<u64>,
) -> Result<bool, Fault> {
    let statement = &one.statement;
    let (size, is_known) = (statement.size, trusted.contains(&one.key));
    let text = if !one.is_sound() {
        format!("The signature of the checkpoint at entry {size}, {place}, is not right.")
    } else if !is_known && size > vouched_for {
        format!("The checkpoint at entry {size}, {place}, is signed by a key that is not ours.")
    } else if (size, statement.root, statement.head)
        != (walk.frontier.size(), walk.frontier.root(), walk.last)
    {
        format!(
            "The entries up to {size} are not those that the checkpoint {place} tells of: the trail was written anew, or this is another \
             branch of it."
        )
    } else if walk.at.is_some_and(|at| statement.at < at.micros()) {
        format!("The checkpoint at entry {size}, {place}, is dated before that entry.")
    } else if !stored.contains(&size) {
        format!("The checkpoint at entry {size}, {place}, was taken out of the database.")
    } else {
        return Ok(!is_known);
    };
    Err(Fault(text))
}

/// None: there is no file, and nobody named one.
async fn file(usual: &Path, named: Option<&Path>) -> Result<Result<Option<Vec<Found>>, Fault>> {
    let path = named.unwrap_or(usual);
    let text = match tokio::fs::read_to_string(path).await {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => return Ok(Ok(None)),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            return fault(format!("{} is not a file of checkpoints.", path.display()));
        }
        Err(error) => return Err(Error::Internal(format!("{}: {error}", path.display()))),
    };
    let mut found: Vec<Found> = Vec::new();
    for (line, number) in text.split_inclusive('\n').zip(1_usize..) {
        let Some(one) = kept::read(line.trim_end()) else {
            if !line.ends_with('\n') {
                // Being written at this moment, or when the process was killed.
                break;
            }
            return fault(format!("Line {number} of {} is not a checkpoint.", path.display()));
        };
        let place = Place::File(path.to_owned(), number);
        if let Some((before, _)) = found.last()
            && (one.statement.size < before.statement.size || one.statement.at < before.statement.at)
        {
            return fault(format!(
                "The checkpoint {place} goes back behind the line before: an older copy of the database was put in its place."
            ));
        }
        found.push((one, place));
    }
    Ok(Ok(Some(found)))
}

async fn database(db: &Db) -> Result<Result<Vec<Found>, Fault>> {
    let mut found = Vec::new();
    let mut after = i64::MIN;
    loop {
        let rows = checkpoints::after(&mut db.read().await?, after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(Ok(found)) };
        after = last.size;
        for row in &rows {
            match row.read() {
                Some(one) => found.push((one, Place::Database)),
                None => {
                    return fault(format!(
                        "The checkpoint at entry {}, in the database, is damaged.",
                        row.size
                    ));
                }
            }
        }
    }
}
