use std::{collections::BTreeMap, path::Path, path::PathBuf, time::Duration};

use jarvis_crypto::PasswordHash;
use tracing::level_filters::LevelFilter;

use super::{
    Chat, Config, Connections, Environment, Faults, Llm, LlmTimeouts, Log, LogFormat, MessagePolicy, Mode,
    Ollama, OpenAi, RateLimits, Registration, RequireSecondFactor, Sessions, database, distinct, folder,
    front, oidc, origin,
    reader::{Faulted, Reader},
    secret,
    source::Source,
    zone,
};

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
/// Characters of the system prompt: it is sent with every message.
const MAX_SYSTEM_PROMPT: usize = 8_000;

pub(super) fn config(
    environment: &Environment,
    file: Option<&Path>,
    overrides: &BTreeMap<String, String>,
) -> Result<Config, Faults> {
    let mut faults = Vec::new();
    let source = Source::collect(environment, file, overrides, &mut faults);
    let mut reader = Reader::new(source, faults);
    match whole(&mut reader, environment) {
        Ok(mut config) if reader.faults.is_empty() => {
            config.warnings = reader.warnings;
            Ok(config)
        }
        _ => Err(Faults(reader.faults)),
    }
}

/// Every part is read before the first `?`, so that one fault does not hide the next.
fn whole(reader: &mut Reader, environment: &Environment) -> Result<Config, Faulted> {
    let mode = reader
        .choice("ENVIRONMENT", &[("development", Mode::Development), ("production", Mode::Production)])
        .and_then(|mode| mode.ok_or(Faulted));
    // An unreadable mode is judged as the stricter one.
    let strict = !matches!(mode, Ok(Mode::Development));
    secret::refuse_exposed(reader, strict);

    let front = front::read(reader, strict);
    let data_dir = reader.required("DATA_DIR", |text| Ok(PathBuf::from(text)));
    let data_dir = data_dir.and_then(|path| folder::prepare(reader, strict, path));
    let public_url = origin::public_url(reader, strict);
    let secrets = secret::keys(reader, strict, data_dir.as_deref().ok());
    let database = database::read(reader, strict, data_dir.as_deref().ok());
    let borders = origin::borders(
        reader,
        strict,
        public_url.as_ref().ok().and_then(Option::as_ref),
        front.as_ref().ok(),
    );
    let connections = connections(reader);
    let sessions = sessions(reader);
    let registration = registration(reader, strict);
    let auth_required = auth_required(reader, strict);
    let require_second_factor = require_second_factor(reader);
    let password_hash = password_hash(reader);
    let refusal_pause = reader.number("REFUSAL_PAUSE_MS", 0..=10_000).map(Duration::from_millis);
    let rate_limits = rate_limits(reader, strict);
    let ws_max_per_user = reader.number("WS_MAX_PER_USER", 1..=1_000);
    let llm = llm(reader);
    let chat = chat(reader, environment);
    let audit_checkpoints = reader.optional("AUDIT_CHECKPOINTS", |text| Ok(PathBuf::from(text)));
    let metrics_token = secret::metrics_token(reader);
    let log = log(reader, strict);
    let oidc = oidc::providers(reader, strict, matches!(public_url, Ok(None)));

    let front = front?;
    auth_required?;
    let data_dir = data_dir?;
    let kept = data_dir.join("audit").join("checkpoints.jsonl");
    let config = Config {
        mode: mode?,
        bind: front.bind,
        tls: front.tls,
        connections: connections?,
        data_dir,
        public_url: public_url?,
        secrets: secrets?,
        database: database?,
        borders: borders?,
        sessions: sessions?,
        registration: registration?,
        require_second_factor: require_second_factor?,
        password_hash: password_hash?,
        refusal_pause: refusal_pause?,
        rate_limits: rate_limits?,
        ws_max_per_user: ws_max_per_user?,
        llm: llm?,
        chat: chat?,
        metrics_token: metrics_token?,
        log: log?,
        oidc: oidc?,
        audit_checkpoints: audit_checkpoints?.unwrap_or(kept),
        warnings: Vec::new(),
    };
    distinct::check(reader, &config);
    Ok(config)
}

fn connections(reader: &mut Reader) -> Result<Connections, Faulted> {
    let in_all = reader.number("MAX_CONNECTIONS", 1..=1_000_000);
    let of_one = reader.number("MAX_CONNECTIONS_PER_ADDRESS", 1..=1_000_000);
    Ok(Connections { in_all: in_all?, of_one: of_one? })
}

fn sessions(reader: &mut Reader) -> Result<Sessions, Faulted> {
    let access = reader.duration("ACCESS_TOKEN_EXPIRE_MINUTES", MINUTE, 1..=1_440);
    let refresh = reader.duration("REFRESH_TOKEN_EXPIRE_DAYS", DAY, 1..=365);
    Ok(Sessions { access: access?, refresh: refresh? })
}

fn rate_limits(reader: &mut Reader, strict: bool) -> Result<Option<RateLimits>, Faulted> {
    let on = reader.required("RATE_LIMIT_ENABLED", |text| match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") && strict => {
            Err("is for development: in production, raise the limits that are too low".to_owned())
        }
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err("is not one of: true, false".to_owned()),
    });
    let messages = reader.number("RATE_LIMIT_PER_MINUTE", 1..=1_000_000);
    let requests = reader.number("RATE_LIMIT_API_PER_MINUTE", 1..=1_000_000);
    let anonymous = reader.number("RATE_LIMIT_ANONYMOUS_PER_MINUTE", 1..=1_000_000);
    let limits = RateLimits { messages: messages?, requests: requests?, anonymous: anonymous? };
    Ok(on?.then_some(limits))
}

