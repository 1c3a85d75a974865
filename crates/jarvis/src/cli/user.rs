//! `jarvis user ...`.

use clap::Subcommand;
use jarvis_crypto::{OpaqueToken, Secret};

use super::{Failure, say, serve};
use crate::config::Config;
use crate::error::{Error, Why};
use crate::telemetry;
use crate::users::Role;

/// Bytes of a password read from standard input.
const MAX_PASSWORD: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make an account. Without --password-stdin a password is generated and printed once.
    Add {
        #[arg(long)]
        username: String,
        #[arg(long)]
        email: String,
        /// user, admin or superuser.
        #[arg(long, default_value = "user")]
        role: Role,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) async fn run(command: UserCommand, config: &Config) -> Result<(), Failure> {
    let metrics = telemetry::metrics().map_err(|error| Failure::unavailable(error.to_string()))?;
    let app = serve::open(config, metrics).await?;
    let UserCommand::Add { username, email, role, password_stdin } = command;
    let generated = if password_stdin { None } else { Some(generate()?) };
    let password = match &generated {
        Some(password) => password.clone(),
        None => read_password()?,
    };
    let made = app.accounts.add(&username, &email, password, role).await.map_err(explain)?;
    app.db.close().await;
    say(&format!("Made {} ({}).", made.username, made.role.name()))?;
    match generated {
        Some(password) => say(&format!("Password, shown this once: {}", password.expose())),
        None => Ok(()),
    }
}

fn generate() -> Result<Secret<String>, Failure> {
    let token =
        OpaqueToken::generate("").map_err(|error| Failure::unavailable(format!("randomness: {error}")))?;
    Ok(Secret::new(token.expose().chars().take(24).collect()))
}

fn read_password() -> Result<Secret<String>, Failure> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::io::stdin().take(MAX_PASSWORD).read_to_string(&mut text);
    read.map_err(|error| Failure::data(format!("standard input: {error}")))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// What was wrong, a line for each fault.
fn explain(error: Error) -> Failure {
    match error {
        Error::Invalid(faults) => {
            let lines: Vec<String> =
                faults.iter().map(|fault| format!("{}: {}", fault.field, fault.detail)).collect();
            Failure::data(lines.join("\n"))
        }
        Error::Conflict(Why::UsernameTaken) => Failure::data("username: this name is taken"),
        Error::Conflict(Why::EmailTaken) => {
            Failure::data("email: there is an account with this address already")
        }
        other => Failure::unavailable(other.to_string()),
    }
}
