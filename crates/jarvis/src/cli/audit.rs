//! `jarvis audit ...`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, say};
use crate::audit::{Audit, Filter};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::db::Db;
use crate::lifecycle::Tasks;

/// Something is not as it should be.
const FAULT: u8 = 1;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Check every entry of the audit trail against the checkpoints. Exit code 0: nothing was changed; 1: something was, and the line says what.
    Verify {
        /// Checkpoints that were kept elsewhere, instead of the file where Jarvis writes them.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
    },
    /// Print the audit trail, a line of JSON for each event, the oldest first.
    Export {
        /// Only what came after the event with this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
}

pub(super) async fn run(command: AuditCommand, config: &Config) -> Result<(), Failure> {
    if let DatabaseUrl::Sqlite(path) = &config.database.url
        && !path.exists()
    {
        return Err(Failure::unavailable(format!("There is no database {}.", path.display())));
    }
    let db = Db::open(&config.database, Tasks::new()).await.map_err(Failure::unavailable)?;
    let audit = Audit::new(db.clone(), Clock::System, config);
    let done = match command {
        AuditCommand::Verify { checkpoints } => verify(&audit, checkpoints).await,
        AuditCommand::Export { after } => export(&audit, after).await,
    };
    db.close().await;
    done
}

async fn verify(audit: &Audit, checkpoints: Option<PathBuf>) -> Result<(), Failure> {
    let checked = audit.verify(checkpoints.as_deref()).await;
    let found = checked
        .map_err(|error| Failure::unavailable(error.to_string()))?
        .map_err(|fault| Failure { code: FAULT, line: fault.to_string() })?;
    say(&format!("{} entries, {} checkpoints: nothing was changed.", found.entries, found.checkpoints))?;
    if found.by_old_keys > 0 {
        let old = found.by_old_keys;
        say(&format!(
            "{old} checkpoints are by older keys that are not here; a later one covers what they tell of."
        ))?;
    }
    if found.vouched_for < found.entries {
        let after = found.vouched_for;
        say(&format!("No checkpoint vouches yet for the entries after {after}."))?;
    }
    say(&format!("Root: {}", found.root))
}

async fn export(audit: &Audit, mut after: i64) -> Result<(), Failure> {
    let broken = |error: crate::error::Error| Failure::unavailable(error.to_string());
    let last = audit.status().await.map_err(broken)?.size;
    loop {
        let lines = audit.lines(&Filter::default(), after, last).await.map_err(broken)?;
        let Some(end) = lines.last().map(crate::audit::Line::seq) else { return Ok(()) };
        for line in &lines {
            say(&serde_json::to_string(line).map_err(|error| Failure::data(error.to_string()))?)?;
        }
        after = end;
    }
}
