//! Typed settings. Sources, the later wins: defaults, `jarvis.toml`, environment, command line.
//!
//! Everything is read and checked once, at start. Every fault is reported, not only the first, and nothing
//! of the process's environment is read anywhere else.

mod database;
mod distinct;
mod file;
mod folder;
mod front;
mod keys;
mod oidc;
mod origin;
mod read;
mod reader;
mod secret;
mod source;
mod status;
#[cfg(test)]
mod tests;
mod zone;

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use jarvis_crypto::{PasswordHash, Secret, seal};
use url::Url;

use crate::tls;

pub use oidc::OidcProvider;
pub use origin::is_loopback_host;
pub use status::{StatusLine, security_status};

/// Everything an operator can decide.
#[derive(Debug)]
pub struct Config {
    pub mode: Mode,
    /// Where the server listens.
    pub bind: SocketAddr,
    /// None: plain http.
    pub tls: Option<tls::Files>,
    pub connections: Connections,
    /// Exists and is writable when `load` succeeds.
    pub data_dir: PathBuf,
    /// The address people use, for links: scheme, host and perhaps a port; no path.
    pub public_url: Option<Url>,
    pub secrets: Secrets,
    pub database: Database,
    pub borders: Borders,
    pub sessions: Sessions,
    pub registration: Registration,
    pub require_second_factor: RequireSecondFactor,
    /// How new password hashes are made.
    pub password_hash: PasswordHash,
    /// How late a refused attempt to guess something is answered.
    pub refusal_pause: Duration,
    /// Others who may say who somebody is; their ids are unique.
    pub oidc: Vec<OidcProvider>,
    /// How often; None in development only, when `RATE_LIMIT_ENABLED=false`.
    pub rate_limits: Option<RateLimits>,
    /// The second place of the audit trail's checkpoints.
    pub audit_checkpoints: PathBuf,
    /// Open sockets of one user, at least 1.
    pub ws_max_per_user: usize,
    pub llm: Llm,
    pub chat: Chat,
    /// Lets a caller that is not on this machine read `/metrics`.
    pub metrics_token: Option<Secret<String>>,
    pub log: Log,
    /// Settings that are valid and probably not what was meant; shown in the `Security Status` block.
    pub warnings: Vec<String>,
}

/// `ENVIRONMENT`: how strict the start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Development,
    Production,
}

/// Keys that the server needs to run.
#[derive(Debug)]
pub struct Secrets {
    /// Signs access tokens: at least 32 bytes.
    pub signing: Secret<Vec<u8>>,
    /// Still verify during a rotation, newest first.
    pub signing_previous: Vec<Secret<Vec<u8>>>,
    pub signing_source: SecretSource,
    /// Seals what is stored.
    pub encryption: Secret<[u8; seal::KEY_BYTES]>,
    /// Still open what they sealed, newest first.
    pub encryption_previous: Vec<Secret<[u8; seal::KEY_BYTES]>>,
    pub encryption_source: SecretSource,
}

/// Where a secret came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretSource {
    /// Given by the operator.
    Set,
    /// Made at the first start and kept below the data folder (development only).
    Generated,
}

#[derive(Debug)]
pub struct Database {
    pub url: DatabaseUrl,
    /// Connections kept open.
    pub pool_size: u32,
    /// Connections opened above `pool_size` under load.
    pub max_overflow: u32,
    /// Longest wait for a connection.
    pub pool_timeout: Duration,
    /// Longest life of a connection.
    pub pool_recycle: Duration,
}

#[derive(Debug)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    /// A whole `postgres://` URL: secret because it holds the password.
    Postgres(Secret<String>),
}

/// From where a browser may speak to us, and under which names.
#[derive(Debug, Clone)]
pub struct Borders {
    /// Exact origins as a browser serialises them: `https://jarvis.example`, never a slash at the end.
    pub origins: Vec<String>,
    /// Names accepted in `Host`: lower case, no port, IPv6 in brackets.
    pub hosts: Vec<String>,
    /// Networks of the proxies whose word about a caller's address counts. None is everybody.
    pub proxies: Vec<IpNet>,
    /// Plain http is spoken with these proxies and with this machine alone.
    pub only_through_proxies: bool,
}