fn registration(reader: &mut Reader, strict: bool) -> Result<Registration, Faulted> {
    let choices =
        [("open", Registration::Open), ("invite", Registration::Invite), ("closed", Registration::Closed)];
    let default = if strict { Registration::Invite } else { Registration::Open };
    Ok(reader.choice("REGISTRATION", &choices)?.unwrap_or(default))
}

/// There is no way around signing in yet, and in production there never will be.
fn auth_required(reader: &mut Reader, strict: bool) -> Result<(), Faulted> {
    reader.required("AUTH_REQUIRED", |text| match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(()),
        _ if !text.eq_ignore_ascii_case("false") => Err("is not one of: true, false".to_owned()),
        _ if strict => Err("would let everybody in: remove it".to_owned()),
        _ => Err("is not there yet, everybody signs in: remove it".to_owned()),
    })
}

fn require_second_factor(reader: &mut Reader) -> Result<RequireSecondFactor, Faulted> {
    let choices = [
        ("none", RequireSecondFactor::None),
        ("admin", RequireSecondFactor::Admin),
        ("all", RequireSecondFactor::All),
    ];
    reader.choice("REQUIRE_2FA", &choices).and_then(|who| who.ok_or(Faulted))
}

fn password_hash(reader: &mut Reader) -> Result<PasswordHash, Faulted> {
    let rounds = reader.number("BCRYPT_ROUNDS", 10..=16);
    let is_bcrypt = reader.choice("PASSWORD_HASH", &[("argon2id", false), ("bcrypt", true)]);
    let rounds = rounds?;
    is_bcrypt?
        .map(|yes| if yes { PasswordHash::Bcrypt { rounds } } else { PasswordHash::Argon2id })
        .ok_or(Faulted)
}

fn llm(reader: &mut Reader) -> Result<Llm, Faulted> {
    let ollama_url = reader.required("OLLAMA_BASE_URL", |text| {
        if text.eq_ignore_ascii_case("off") { Ok(None) } else { origin::server_url(text).map(Some) }
    });
    let ollama_model = reader.optional("OLLAMA_MODEL", model_name);
    let openai_url = reader.optional("OPENAI_BASE_URL", origin::server_url);
    let api_key = secret::api_key(reader);
    let openai_model = reader.optional("OPENAI_MODEL", model_name);
    let connect = reader.duration("LLM_TIMEOUT_CONNECT", 1, 1..=300);
    let first_token = reader.duration("LLM_TIMEOUT_FIRST_TOKEN", 1, 1..=3_600);
    let idle = reader.duration("LLM_TIMEOUT_IDLE", 1, 1..=3_600);
    let retries = reader.number("LLM_RETRIES", 0..=10);

    let (ollama_model, openai_model, api_key) = (ollama_model?, openai_model?, api_key?);
    let openai = match openai_url? {
        Some(base_url) => {
            if api_key.is_some() && base_url.scheme() == "http" && !origin::is_loopback(&base_url) {
                reader
                    .warnings
                    .push("OPENAI_BASE_URL is plain http: the API key travels readable".to_owned());
            }
            Some(OpenAi { base_url, api_key, model: openai_model })
        }
        None => {
            // Often left in a shell for other programs: it must not send conversations anywhere by itself.
            if api_key.is_some() {
                reader.warnings.push("OPENAI_API_KEY is not used: OPENAI_BASE_URL is not set".to_owned());
            }
            None
        }
    };
    Ok(Llm {
        ollama: ollama_url?.map(|base_url| Ollama { base_url, model: ollama_model }),
        openai,
        timeouts: LlmTimeouts { connect: connect?, first_token: first_token?, idle: idle? },
        retries: retries?,
    })
}

fn model_name(text: &str) -> Result<String, String> {
    const MAX: usize = 200;
    if text.len() <= MAX && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(format!("is not a model name: at most {MAX} visible ASCII characters"))
    }
}

fn chat(reader: &mut Reader, environment: &Environment) -> Result<Chat, Faulted> {
    let system_prompt = reader.required("SYSTEM_PROMPT", |text| {
        if text.chars().count() > MAX_SYSTEM_PROMPT || text.contains('\0') {
            return Err(format!("is longer than {MAX_SYSTEM_PROMPT} characters, or holds a NUL"));
        }
        Ok(text.to_owned())
    });
    let context_tokens = reader.number("LLM_CONTEXT_TOKENS", 512..=2_000_000);
    let time_zone = reader.optional("TIME_ZONE", zone::named);
    let policies = [("refuse", MessagePolicy::Refuse), ("allow", MessagePolicy::Allow)];
    let message_policy = reader.choice("MESSAGE_POLICY", &policies).and_then(|policy| policy.ok_or(Faulted));
    Ok(Chat {
        system_prompt: system_prompt?,
        context_tokens: context_tokens?,
        time_zone: time_zone?.unwrap_or_else(|| zone::of_system(environment)),
        message_policy: message_policy?,
    })
}

fn log(reader: &mut Reader, strict: bool) -> Result<Log, Faulted> {
    let levels = [
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    let level = reader.choice("LOG_LEVEL", &levels).and_then(|level| level.ok_or(Faulted));
    let format = reader.choice("LOG_FORMAT", &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
    let default = if strict { LogFormat::Json } else { LogFormat::Text };
    Ok(Log { level: level?, format: format?.unwrap_or(default) })
}
