//! After `ENCRYPTION_KEY` was replaced: everything sealed with the old one is sealed anew, in the background, and the log says when the
//! old key is not needed any more.

use std::time::Duration;

use crate::app::App;
use crate::error::Result;
use crate::vault::Renewed;

/// The database was away, or an answer of its own was in the way: tried again after this.
const PAUSE: Duration = Duration::from_secs(10);
const AGAIN: &str = "not everything is sealed with the current ENCRYPTION_KEY yet, tried again in a moment";
const DONE: &str =
    "everything is sealed with the current ENCRYPTION_KEY, so take ENCRYPTION_KEY_PREVIOUS away";

/// Begins, if old keys were given. It ends when everything is done, or with the process; the next one goes on.
pub fn start(app: &App) {
    if !app.vault.is_rotating() {
        return;
    }
    let (app, tasks) = (app.clone(), app.tasks.clone());
    tasks.spawn("jobs.rotation", async move {
        loop {
            match renew(&app).await {
                Ok(done) => return report(done),
                Err(error) => tracing::warn!(%error, "{AGAIN}"),
            }
            if app.tasks.stopping().run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return;
            }
        }
    });
}

/// The line of the security status that only the database can tell; none where no old key was given.
///
/// # Errors
/// When the database cannot be asked.
pub async fn status(app: &App) -> Result<Option<String>> {
    if !app.vault.is_rotating() {
        return Ok(None);
    }
    let old = app.vault.old_records().await?.saturating_add(app.accounts.old_totp_secrets().await?);
    Ok(Some(match old {
        0 => "nothing is sealed with an old key any more: take ENCRYPTION_KEY_PREVIOUS away".to_owned(),
        old => format!(
            "ENCRYPTION_KEY_PREVIOUS is still needed, {old} records are not sealed with the current key yet"
        ),
    }))
}

/// The check value last: whoever takes the old key away too early is told so, and nothing is lost.
async fn renew(app: &App) -> Result<Renewed> {
    let done = app.vault.renew_keys().await? + app.accounts.renew_totp_secrets().await?;
    app.vault.renew_check().await?;
    Ok(done)
}

fn report(Renewed { renewed, unreadable }: Renewed) {
    if unreadable > 0 {
        tracing::error!(
            unreadable,
            "sealed records open with none of the keys given: damaged, or of a key older than ENCRYPTION_KEY_PREVIOUS"
        );
    }
    tracing::info!(renewed, "{DONE}");
}

#[cfg(test)]
mod tests {
    /// Behind `ENCRYPTION_KEY:` it would take what follows for the key.
    #[test]
    fn the_log_redactor_leaves_the_lines_as_they_are() {
        for line in [super::AGAIN, super::DONE] {
            assert_eq!(jarvis_redact::redact(line), line);
        }
    }
}
