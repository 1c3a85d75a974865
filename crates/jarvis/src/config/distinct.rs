use jarvis_crypto::{Secret, seal};
use url::{Url, form_urlencoded};

use super::{Config, DatabaseUrl, reader::Reader};

/// What names a provider's.
const OF_PROVIDER: &str = "client secret of ";

/// One secret in two places: whoever gets it from the weaker place has the other as well. A fault in every mode, without the secret.
pub(super) fn check(reader: &mut Reader, config: &Config) {
    let all = secrets(config);
    for (number, (name, secret)) in all.iter().enumerate() {
        let before = all.iter().take(number);
        // Providers give theirs out themselves, and none of them opens anything here.
        let are_providers = |other: &str| name.starts_with(OF_PROVIDER) && other.starts_with(OF_PROVIDER);
        let same = |(other, known): &&(String, Secret<Vec<u8>>)| {
            other != name && !are_providers(other) && known.expose() == secret.expose()
        };
        if let Some((other, _)) = before.clone().find(same) {
            let line = format!("{name}: has the value of {other}: each needs a secret of its own");
            if !reader.faults.contains(&line) {
                reader.faults.push(line);
            }
        }
    }
}

/// Every secret with the name of its setting, each in the one form in which it can be compared.
fn secrets(config: &Config) -> Vec<(String, Secret<Vec<u8>>)> {
    let keys = &config.secrets;
    let mut all = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| all.push((name.to_owned(), comparable(bytes)));
    add("JARVIS_SECRET_KEY", keys.signing.expose());
    add("ENCRYPTION_KEY", keys.encryption.expose());
    keys.signing_previous.iter().for_each(|key| add("JARVIS_SECRET_KEY_PREVIOUS", key.expose()));
    keys.encryption_previous.iter().for_each(|key| add("ENCRYPTION_KEY_PREVIOUS", key.expose()));
    if let Some(token) = &config.metrics_token {
        add("METRICS_TOKEN", token.expose().as_bytes());
    }
    if let Some(key) = config.llm.openai.as_ref().and_then(|openai| openai.api_key.as_ref()) {
        add("OPENAI_API_KEY", key.expose().as_bytes());
    }
    for provider in &config.oidc {
        if let Some(secret) = &provider.client_secret {
            add(&format!("{OF_PROVIDER}{}", provider.id), secret.expose().as_bytes());
        }
    }
    if let Some(password) = database_password(&config.database.url) {
        add("password of the database", password.expose());
    }
    all
}

/// An encryption key is kept as its bytes, and may be written again elsewhere in base64.
fn comparable(bytes: &[u8]) -> Secret<Vec<u8>> {
    let key = str::from_utf8(bytes).ok().and_then(seal::key_from_base64);
    Secret::new(key.map_or_else(|| bytes.to_vec(), |key| key.expose().to_vec()))
}

fn database_password(url: &DatabaseUrl) -> Option<Secret<Vec<u8>>> {
    let DatabaseUrl::Postgres(url) = url else { return None };
    let url = Url::parse(url.expose()).ok()?;
    // Only `%` means something in a password; in a form, these three do as well.
    let form = Secret::new(url.password()?.replace('+', "%2B").replace('&', "%26").replace('=', "%3D"));
    let (password, _) = form_urlencoded::parse(form.expose().as_bytes()).next()?;
    Some(Secret::new(password.into_owned().into_bytes()))
}
