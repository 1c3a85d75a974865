//! `jarvis user ...`.

use clap::Subcommand;
use jarvis_crypto::{OpaqueToken, Secret};

use super::{Failure, say, serve};
use crate::app::App;
use crate::audit::{Event, Kind, Origin};
use crate::config::Config;
use crate::error::{Error, Why};
use crate::people::{By, Changes, People};
use crate::telemetry;
use crate::users::Role;
use crate::users::directory::{Person, Search};

/// Bytes of a password read from standard input.
const MAX_PASSWORD: u64 = 4096;
/// Accounts read at once.
const PAGE: u32 = 200;

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
    /// Show who has an account, a line each: name, role, state, second factor, e-mail address, devices signed in; a tab between.
    List {
        /// Only those with this in their name or address.
        #[arg(long)]
        search: Option<String>,
    },
    /// Keep somebody out: their sessions and keys stop working at once.
    Disable {
        #[arg(allow_hyphen_values = true)]
        who: Who,
    },
    /// Let somebody in again.
    Enable {
        #[arg(allow_hyphen_values = true)]
        who: Who,
    },
    /// Take every second factor away, for somebody who has lost theirs.
    #[command(name = "reset-2fa")]
    Reset2fa {
        #[arg(allow_hyphen_values = true)]
        who: Who,
    },
    /// Give another role. They sign in again.
    SetRole {
        #[arg(allow_hyphen_values = true)]
        who: Who,
        /// user, admin or superuser.
        role: Role,
    },
    /// Sign somebody out everywhere. Their API keys go on working, unless --keys deletes them too.
    EndSessions {
        #[arg(allow_hyphen_values = true)]
        who: Who,
        /// Delete their API keys.
        #[arg(long)]
        keys: bool,
    },
}

/// A name or an e-mail address.
type Who = String;

pub(super) async fn run(command: UserCommand, config: &Config) -> Result<(), Failure> {
    let metrics = telemetry::metrics().map_err(|error| Failure::unavailable(error.to_string()))?;
    let app = serve::open(config, metrics).await?;
    let done = Origin::shell().scope(Box::pin(act(command, &app))).await;
    let noted = app.audit.settle(true).await;
    app.db.close().await;
    done?;
    noted.map_err(|error| Failure::unavailable(format!("Audit trail: {error}")))
}

async fn act(command: UserCommand, app: &App) -> Result<(), Failure> {
    let people = &app.people;
    match command {
        UserCommand::Add { username, email, role, password_stdin } => {
            add(app, &username, &email, role, password_stdin).await
        }
        UserCommand::List { search } => {
            app.audit.note(Event::new(Kind::PeopleRead));
            list(people, search.as_deref()).await
        }
        UserCommand::Disable { who } => {
            let changes = Changes { is_active: Some(false), ..Changes::default() };
            let name = update(people, &who, changes).await?;
            say(&format!("{name} is disabled and signed out everywhere."))
        }
        UserCommand::Enable { who } => {
            let name = update(people, &who, Changes { is_active: Some(true), ..Changes::default() }).await?;
            say(&format!("{name} can sign in."))
        }
        UserCommand::SetRole { who, role } => {
            let name = update(people, &who, Changes { role: Some(role), ..Changes::default() }).await?;
            say(&format!("{name} is now {}.", role.name()))
        }
        UserCommand::Reset2fa { who } => {
            let person = find(people, &who).await?;
            people.reset_factors(By::Operator, person.user.id).await.map_err(explain)?;
            say(&format!(
                "{} has no second factor any more and is signed out everywhere.",
                person.user.username
            ))
        }
        UserCommand::EndSessions { who, keys } => {
            let person = find(people, &who).await?;
            people.end_sessions(By::Operator, person.user.id, keys).await.map_err(explain)?;
            let more = if keys { " and has no API key any more" } else { "" };
            say(&format!("{} is signed out everywhere{more}.", person.user.username))
        }
    }
}

async fn add(
    app: &App,
    username: &str,
    email: &str,
    role: Role,
    password_stdin: bool,
) -> Result<(), Failure> {
    let generated = if password_stdin { None } else { Some(generate()?) };
    let password = match &generated {
        Some(password) => password.clone(),
        None => read_password()?,
    };
    let made = app.accounts.add(username, email, password, role).await.map_err(explain)?;
    say(&format!("Made {} ({}).", made.username, made.role.name()))?;
    match generated {
        Some(password) => say(&format!("Password, shown this once: {}", password.expose())),
        None => Ok(()),
    }
}

async fn list(people: &People, text: Option<&str>) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let search = Search::new(text, after, PAGE).map_err(explain)?;
        let page = people.list(&search).await.map_err(explain)?;
        for Person { user, sessions, .. } in page.items {
            let state = if user.is_active { "active" } else { "disabled" };
            let factor = if user.two_factor { "2fa" } else { "-" };
            let (name, role) = (&user.username, user.role.name());
            say(&format!("{name}\t{role}\t{state}\t{factor}\t{}\t{sessions}", user.email))?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn find(people: &People, who: &str) -> Result<Person, Failure> {
    let id = people.find(who).await;
    let id = id.map_err(|error| match error {
        Error::NotFound(_) => {
            Failure::data(format!("Nobody has the name or the e-mail address `{}`.", who.escape_debug()))
        }
        other => explain(other),
    })?;
    people.read(id).await.map_err(explain)
}

/// Gives the name of whom it changed.
async fn update(people: &People, who: &str, changes: Changes) -> Result<String, Failure> {
    let person = find(people, who).await?;
    let changed = people.update(By::Operator, person.user.id, changes).await.map_err(explain)?;
    Ok(changed.user.username)
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
        Error::Conflict(Why::LastSuperuser) => {
            Failure::data("This is the last active superuser. Make another one first: jarvis user set-role")
        }
        other => Failure::unavailable(other.to_string()),
    }
}
