use jarvis_crypto::PasswordHash;

use super::{
    Config, DatabaseUrl, MessagePolicy, Mode, Registration, RequireSecondFactor, SecretSource,
    is_loopback_host,
};

/// One line of the block that opens the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusLine {
    Fact(String),
    /// A weak setting, to be logged as a warning.
    Warning(String),
}

const SET: &str = "set (********)";
const MISSING: &str = "missing";
/// An access token outlives its session's end by nothing, but a longer one is longer in a thief's hands.
const LONG_ACCESS_SECONDS: u64 = 60 * 60;

/// The `Security Status` block: its heading, what is in force, then what is weak. Never a character of a secret.
pub fn security_status(config: &Config) -> Vec<StatusLine> {
    let facts = facts(config).into_iter().map(StatusLine::Fact);
    facts.chain(weaknesses(config).into_iter().map(StatusLine::Warning)).collect()
}

fn facts(config: &Config) -> Vec<String> {
    let set = |is_set: bool| if is_set { SET } else { MISSING };
    let key = |source| match source {
        SecretSource::Set => SET.to_owned(),
        SecretSource::Generated => format!("generated, kept in {}/secrets", config.data_dir.display()),
    };
    let previous = |count| match count {
        0 => MISSING.to_owned(),
        count => format!("{count} {SET}"),
    };
    let secrets = &config.secrets;
    let database = match &config.database.url {
        DatabaseUrl::Sqlite(path) => format!("SQLite, {}", path.display()),
        DatabaseUrl::Postgres(_) => "PostgreSQL".to_owned(),
    };
    let registration = match config.registration {
        Registration::Open => "open",
        Registration::Invite => "invite",
        Registration::Closed => "closed",
    };
    let second_factor = match config.require_second_factor {
        RequireSecondFactor::None => "nobody must have one",
        RequireSecondFactor::Admin => "administrators must have one",
        RequireSecondFactor::All => "everybody must have one",
    };
    let password_hash = match config.password_hash {
        PasswordHash::Argon2id => "Argon2id".to_owned(),
        PasswordHash::Bcrypt { rounds } => format!("bcrypt, {rounds} rounds"),
    };
    let providers = match config.oidc.as_slice() {
        [] => "none".to_owned(),
        some => {
            let each = some.iter().map(|provider| format!("{} ({})", provider.id, provider.issuer));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    let rates = match &config.rate_limits {
        Some(limits) => format!(
            "{} messages and {} requests a minute for a person, {} requests for a stranger's address",
            limits.messages, limits.requests, limits.anonymous
        ),
        None => "off".to_owned(),
    };
    let mode = match config.mode {
        Mode::Development => "development",
        Mode::Production => "production",
    };
    let api_key = config.llm.openai.as_ref().is_some_and(|openai| openai.api_key.is_some());
    vec![
        "Security Status".to_owned(),
        format!("environment: {mode}"),
        format!("JARVIS_SECRET_KEY: {}", key(secrets.signing_source)),
        format!("JARVIS_SECRET_KEY_PREVIOUS: {}", previous(secrets.signing_previous.len())),
        format!("ENCRYPTION_KEY: {}", key(secrets.encryption_source)),
        format!("ENCRYPTION_KEY_PREVIOUS: {}", previous(secrets.encryption_previous.len())),
        format!("METRICS_TOKEN: {}", set(config.metrics_token.is_some())),
        format!("OPENAI_API_KEY: {}", set(api_key)),
        format!("CORS origins: {}", config.borders.origins.join(", ")),
        format!("trusted hosts: {}", config.borders.hosts.join(", ")),
        tls(config),
        format!("trusted proxies: {}", proxies(config)),
        format!("registration: {registration}"),
        format!("second factor: {second_factor}"),
        format!("password hash: {password_hash}"),
        format!("sign-in providers: {providers}"),
        format!("rate limits: {rates}"),
        "encryption at rest: messages, titles, second factors; not names, addresses, times and who wrote when"
            .to_owned(),
        "cache: memory".to_owned(),
        format!("database: {database}"),
    ]
}

fn tls(config: &Config) -> String {
    match &config.tls {
        Some(files) => {
            format!("TLS: 1.2 and 1.3 on {}, certificate {}", config.bind, files.certificate.display())
        }
        None if config.is_public() => {
            format!("TLS: off, plain HTTP on {} for trusted proxies alone", config.bind)
        }
        None => format!("TLS: off, plain HTTP on {}", config.bind),
    }
}

fn proxies(config: &Config) -> String {
    match config.borders.proxies.as_slice() {
        [] => "none, forwarded addresses are not looked at".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn weaknesses(config: &Config) -> Vec<String> {
    let mut lines = config.warnings.clone();
    if config.secrets.signing_source == SecretSource::Generated {
        lines.push("JARVIS_SECRET_KEY was generated: set it before production, and back it up".to_owned());
    }
    if config.secrets.encryption_source == SecretSource::Generated {
        lines.push("ENCRYPTION_KEY was generated: what it sealed is lost with it, so back it up".to_owned());
    }
    if config.rate_limits.is_none() {
        lines.push("RATE_LIMIT_ENABLED=false: nothing limits how often anybody asks".to_owned());
    }
    if config.require_second_factor == RequireSecondFactor::None {
        lines.push("REQUIRE_2FA=none: an administrator's password alone opens everything".to_owned());
    }
    if config.is_public() && config.tls.is_none() {
        lines.push(format!(
            "BIND={} serves plain HTTP to the proxies: between them and this machine passwords travel readable",
            config.bind
        ));
    }
    if !config.borders.proxies.is_empty() && !config.is_https() {
        lines.push(
            "PUBLIC_URL is not https: cookies are not marked Secure, although a proxy stands in front"
                .to_owned(),
        );
    }
    if config.registration == Registration::Open {
        lines.push("REGISTRATION=open: whoever reaches this server can make an account".to_owned());
    }
    if config.chat.message_policy == MessagePolicy::Allow {
        lines.push(
            "MESSAGE_POLICY=allow: messages may hold markup that runs script where it is shown as HTML"
                .to_owned(),
        );
    }
    let in_clear = config.borders.origins.iter().filter(|origin| {
        origin.strip_prefix("http://").is_some_and(|rest| !is_loopback_host(without_port(rest)))
    });
    lines.extend(in_clear.map(|origin| format!("CORS_ORIGINS: {origin} is plain http")));
    if config.sessions.access.as_secs() > LONG_ACCESS_SECONDS {
        lines.push("ACCESS_TOKEN_EXPIRE_MINUTES is above an hour: a stolen token works that long".to_owned());
    }
    lines
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}
