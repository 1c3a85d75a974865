//! The audit trail: what happened that matters to security, written down so that a change to it shows.
//!
//! An event that comes with a change is written in the change's transaction, as its last act: [`Audit::commit`] takes the place of
//! `tx.commit()`. The chain has one end, which each writer locks until it has committed; locked last, nobody who holds it waits for
//! anything else. Events without a change of their own go by [`Audit::note`]: counted together, bounded, written within a second.
//!
//! The arithmetic is [`jarvis_crypto::ledger`]'s; docs/adr/0015 says why it is made like this.

pub mod api;
mod event;
mod kept;
mod notes;
mod origin;
mod page;
mod store;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jarvis_crypto::ledger::{CheckpointSigner, Statement};
use tokio::time::Instant;

use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::telemetry;
use kept::Kept;
use notes::Desk;
use store::checkpoints;

pub use event::{Event, Kind, Outcome};
pub use origin::{Origin, Via};
pub use page::{Entry, Filter, Line, Page, Person, Span, Status};
pub use verify::{Fault, Verified};

/// A checkpoint is made after so many events,
const CHECKPOINT_EVENTS: i64 = 1_000;
/// or after this time.
const CHECKPOINT_TIME: Duration = Duration::from_secs(60);

/// The trail. A clone is another handle to the same.
#[derive(Clone)]
pub struct Audit(Arc<Parts>);

struct Parts {
    db: Db,
    clock: Clock,
    signer: CheckpointSigner,
    /// Public keys whose signatures count: ours, and those of encryption keys that were replaced.
    trusted: Vec<[u8; 32]>,
    desk: Mutex<Desk>,
    /// Held while notes are written, so that they are written in their order.
    writing: tokio::sync::Mutex<()>,
    file: PathBuf,
    /// The file of checkpoints, once it was opened.
    kept: tokio::sync::Mutex<Option<Kept>>,
    /// Events that this process has written since its last checkpoint, and when that was.
    grown: AtomicI64,
    checked: Mutex<Instant>,
}

impl Audit {
    /// The trail in this database, signed for with the installation's key. Touches nothing.
    pub fn new(db: Db, clock: Clock, config: &config::Config) -> Self {
        let secrets = &config.secrets;
        let signer = CheckpointSigner::new(&secrets.encryption);
        let previous = secrets.encryption_previous.iter().map(|key| CheckpointSigner::new(key).public_key());
        let trusted = std::iter::once(signer.public_key()).chain(previous).collect();
        Self(Arc::new(Parts {
            db,
            clock,
            signer,
            trusted,
            desk: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            file: config.audit_checkpoints.clone(),
            kept: tokio::sync::Mutex::default(),
            grown: AtomicI64::new(0),
            checked: Mutex::new(Instant::now()),
        }))
    }

    /// Writes events at the end of a transaction and commits it. From here on the end of the chain is locked: this is the last thing that
    /// a transaction does.
    ///
    /// # Errors
    /// Those of the database; then neither the change nor its events have happened.
    pub async fn commit(&self, mut tx: Tx, events: impl IntoIterator<Item = Event>) -> Result<()> {
        let now = self.0.clock.now();
        let events: Vec<(Timestamp, Event)> = events.into_iter().map(|event| (now, event)).collect();
        if events.is_empty() {
            return tx.commit().await;
        }
        store::append(&mut tx, &events).await?;
        tx.commit().await?;
        self.count(&events);
        Ok(())
    }

    /// Remembers an event that comes without a change, to be written within a second. Costs a microsecond and never waits.
    pub fn note(&self, event: Event) {
        let now = self.0.clock.now();
        self.desk().note(event, now);
    }

    /// Writes down what was noted. `all`: also what is still being counted together, as before a stop.
    ///
    /// # Errors
    /// Those of the database; what could not be written waits for the next time.
    pub async fn settle(&self, all: bool) -> Result<()> {
        let _turn = self.0.writing.lock().await;
        loop {
            let events = self.desk().take(self.0.clock.now(), all);
            if events.is_empty() {
                return Ok(());
            }
            let written = async {
                let mut tx = self.0.db.begin().await?;
                store::append(&mut tx, &events).await?;
                tx.commit().await
            };
            if let Err(error) = written.await {
                self.desk().put_back(events);
                return Err(error);
            }
            self.count(&events);
        }
    }

