mod borders;
mod example;
mod identity;
mod secrets;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::PathBuf};

use tempfile::TempDir;

use super::{keys::KEYS, *};

const STRONG: &str = "q8Zr1vTt0mXw5LhJc2NfYk7BpDs9GaEu";
const OTHER: &str = "Wd3nRq6yHb8ZtKx1CvFm4JpLs0GeAu7o";
/// 32 bytes in base64.
const SEAL: &str = "hL9nVq0m3Zx7Yc1TgRk5Wb8PsDf2JtUe6AaOiNlQrEo=";
const OTHER_SEAL: &str = "U0vXyG7kR2mWq9TzB4nHc1LfJd8PsYaEiOu3tQxNeZk=";

/// A folder of its own and the settings that point there.
struct Desk {
    folder: TempDir,
    variables: BTreeMap<String, String>,
    overrides: BTreeMap<String, String>,
    file: Option<PathBuf>,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut desk = Self { folder, variables: BTreeMap::new(), overrides: BTreeMap::new(), file: None };
        let data_dir = desk.path("data");
        desk.variables.insert("DATA_DIR".to_owned(), data_dir.to_str().unwrap().to_owned());
        desk
    }

    fn production() -> Self {
        Self::new()
            .set("ENVIRONMENT", "production")
            .set("JARVIS_SECRET_KEY", STRONG)
            .set("ENCRYPTION_KEY", SEAL)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn on_command_line(mut self, name: &str, value: &str) -> Self {
        self.overrides.insert(name.to_owned(), value.to_owned());
        self
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        path
    }

    fn in_file(mut self, text: &str) -> Self {
        self.file = Some(self.write("jarvis.toml", text, 0o600));
        self
    }

    fn load(&self) -> Result<Config, Faults> {
        let environment: Environment = self.variables.clone().into_iter().collect();
        Config::load(&environment, self.file.as_deref(), &self.overrides)
    }

    fn faults(&self) -> Vec<String> {
        self.load().map(|_| ()).unwrap_err().lines().to_vec()
    }

    /// The only fault.
    fn fault(&self) -> String {
        let faults = self.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults[0].clone()
    }
}

#[test]
fn nothing_given_starts_on_loopback_with_sqlite_and_a_generated_key() {
    let desk = Desk::new();
    let config = desk.load().unwrap();
    assert_eq!(config.mode, Mode::Development);
    assert_eq!(config.bind.to_string(), "127.0.0.1:8000");
    assert!(
        matches!(&config.database.url, DatabaseUrl::Sqlite(path) if *path == desk.path("data/jarvis.db"))
    );
    assert_eq!(config.secrets.signing_source, SecretSource::Generated);
    assert_eq!(config.secrets.encryption_source, SecretSource::Generated);
    assert_eq!(config.registration, Registration::Open);
    assert_eq!(config.require_second_factor, RequireSecondFactor::Admin);
    assert_eq!(config.password_hash, PasswordHash::Argon2id);
    assert_eq!(config.refusal_pause, Duration::from_millis(500));
    assert!(config.oidc.is_empty());
    assert_eq!(config.borders.origins, ["http://localhost:8000", "http://127.0.0.1:8000"]);
    assert_eq!(config.borders.hosts, ["localhost", "127.0.0.1", "[::1]"]);
    assert_eq!(config.sessions.access, Duration::from_secs(1_800));
    assert_eq!(config.sessions.refresh, Duration::from_secs(604_800));
    assert!(config.llm.ollama.is_some() && config.llm.openai.is_none());
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let desk = Desk::new().in_file("bind = \"127.0.0.1:1\"\nllm_retries = 1\nws_max_per_user = 1\n");
    let desk = desk.set("BIND", "127.0.0.1:2").set("LLM_RETRIES", "2").on_command_line("bind", "127.0.0.1:3");
    let config = desk.load().unwrap();
    assert_eq!(config.bind.port(), 3);
    assert_eq!(config.llm.retries, 2);
    assert_eq!(config.ws_max_per_user, 1);
}

#[test]
fn an_empty_variable_counts_as_not_given() {
    let config = Desk::new().set("BIND", "").set("OPENAI_BASE_URL", "").load().unwrap();
    assert_eq!(config.bind.port(), 8000);
    assert!(config.llm.openai.is_none());
}

