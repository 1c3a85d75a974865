//! Requests that meet: on PostgreSQL, a table that nobody can write for a while, so that all of them have read what they decide by before
//! the first of them acts. Without it they hardly ever overlap, and a race that nobody won proves nothing.

use std::future::Future;

use sqlx::{Connection, Executor};

use crate::support::{PATIENCE, TestApp};

const WAITING: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Runs `requests` while `lock` (`LOCK TABLE .. IN SHARE ROW EXCLUSIVE MODE`: reading goes on) is held until `count` of them wait for
/// something. On SQLite, where one transaction writes at a time whatever the code does, they only run.
pub(crate) async fn meeting<T>(
    app: &TestApp,
    lock: &'static str,
    count: i64,
    requests: impl Future<Output = T>,
) -> T {
    let Some(url) = app.postgres_url() else { return requests.await };
    let mut other = sqlx::PgConnection::connect(url.as_str()).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute(lock).await.unwrap();
    let release = async {
        let all = async { while app.count(WAITING).await < count {} };
        tokio::time::timeout(PATIENCE, all).await.expect("they do not meet");
        other.execute("COMMIT").await.unwrap();
    };
    tokio::join!(requests, release).0
}
