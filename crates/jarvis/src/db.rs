//! The database: SQLite or PostgreSQL behind one SQL text. The only file that names a dialect.
//!
//! Statements stay in the dialect that both share: `$1` parameters, `RETURNING`, `ON CONFLICT`, keyset pages,
//! recursive queries. [`sql!`] runs one on whichever engine is underneath.

mod sqlite;

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, PgConnection, PgPool, Postgres, SqliteConnection, Transaction};

use crate::config;
use crate::error::{Error, Result, Why};
use crate::lifecycle::Tasks;
use sqlite::{Lanes, ReadLane, WriteLane};

/// What a client is told to wait when the database is away or full.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The connections to one database.
#[derive(Clone)]
pub enum Db {
    Sqlite(Lanes),
    Postgres(PgPool),
}

/// A writing transaction. Dropped without [`Tx::commit`], it rolls back.
pub enum Tx {
    Sqlite(WriteLane),
    Postgres(Transaction<'static, Postgres>),
}

/// A connection for reading only.
pub enum Reader {
    Sqlite(ReadLane),
    Postgres(PoolConnection<Postgres>),
}

/// A connection for one statement that writes: a transaction of its own.
pub enum Single {
    Sqlite(WriteLane),
    Postgres(PoolConnection<Postgres>),
}

/// The connection underneath, for [`sql!`].
pub enum On<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// What a store function runs its statements on: a [`Tx`], a [`Reader`] or a [`Single`].
pub trait Connection: Send {
    fn on(&mut self) -> Result<On<'_>, sqlx::Error>;
}

impl Connection for Tx {
    fn on(&mut self) -> Result<On<'_>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(lane) => On::Sqlite(lane.on()?),
            Self::Postgres(tx) => On::Postgres(tx),
        })
    }
}

impl Connection for Reader {
    fn on(&mut self) -> Result<On<'_>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(lane) => On::Sqlite(lane.on()?),
            Self::Postgres(connection) => On::Postgres(connection),
        })
    }
}

impl Connection for Single {
    fn on(&mut self) -> Result<On<'_>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(lane) => On::Sqlite(lane.on()?),
            Self::Postgres(connection) => On::Postgres(connection),
        })
    }
}