#[test]
fn every_fault_is_reported_at_once_with_its_place() {
    let desk = Desk::new()
        .in_file("# comment\nlog_levle = \"info\"\nllm_retries = 99\n[server]\nbind = 1\n")
        .set("BIND", "everywhere")
        .set("DB_POOL_SIZE", "many")
        .set("CORS_ORIGINS", "http://a.example/")
        .on_command_line("log_format", "xml");
    let faults = desk.faults();
    let has = |parts: &[&str]| faults.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&["jarvis.toml:2: log_levle: unknown key", "did you mean log_level?"]), "{faults:?}");
    assert!(has(&["jarvis.toml:3: llm_retries: \"99\" is not a whole number from 0 to 10"]), "{faults:?}");
    assert!(has(&["jarvis.toml:4: server", "not grouped in tables"]), "{faults:?}");
    assert!(has(&["environment: BIND: \"everywhere\" is not an address"]), "{faults:?}");
    assert!(has(&["environment: DB_POOL_SIZE: \"many\""]), "{faults:?}");
    assert!(has(&["environment: CORS_ORIGINS", "write http://a.example"]), "{faults:?}");
    assert!(has(&["command line: log_format: \"xml\" is not one of: text, json"]), "{faults:?}");
    assert_eq!(faults.len(), 7, "{faults:?}");
    assert!(faults.iter().all(|line| !line.contains('\n')));
}

#[test]
fn every_key_with_an_impossible_value_is_a_fault_of_its_own() {
    let free =
        ["DATA_DIR", "AUDIT_CHECKPOINTS", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "OIDC_NAME"];
    let mut desk = Desk::new();
    let bad: Vec<&str> = KEYS.iter().map(|key| key.name).filter(|name| !free.contains(name)).collect();
    for name in &bad {
        // DATABASE_URL would hide the parts.
        if *name != "DATABASE_URL" {
            desk = desk.set(name, "§ not valid §");
        }
    }
    desk = desk.set("SYSTEM_PROMPT", &"x".repeat(9_000));
    let faults = desk.faults();
    for name in bad.iter().filter(|name| **name != "DATABASE_URL") {
        let count = faults.iter().filter(|line| line.contains(&format!(" {name}: "))).count();
        assert_eq!(count, 1, "{name}: {faults:#?}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_a_fault_with_its_line() {
    assert!(
        Desk::new().in_file("bind = \"127.0.0.1:1\"\nllm_retries = = 3\n").faults()[0]
            .contains("jarvis.toml:2: not TOML")
    );
    let fault = Desk::new().in_file("llm_retries = 1\nllm_retries = 2\n").faults()[0].clone();
    assert!(fault.contains("jarvis.toml:2: not TOML"), "{fault}");
}

#[test]
fn a_named_file_must_exist() {
    let mut desk = Desk::new();
    desk.file = Some(desk.path("none.toml"));
    assert!(desk.fault().contains("none.toml: cannot be read"));
    let missing = Desk::new();
    let path = missing.path("none.toml");
    assert!(missing.set("JARVIS_CONFIG", path.to_str().unwrap()).fault().contains("cannot be read"));
}

#[test]
fn lists_may_be_arrays_in_the_file() {
    let desk = Desk::new().in_file("cors_origins = [\"https://a.example\", \"https://b.example:8443\"]\n");
    let borders = desk.load().unwrap().borders;
    assert_eq!(borders.origins, ["https://a.example", "https://b.example:8443"]);
    assert_eq!(borders.hosts, ["localhost", "127.0.0.1", "[::1]", "a.example", "b.example"]);
}

#[test]
fn a_near_miss_of_our_variables_is_a_fault_and_a_foreign_one_is_not() {
    let desk = Desk::new()
        .set("JARVIS_SECRETKEY", STRONG)
        .set("JARVIS_SERVICE_HOST", "10.0.0.1")
        .set("PATH", "/bin");
    assert!(desk.fault().contains("did you mean jarvis_secret_key?"));
}

#[test]
fn a_data_folder_that_cannot_be_made_is_one_fault() {
    let desk = Desk::new();
    let file = desk.write("plain", "", 0o600);
    let fault = desk.set("DATA_DIR", file.join("data").to_str().unwrap()).fault();
    assert!(fault.starts_with("DATA_DIR: ") && fault.contains("cannot be written to"), "{fault}");
}

#[test]
fn production_is_closed_by_default_and_logs_json() {
    let config = Desk::production().load().unwrap();
    assert_eq!(config.registration, Registration::Invite);
    assert_eq!(config.log.format, LogFormat::Json);
}
