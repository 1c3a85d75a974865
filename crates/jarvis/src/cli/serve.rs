//! `jarvis serve`.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use tokio::net::TcpListener;

use super::{CONFIG, Failure, say};
use crate::app::{App, Edges};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl, StatusLine, security_status};
use crate::error::Error;
use crate::{jobs, rotation, server, telemetry};

/// Time for answers to be finished after SIGTERM.
const GRACE: Duration = Duration::from_secs(20);

pub(super) async fn serve(config: &Config) -> Result<(), Failure> {
    let metrics = telemetry::init(&config.log).map_err(|error| Failure::unavailable(error.to_string()))?;
    for line in security_status(config) {
        match line {
            StatusLine::Fact(text) => tracing::info!("{text}"),
            StatusLine::Warning(text) => tracing::warn!("{text}"),
        }
    }
    // The port first: a second Jarvis on the same folder must not touch the answers that the first is writing.
    let listener = TcpListener::bind(config.bind).await.map_err(|error| {
        Failure::unavailable(format!(
            "Cannot listen on {}: {error}. Is Jarvis running already? Set BIND to another port.",
            config.bind
        ))
    })?;
    let bound = listener.local_addr().map_err(|error| Failure::unavailable(format!("Listening: {error}")))?;
    let _alone = alone(config)?;
    let app = open(config, metrics).await?;
    refuse_public_without_owner(config, &app).await?;
    let rotation = rotation::status(&app).await;
    if let Some(line) = rotation.map_err(|error| Failure::unavailable(format!("Database: {error}")))? {
        tracing::info!("{line}");
    }
    let interrupted =
        app.chats.recover().await.map_err(|error| Failure::unavailable(format!("Database: {error}")))?;
    if interrupted > 0 {
        tracing::warn!(
            answers = interrupted,
            "answers of the last run were interrupted; they can be tried again"
        );
    }
    app.tasks.listen_to_signals().map_err(|error| Failure::unavailable(format!("Signals: {error}")))?;
    jobs::start(&app);
    announce(config, bound, &app).await?;
    server::listen(listener, app.clone()).await;
    let dropped = app.tasks.drain(GRACE).await;
    app.db.close().await;
    tracing::info!(dropped, "stopped");
    Ok(())
}

/// Keeps a second server away from the same SQLite file: it would take the answers that the first is writing for orphans.
fn alone(config: &Config) -> Result<Option<File>, Failure> {
    let DatabaseUrl::Sqlite(path) = &config.database.url else { return Ok(None) };
    let path = path.with_extension("lock");
    let fault = |why: String| Failure::unavailable(format!("Cannot lock {}: {why}", path.display()));
    let file = File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| fault(error.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(fault("another Jarvis is serving this database.".to_owned())),
        Err(TryLockError::Error(error)) => Err(fault(error.to_string())),
    }
}

pub(super) async fn open(
    config: &Config,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> Result<App, Failure> {
    let edges = Edges { clock: Clock::System, models: None, metrics };
    App::build(config, edges).await.map_err(|error| {
        let why = match error {
            Error::Misconfigured(line) => return Failure { code: CONFIG, line },
            Error::Internal(why) => why,
            other => other.to_string(),
        };
        Failure::unavailable(format!("Jarvis cannot start: {why}"))
    })
}

/// Without an owner, whoever comes first with the code from the log would be it: that is not for an address that others reach.
async fn refuse_public_without_owner(config: &Config, app: &App) -> Result<(), Failure> {
    if !config.is_public() || setup_code(app).await?.is_none() {
        return Ok(());
    }
    Err(Failure::config(format!(
        "BIND: {} is open to other machines, and nobody owns this Jarvis yet: make the first account with `jarvis user add \
         --role superuser`, or start once on 127.0.0.1",
        config.bind
    )))
}

async fn setup_code(app: &App) -> Result<Option<jarvis_crypto::Secret<String>>, Failure> {
    app.accounts.setup_code().await.map_err(|error| Failure::unavailable(format!("Database: {error}")))
}

/// The line that people wait for: where Jarvis is, and how to make the first account.
async fn announce(config: &Config, bound: std::net::SocketAddr, app: &App) -> Result<(), Failure> {
    let base = match &config.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("{}://{bound}", if config.tls.is_some() { "https" } else { "http" }),
    };
    match setup_code(app).await? {
        Some(code) => {
            say(&format!("Jarvis is ready. Make your account here: {base}/setup#code={}", code.expose()))
        }
        None => say(&format!("Jarvis is ready: {base}")),
    }
}