/// Runs one statement: `sql!(execute, tx, "..", binds..)` gives the number of rows changed,
/// `sql!(fetch_all, Row, tx, "..", binds..)` (or `fetch_one`, `fetch_optional`) gives rows.
///
/// `sql!(at_once, db, { name: "..", other: ".." }, binds..)` runs several writing statements as a transaction of their own, in one round
/// trip: SQLite gets them one after the other, PostgreSQL as one statement of common table expressions. They share their parameters, and
/// none sees what another wrote.
macro_rules! sql {
    (at_once, $db:expr, { $($name:ident: $part:literal),+ $(,)? } $(, $bind:expr)* $(,)?) => {
        match $db {
            $crate::db::Db::Sqlite(lanes) => match lanes.lock().await {
                Ok(mut lane) => match lane.begin() {
                    Ok(c) => sqlx::query(concat!("BEGIN IMMEDIATE; ", $($part, "; ",)+ "COMMIT"))
                        $(.bind($bind))*.execute(c).await.map(|_| lane.end()),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            },
            $crate::db::Db::Postgres(pool) => {
                sqlx::query(concat!("WITH ", $(stringify!($name), " AS (", $part, "), ",)+ "done AS (SELECT 1) SELECT 1 FROM done"))
                    $(.bind($bind))*.execute(pool).await.map(drop)
            }
        }
    };
    (execute, $db:expr, $sql:literal $(, $bind:expr)* $(,)?) => {
        match $crate::db::Connection::on($db) {
            Ok($crate::db::On::Sqlite(c)) => sqlx::query($sql)$(.bind($bind))*.execute(&mut *c).await.map(|done| done.rows_affected()),
            Ok($crate::db::On::Postgres(c)) => sqlx::query($sql)$(.bind($bind))*.execute(&mut *c).await.map(|done| done.rows_affected()),
            Err(error) => Err(error),
        }
    };
    ($fetch:ident, $row:ty, $db:expr, $sql:literal $(, $bind:expr)* $(,)?) => {
        match $crate::db::Connection::on($db) {
            Ok($crate::db::On::Sqlite(c)) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$fetch(&mut *c).await,
            Ok($crate::db::On::Postgres(c)) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$fetch(&mut *c).await,
            Err(error) => Err(error),
        }
    };
}
pub(crate) use sql;

impl Db {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// What is wrong, with the file or the server but never its password.
    pub async fn open(settings: &config::Database, tasks: Tasks) -> Result<Self, String> {
        let name = match &settings.url {
            config::DatabaseUrl::Sqlite(path) => path.display().to_string(),
            config::DatabaseUrl::Postgres(url) => PgConnectOptions::from_str(url.expose())
                .map(|options| format!("PostgreSQL at {}:{}", options.get_host(), options.get_port()))
                .unwrap_or_else(|_| "DATABASE_URL".to_owned()),
        };
        Self::connect(settings, tasks).await.map_err(|error| format!("{name}: {error}"))
    }

    async fn connect(settings: &config::Database, tasks: Tasks) -> Result<Self, sqlx::Error> {
        match &settings.url {
            config::DatabaseUrl::Sqlite(path) => {
                let migrate = async |writer: &mut SqliteConnection| {
                    Ok(migrator(SQLITE).run_direct(None, writer, false).await?)
                };
                Ok(Self::Sqlite(Lanes::open(path, settings.pool_timeout, tasks, migrate).await?))
            }
            config::DatabaseUrl::Postgres(url) => {
                let options = PgConnectOptions::from_str(url.expose())?;
                // Once without the pool, which would keep trying and then only say that it took too long.
                options.connect().await?.close().await?;
                let pool = PoolOptions::<Postgres>::new()
                    .min_connections(1)
                    .max_connections(settings.pool_size.saturating_add(settings.max_overflow))
                    .acquire_timeout(settings.pool_timeout)
                    .max_lifetime(settings.pool_recycle)
                    .connect_with(options.disable_statement_logging())
                    .await?;
                migrator(POSTGRES).run(&pool).await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Begins a writing transaction.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite(lanes) => Tx::Sqlite(lanes.write().await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// A connection for one statement that writes.
    pub async fn single(&self) -> Result<Single> {
        Ok(match self {
            Self::Sqlite(lanes) => Single::Sqlite(lanes.lock().await?),
            Self::Postgres(pool) => Single::Postgres(pool.acquire().await?),
        })
    }

    /// A connection for reading, outside any transaction.
    pub async fn read(&self) -> Result<Reader> {
        Ok(match self {
            Self::Sqlite(lanes) => Reader::Sqlite(lanes.read().await?),
            Self::Postgres(pool) => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// Asks the database for something trivial: is it there?
    pub async fn probe(&self) -> Result<()> {
        let mut reader = self.read().await?;
        sql!(fetch_one, (i64,), &mut reader, "SELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }

    /// Empties SQLite's write-ahead log, which otherwise keeps what was deleted until it is written over; false when somebody is in the way
    /// just now. PostgreSQL looks after its own.
    pub async fn truncate_log(&self) -> Result<bool> {
        Ok(match self {
            Self::Sqlite(lanes) => lanes.truncate_log().await?,
            Self::Postgres(_) => true,
        })
    }

    /// `sqlite` or `postgresql`, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Waits for the connections in use and closes all of them.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(lanes) => lanes.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes the changes visible and lasting.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(lane) => lane.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Turns a broken uniqueness rule into the conflict that it means.
pub fn unique<T>(result: Result<T, sqlx::Error>, why: Why) -> Result<T> {
    result.map_err(|error| match error.as_database_error() {
        Some(cause) if cause.is_unique_violation() => Error::Conflict(why),
        _ => error.into(),
    })
}

/// Both of [`unique`] and [`of_somebody`].
pub fn of_somebody_new<T>(result: Result<T, sqlx::Error>, why: Why) -> Result<T> {
    match &result {
        Err(error) if error.as_database_error().is_some_and(|cause| cause.is_unique_violation()) => {
            unique(result, why)
        }
        _ => of_somebody(result),
    }
}

/// Turns a reference to somebody who is gone into what it means: the account was deleted while they were at work.
pub fn of_somebody<T>(result: Result<T, sqlx::Error>) -> Result<T> {
    result.map_err(|error| match error.as_database_error() {
        Some(cause) if cause.is_foreign_key_violation() => Error::Unauthenticated,
        _ => error.into(),
    })
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let away = match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => true,
            sqlx::Error::Database(cause) => cause.code().is_some_and(|code| is_passing(&code)),
            _ => false,
        };
        if away {
            tracing::warn!(%error, "database unavailable");
            Self::Unavailable { what: "database", retry_after: RETRY_AFTER }
        } else {
            Self::internal("database", error)
        }
    }
}

/// Codes of faults that pass: SQLite (primary code in the low byte) busy, locked, I/O, full, cannot open, read-only; PostgreSQL
/// connection exceptions (class 08), a database that is not there (3D), insufficient resources (53), operator intervention (57), serialisation and deadlock (40).
fn is_passing(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14),
        _ => ["08", "3D", "53", "57", "40"].iter().any(|class| code.starts_with(class)),
    }
}

const SQLITE: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../../../migrations/sqlite/0001_first.sql")),
    (2, "identity", include_str!("../../../migrations/sqlite/0002_identity.sql")),
];
const POSTGRES: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("../../../migrations/postgres/0001_first.sql")),
    (2, "identity", include_str!("../../../migrations/postgres/0002_identity.sql")),
];

fn migrator(steps: &'static [(i64, &str, &str)]) -> Migrator {
    let migrations = steps.iter().map(|&(version, name, text)| {
        let sql = sqlx::SqlStr::from_static(text);
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}
