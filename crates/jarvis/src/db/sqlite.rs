//! SQLite's connections: one that writes and a few that read.
//!
//! Not the driver's pool: that asks a connection whether it is well before and after each use, which is right for a server across a
//! network and costs more than the query itself for a file (docs/adr/0006).

use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::lifecycle::Tasks;

/// How long SQLite waits for another process's lock before it says "busy".
const BUSY: Duration = Duration::from_secs(5);
/// Readers beside the writer: more only contend for the cores.
const READERS: usize = 4;

/// The connections of one database file.
#[derive(Clone)]
pub struct Lanes {
    writer: Arc<tokio::sync::Mutex<Option<SqliteConnection>>>,
    readers: Arc<Readers>,
    patience: Duration,
    tasks: Tasks,
}

struct Readers {
    free: Mutex<Vec<SqliteConnection>>,
    turns: Arc<Semaphore>,
}

/// The writer. A transaction on it begins IMMEDIATE, so that it never fails half-way for a lock.
pub struct WriteLane {
    connection: Option<OwnedMutexGuard<Option<SqliteConnection>>>,
    /// A transaction may be open.
    open: bool,
    tasks: Tasks,
}

/// A reader; given back when dropped.
pub struct ReadLane {
    connection: Option<SqliteConnection>,
    home: Arc<Readers>,
    _turn: OwnedSemaphorePermit,
}

impl Lanes {
    /// Opens the file; `migrate` runs on the writer before anybody reads.
    pub(super) async fn open(
        path: &Path,
        patience: Duration,
        tasks: Tasks,
        migrate: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), sqlx::Error>,
    ) -> Result<Self, sqlx::Error> {
        keep_private(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode this survives a killed process; a power cut may lose the last commits, never the file.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY)
            .foreign_keys(true)
            // What is deleted is overwritten, a person's key above all.
            .pragma("secure_delete", "ON")
            .optimize_on_close(true, None)
            .disable_statement_logging();
        let mut writer = options.connect().await?;
        migrate(&mut writer).await?;
        let options = options.read_only(true).optimize_on_close(false, None);
        let mut free = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            free.push(options.connect().await?);
        }
        let readers = Readers { free: Mutex::new(free), turns: Arc::new(Semaphore::new(READERS)) };
        let writer = Arc::new(tokio::sync::Mutex::new(Some(writer)));
        Ok(Self { writer, readers: Arc::new(readers), patience, tasks })
    }

    /// The writer, outside any transaction.
    pub async fn lock(&self) -> Result<WriteLane, sqlx::Error> {
        let waited = timeout(self.patience, Arc::clone(&self.writer).lock_owned()).await;
        let connection = waited.map_err(|_| sqlx::Error::PoolTimedOut)?;
        if connection.is_none() {
            return Err(sqlx::Error::PoolClosed);
        }
        Ok(WriteLane { connection: Some(connection), open: false, tasks: self.tasks.clone() })
    }

    pub(super) async fn write(&self) -> Result<WriteLane, sqlx::Error> {
        let mut lane = self.lock().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(lane.begin()?).await?;
        Ok(lane)
    }

    pub(super) async fn read(&self) -> Result<ReadLane, sqlx::Error> {
        let waited = timeout(self.patience, Arc::clone(&self.readers.turns).acquire_owned()).await;
        let turn = waited.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = self.readers.lock().pop();
        Ok(ReadLane { connection, home: Arc::clone(&self.readers), _turn: turn })
    }

    /// Writes the log into the file and cuts it to nothing; false when a reader still needs it.
    pub(super) async fn truncate_log(&self) -> Result<bool, sqlx::Error> {
        let mut lane = self.lock().await?;
        let connection = lane.on()?;
        // Nobody who wants to write waits for a slow reader behind this.
        sqlx::query("PRAGMA busy_timeout = 50").execute(&mut *connection).await?;
        let done = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *connection);
        let done = done.await;
        let patience = sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {}", BUSY.as_millis()));
        sqlx::query(patience).execute(&mut *connection).await?;
        Ok(done?.0 == 0)
    }

    /// Waits for the transaction that is open and closes everything.
    pub(super) async fn close(&self) {
        self.readers.turns.close();
        let readers = std::mem::take(&mut *self.readers.lock());
        let writer = self.writer.lock().await.take();
        for connection in readers.into_iter().chain(writer) {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a database connection did not close cleanly");
            }
        }
    }
}

/// The file is for its owner alone, also where the folder is not; SQLite gives its other files the same mode.
fn keep_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

impl WriteLane {
    pub(super) fn on(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().and_then(|guard| guard.as_mut()).ok_or(sqlx::Error::PoolClosed)
    }

    /// For a statement that begins a transaction. Called first, so that whoever gives up while waiting leaves none open either.
    pub fn begin(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.open = true;
        self.on()
    }

    /// Nothing is left to roll back.
    pub fn end(mut self) {
        self.open = false;
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("COMMIT").execute(self.on()?).await?;
        self.end();
        Ok(())
    }
}

impl Drop for WriteLane {
    fn drop(&mut self) {
        let Some(mut guard) = self.connection.take().filter(|_| self.open) else { return };
        self.tasks.spawn("db.rollback", async move {
            if let Some(connection) = guard.as_mut() {
                // Fails when there was nothing to roll back, which is just as well.
                drop(sqlx::query("ROLLBACK").execute(connection).await);
            }
        });
    }
}

impl ReadLane {
    pub(super) fn on(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for ReadLane {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.home.lock().push(connection);
        }
    }
}

impl Readers {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
