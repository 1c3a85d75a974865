//! Periodic, idempotent cleaners.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::rotation;

/// Starts every job. They end when the process stops.
pub fn start(app: &App) {
    rotation::start(app);
    every(app, "jobs.checkpoints", Duration::from_secs(1), |app| async move {
        if let Err(error) = app.chats.checkpoint().await {
            tracing::warn!(%error, "answers being written could not be saved; tried again in a second");
        }
    });
    every(app, "jobs.revocations", Duration::from_millis(500), |app| async move {
        if let Err(error) = app.accounts.announce_revoked().await {
            // Not a warning: the database has said that it is away, and here it would be said twice a second.
            tracing::debug!(%error, "what other processes ended was not read; tried again in half a second");
        }
    });
    every(app, "jobs.seen", Duration::from_secs(10), |app| async move {
        if let Err(error) = app.accounts.store_seen().await {
            tracing::warn!(%error, "when sessions were last used was not stored");
        }
    });
    every(app, "jobs.metrics", Duration::from_secs(5), |app| async move { app.health.upkeep() });
    every(app, "jobs.certificate", Duration::from_secs(10), |app| async move {
        if let Some(tls) = &app.tls {
            tls.renew();
        }
    });
    every(app, "jobs.topics", Duration::from_secs(60), |app| async move { app.chats.sweep() });
    every(app, "jobs.residue", Duration::from_secs(5), |app| async move { app.vault.clear_residue().await });
    every(app, "jobs.sessions", Duration::from_secs(60 * 60), |app| async move {
        if let Err(error) = app.accounts.sweep().await {
            tracing::warn!(%error, "sessions that ran out were not deleted");
        }
    });
}

fn every<F>(app: &App, name: &'static str, period: Duration, job: impl Fn(App) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let app = app.clone();
    app.tasks.clone().spawn(name, async move {
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while app.tasks.stopping().run_until_cancelled(ticks.tick()).await.is_some() {
            job(app.clone()).await;
        }
    });
}
