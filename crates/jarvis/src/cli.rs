//! The command line: one binary, exit codes that scripts can use (sysexits.h).

mod audit;
mod hardening;
mod redact;
mod serve;
mod user;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment, StatusLine, security_status};

/// Something that is needed is not there: the database, a port.
const UNAVAILABLE: u8 = 69;
/// Something given is not right.
const DATA: u8 = 65;
/// The configuration is not right.
const CONFIG: u8 = 78;

/// Jarvis: a personal AI assistant that you host yourself.
#[derive(Parser)]
#[command(name = "jarvis", version)]
struct Cli {
    /// The settings file (default: jarvis.toml, if it is there).
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Overrides one setting: --set BIND=127.0.0.1:9000. May be given several times.
    #[arg(long, global = true, value_name = "NAME=VALUE", value_parser = parse_override)]
    set: Vec<(String, String)>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the page and the API.
    Serve,
    /// Manage accounts when the page cannot be reached.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Check or print the audit trail.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Mask secrets and personal data in what is piped through, line by line.
    Redact,
    /// Say what is wrong with the settings, or what they amount to, and start nothing.
    CheckConfig,
    /// Print the OpenAPI document.
    Openapi,
}

/// Why a command ended badly: its exit code and one clear line.
pub(crate) struct Failure {
    code: u8,
    line: String,
}

impl Failure {
    fn unavailable(line: impl Into<String>) -> Self {
        Self { code: UNAVAILABLE, line: line.into() }
    }

    fn config(line: impl Into<String>) -> Self {
        Self { code: CONFIG, line: line.into() }
    }

    fn data(line: impl Into<String>) -> Self {
        Self { code: DATA, line: line.into() }
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if !hardening::no_core_dumps() {
        complain(
            "warning: this system does not let core dumps be turned off; the memory of a crash may be stored",
        );
    }
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, line }) => {
            complain(&line);
            ExitCode::from(code)
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    if let Command::Openapi = cli.command {
        let document =
            crate::server::openapi().to_pretty_json().map_err(|error| Failure::data(error.to_string()))?;
        return say(&document);
    }
    if let Command::Redact = cli.command {
        return redact::run();
    }
    let overrides: BTreeMap<String, String> = cli.set.into_iter().collect();
    let mut config = Config::load(&Environment::of_process(), cli.config.as_deref(), &overrides)
        .map_err(|faults| Failure::config(faults.to_string()))?;
    if let Some(files) = hardening::raise_file_limit() {
        config.fit_connections(files);
    }
    if let Command::CheckConfig = cli.command {
        return security_status(&config).into_iter().try_for_each(|line| match line {
            StatusLine::Fact(text) => say(&text),
            StatusLine::Warning(text) => say(&format!("warning: {text}")),
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unavailable(format!("threads: {error}")))?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve => Box::pin(serve::serve(config)).await,
            Command::Audit(command) => Box::pin(audit::run(command, &config)).await,
            Command::User(command) => Box::pin(user::run(command, &config)).await,
            Command::CheckConfig | Command::Openapi | Command::Redact => Ok(()),
        }
    })
}

fn parse_override(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    // Everybody on the machine can read the command line.
    if ["SECRET", "KEY", "PASSWORD", "TOKEN"].iter().any(|word| name.to_ascii_uppercase().contains(word)) {
        return Err(format!(
            "a secret does not belong on the command line: set {name}_FILE or the environment"
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// One line on standard output.
fn say(line: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").map_err(|error| Failure::data(format!("standard output: {error}")))
}

/// One line on standard error; if even that is closed, the exit code still tells.
fn complain(line: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr(), "{line}"));
}