    /// Erases what is kept of a person, in the transaction that deletes their account. That something happened stays, and the chain holds.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn erase(&self, tx: &mut Tx, person: UserId) -> Result<()> {
        self.desk().forget(person);
        store::erase(tx, person).await?;
        Ok(())
    }

    /// Once a second: a checkpoint when one is due.
    ///
    /// # Errors
    /// As [`Audit::checkpoint`].
    pub async fn checkpoint_if_due(&self) -> Result<()> {
        let waited = self.0.checked.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if self.0.grown.load(Ordering::Relaxed) >= CHECKPOINT_EVENTS || waited >= CHECKPOINT_TIME {
            self.checkpoint().await?;
        }
        Ok(())
    }

    /// Signs where the trail is, if it has grown, and keeps that in the second place too.
    ///
    /// # Errors
    /// Those of the database; `Internal` when the file cannot be written.
    pub async fn checkpoint(&self) -> Result<()> {
        let mut place = self.0.kept.lock().await;
        self.0.grown.store(0, Ordering::Relaxed);
        *self.0.checked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let mut reader = self.0.db.read().await?;
        let last = checkpoints::last(&mut reader).await?;
        let head = store::head(&mut reader).await?;
        drop(reader);
        if head.size > last.as_ref().map_or(0, |last| last.size) {
            let (hash, frontier) = head.read()?;
            let before = last.map_or(head.at, |last| last.at);
            // Never earlier than the one before, whatever the clock says.
            let at = self.0.clock.now().max(head.at).max(before).micros();
            let statement = Statement { size: frontier.size(), at, root: frontier.root(), head: hash };
            let signed = self.0.signer.sign(statement);
            checkpoints::insert(&mut self.0.db.single().await?, &signed).await?;
        }
        let mut kept = match place.take() {
            Some(kept) => kept,
            None => Kept::open(&self.0.file).await.map_err(|error| self.unkept(error))?,
        };
        // Put back only when all went well: after a fault the file is opened and looked at anew.
        kept.follow(&self.0.db).await.map_err(|error| self.unkept(error))?;
        *place = Some(kept);
        Ok(())
    }

    fn unkept(&self, error: impl std::fmt::Display) -> Error {
        Error::Internal(format!("checkpoints of the audit trail, {}: {error}", self.0.file.display()))
    }

    /// Says that a server begins, after looking whether the database is as new as the kept checkpoints.
    ///
    /// # Errors
    /// Those of the database; `Internal` when the file of checkpoints cannot be read.
    pub async fn server_started(&self, settings: &[(&str, String)]) -> Result<()> {
        let kept = kept::last(&self.0.file).await.map_err(|error| self.unkept(error))?;
        let mut events = Vec::new();
        if let Some(kept) = kept {
            let size = i64::try_from(kept.statement.size).unwrap_or(i64::MAX);
            let mut reader = self.0.db.read().await?;
            let stored = checkpoints::after(&mut reader, size.saturating_sub(1), 1).await?;
            // Stored first and kept then: what is kept must be stored.
            if stored.first().and_then(checkpoints::Row::read) != Some(kept) {
                tracing::error!(
                    kept = size,
                    "the audit trail in the database does not go on from the kept checkpoints: an older copy of the database, or a \
                     change to it; `jarvis audit verify` tells more"
                );
                events.push(Event::failed(Kind::HistoryLost).with("kept", size));
            }
        }
        let mut started = Event::new(Kind::ServerStarted).with("version", env!("CARGO_PKG_VERSION"));
        for (name, value) in settings {
            started = started.with(name, value.as_str());
        }
        events.push(started);
        self.commit(self.0.db.begin().await?, events).await?;
        self.checkpoint().await
    }

    /// Says that the server ends, and leaves nothing unwritten.
    ///
    /// # Errors
    /// As [`Audit::settle`] and [`Audit::checkpoint`].
    pub async fn server_stopped(&self) -> Result<()> {
        self.settle(true).await?;
        self.commit(self.0.db.begin().await?, [Event::new(Kind::ServerStopped)]).await?;
        self.checkpoint().await
    }

    /// Checks every entry against every checkpoint: those in the database, and those kept in `file` (else where they are kept by default).
    ///
    /// # Errors
    /// Those of the database, and of a file that cannot be read. A fault in the trail is no error: it is in the answer.
    pub async fn verify(&self, file: Option<&Path>) -> Result<Result<Verified, Fault>> {
        verify::verify(&self.0.db, &self.0.trusted, &self.0.file, file).await
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, events: &[(Timestamp, Event)]) {
        self.0.grown.fetch_add(i64::try_from(events.len()).unwrap_or(i64::MAX), Ordering::Relaxed);
        for (_, event) in events {
            let times = u64::try_from(event.times).unwrap_or_default();
            metrics::counter!(telemetry::AUDIT_EVENTS, "kind" => event.kind.name()).increment(times);
        }
    }
}