/// Files kept for what is no connection of a client: the database, what answers come from, the log.
const FILES_IN_RESERVE: usize = 64;

/// Open connections, sockets included; at least 1 each.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    pub in_all: usize,
    /// Of one IPv4 address or one IPv6 /64; this machine and the listed proxies have no limit of their own.
    pub of_one: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// Life of an access token.
    pub access: Duration,
    /// Life of a refresh token.
    pub refresh: Duration,
}

/// Allowances of a minute, each at least 1.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// Messages of one person.
    pub messages: u32,
    /// All requests of one person.
    pub requests: u32,
    /// Requests of one address that do not say who is there.
    pub anonymous: u32,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    Open,
    Invite,
    Closed,
}

/// `REQUIRE_2FA`: who must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequireSecondFactor {
    None,
    /// Admins and superusers.
    Admin,
    All,
}

#[derive(Debug)]
pub struct Llm {
    /// None when `OLLAMA_BASE_URL=off`.
    pub ollama: Option<Ollama>,
    pub openai: Option<OpenAi>,
    pub timeouts: LlmTimeouts,
    /// Attempts in all; 0 and 1 mean no second one.
    pub retries: u32,
}

#[derive(Debug)]
pub struct Ollama {
    pub base_url: Url,
    /// None: the first model that is installed there.
    pub model: Option<String>,
}

/// Any server that speaks the OpenAI protocol.
#[derive(Debug)]
pub struct OpenAi {
    pub base_url: Url,
    pub api_key: Option<Secret<String>>,
    pub model: Option<String>,
}

#[derive(Debug, Clone, Copy)]
pub struct LlmTimeouts {
    pub connect: Duration,
    pub first_token: Duration,
    /// Longest silence between two pieces of an answer.
    pub idle: Duration,
}

#[derive(Debug, Clone)]
pub struct Chat {
    pub system_prompt: String,
    /// Tokens of conversation sent to a model.
    pub context_tokens: u32,
    /// IANA name, such as `Europe/Paris`.
    pub time_zone: String,
    pub message_policy: MessagePolicy,
}

/// `MESSAGE_POLICY`: what becomes of a message that holds active content outside code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePolicy {
    Refuse,
    Allow,
}

#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// Of our own code; libraries are never more talkative than `WARN`.
    pub level: tracing::level_filters::LevelFilter,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The environment variables that settings are read from: the process's, or a test's.
/// No `Debug`: some hold secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process; one that is not UTF-8 cannot be ours and is left out.
    pub fn of_process() -> Self {
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self(texts.collect())
    }

    /// None when the variable is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// What is wrong with the settings: never empty. `Display` prints one line each.
#[derive(Debug)]
pub struct Faults(Vec<String>);

impl Faults {
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Faults {}

impl Config {
    /// Whether people reach us by https: then cookies say so, and carry a prefix.
    pub fn is_https(&self) -> bool {
        let by_url = self.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
        by_url || self.tls.is_some() || self.mode == Mode::Production
    }

    /// Whether other machines can connect.
    pub fn is_public(&self) -> bool {
        !self.bind.ip().to_canonical().is_loopback()
    }

    /// No more connections than `files`, which may be open at once, leave room for. Says so where that is fewer than were asked for.
    pub fn fit_connections(&mut self, files: u64) {
        let room = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(FILES_IN_RESERVE).max(1);
        let asked = self.connections.in_all;
        if asked > room {
            self.connections.in_all = room;
            self.warnings.push(format!(
                "MAX_CONNECTIONS={asked}: the system lets this process open {files} files, so there are at most {room} connections: raise \
                 its limit (ulimit -n, LimitNOFILE=)"
            ));
        }
    }

    /// Reads, checks and completes the settings. Makes the data folder and, in development, the keys.
    ///
    /// `file` was named by `--config`; without it `JARVIS_CONFIG` names one, else `jarvis.toml` is read if it
    /// is there. `overrides` are from the command line: environment names, in either case.
    ///
    /// # Errors
    /// Every fault that was found. The process ends with exit code 78 (`EX_CONFIG` of sysexits.h).
    pub fn load(
        environment: &Environment,
        file: Option<&Path>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, Faults> {
        read::config(environment, file, overrides)
    }
}
