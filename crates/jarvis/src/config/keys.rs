/// One setting. The file spells it in lower case.
pub(super) struct Key {
    /// As an environment variable.
    pub(super) name: &'static str,
    /// Parsed like a given value. None: optional, or worked out from other settings.
    pub(super) default: Option<&'static str>,
    /// May also be given as `NAME_FILE`, and is never repeated in a fault.
    pub(super) secret: bool,
}

impl Key {
    /// How the configuration file spells it.
    pub(super) fn in_file(&self) -> String {
        self.name.to_ascii_lowercase()
    }
}

const fn plain(name: &'static str, default: &'static str) -> Key {
    Key { name, default: Some(default), secret: false }
}

const fn optional(name: &'static str) -> Key {
    Key { name, default: None, secret: false }
}

const fn secret(name: &'static str) -> Key {
    Key { name, default: None, secret: true }
}

/// Every setting, in the order of `config.example.toml`.
pub(super) const KEYS: &[Key] = &[
    plain("ENVIRONMENT", "development"),
    plain("BIND", "127.0.0.1:8000"),
    optional("TLS_CERT_FILE"),
    optional("TLS_KEY_FILE"),
    optional("TRUSTED_PROXIES"),
    plain("MAX_CONNECTIONS", "16384"),
    plain("MAX_CONNECTIONS_PER_ADDRESS", "256"),
    plain("DATA_DIR", "data"),
    optional("PUBLIC_URL"),
    secret("JARVIS_SECRET_KEY"),
    secret("JARVIS_SECRET_KEY_PREVIOUS"),
    secret("ENCRYPTION_KEY"),
    secret("ENCRYPTION_KEY_PREVIOUS"),
    secret("DATABASE_URL"),
    optional("POSTGRES_HOST"),
    plain("POSTGRES_PORT", "5432"),
    plain("POSTGRES_USER", "jarvis"),
    plain("POSTGRES_DB", "jarvis"),
    secret("POSTGRES_PASSWORD"),
    plain("DB_POOL_SIZE", "10"),
    plain("DB_MAX_OVERFLOW", "20"),
    plain("DB_POOL_TIMEOUT", "30"),
    plain("DB_POOL_RECYCLE", "3600"),
    optional("CORS_ORIGINS"),
    optional("TRUSTED_HOSTS"),
    plain("ACCESS_TOKEN_EXPIRE_MINUTES", "30"),
    plain("REFRESH_TOKEN_EXPIRE_DAYS", "7"),
    optional("REGISTRATION"),
    plain("REQUIRE_2FA", "admin"),
    plain("PASSWORD_HASH", "argon2id"),
    plain("BCRYPT_ROUNDS", "12"),
    plain("REFUSAL_PAUSE_MS", "500"),
    plain("RATE_LIMIT_ENABLED", "true"),
    plain("RATE_LIMIT_PER_MINUTE", "10"),
    plain("RATE_LIMIT_API_PER_MINUTE", "600"),
    plain("RATE_LIMIT_ANONYMOUS_PER_MINUTE", "120"),
    plain("WS_MAX_PER_USER", "20"),
    plain("OLLAMA_BASE_URL", "http://127.0.0.1:11434"),
    optional("OLLAMA_MODEL"),
    optional("OPENAI_BASE_URL"),
    secret("OPENAI_API_KEY"),
    optional("OPENAI_MODEL"),
    plain("LLM_TIMEOUT_CONNECT", "10"),
    plain("LLM_TIMEOUT_FIRST_TOKEN", "120"),
    plain("LLM_TIMEOUT_IDLE", "60"),
    plain("LLM_RETRIES", "3"),
    plain("LLM_CONTEXT_TOKENS", "8192"),
    plain("SYSTEM_PROMPT", SYSTEM_PROMPT),
    optional("TIME_ZONE"),
    plain("MESSAGE_POLICY", "refuse"),
    secret("METRICS_TOKEN"),
    plain("LOG_LEVEL", "info"),
    optional("LOG_FORMAT"),
    optional("OIDC_ISSUER"),
    optional("OIDC_CLIENT_ID"),
    secret("OIDC_CLIENT_SECRET"),
    optional("OIDC_NAME"),
];

const SYSTEM_PROMPT: &str = "You are Jarvis, a personal assistant. Answer in the language of the question, \
     plainly and to the point. Say so when you do not know or are not sure; never invent facts, sources or \
     links. Use Markdown where it helps, and fenced blocks for code.";

pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name.eq_ignore_ascii_case(name))
}

/// The key that was probably meant: at most two letters away.
pub(super) fn nearest(name: &str) -> Option<&'static Key> {
    const FURTHEST: usize = 2;
    let name = name.to_ascii_uppercase();
    KEYS.iter()
        .map(|key| (distance(key.name, &name), key))
        .filter(|(distance, _)| *distance <= FURTHEST)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// Letters to insert, delete or replace to turn one name into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.bytes().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to.bytes()) {
            let above = *cell;
            left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(from.len())
}
