use std::{collections::BTreeSet, path::Path};

use jarvis_crypto::Secret;

use super::{
    SecretSource, Secrets, folder,
    reader::{Faulted, Reader},
};

const MIN_BYTES: usize = 32;
/// A random text of `MIN_BYTES` has far more different bytes, even in hexadecimal.
const MIN_DIFFERENT_BYTES: usize = 8;
const ADVICE: &str = "make one with: openssl rand -base64 48";

/// Words of secrets that guides print and people forget to replace, without punctuation. By chance they are in
/// one random secret of a billion.
const PUBLISHED_WORDS: [&str; 15] = [
    "changeme",
    "changethis",
    "changein",
    "replaceme",
    "replacethis",
    "yoursecret",
    "yourjwt",
    "yoursuper",
    "supersecret",
    "secretkey",
    "placeholder",
    "insecure",
    "0123456789",
    "abcdefghijkl",
    // The key of a much copied JWT tutorial.
    "09d25e094faa6ca2556c818166b7a956",
];
const PUBLISHED_PASSWORDS: [&str; 8] =
    ["password", "postgres", "jarvis", "admin", "root", "secret", "example", "123456"];

pub(super) fn signing(
    reader: &mut Reader,
    strict: bool,
    data_dir: Option<&Path>,
) -> Result<Secrets, Faulted> {
    let given = reader.optional("JARVIS_SECRET_KEY", strong);
    let previous = reader.optional("JARVIS_SECRET_KEY_PREVIOUS", |list| {
        let entries = list.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(strong).collect::<Result<Vec<_>, _>>()
    });
    let (signing, signing_source) = match (given?, data_dir) {
        (Some(text), _) => (text, SecretSource::Set),
        (None, _) if strict => {
            return Err(
                reader.fault(format!("JARVIS_SECRET_KEY: missing, and production makes none: {ADVICE}"))
            );
        }
        (None, None) => return Err(Faulted),
        (None, Some(data_dir)) => {
            let kept = folder::kept_secret(data_dir).and_then(|text| strong(&text));
            match kept {
                Ok(text) => (text, SecretSource::Generated),
                Err(reason) => {
                    return Err(reader.fault(format!("JARVIS_SECRET_KEY: generated key: {reason}")));
                }
            }
        }
    };
    let signing_previous = previous?.unwrap_or_default();
    Ok(Secrets {
        signing: bytes(signing),
        signing_previous: signing_previous.into_iter().map(bytes).collect(),
        signing_source,
    })
}

pub(super) fn metrics_token(reader: &mut Reader) -> Result<Option<Secret<String>>, Faulted> {
    reader.optional("METRICS_TOKEN", strong).map(|token| token.map(Secret::new))
}

/// Another service made this one: only its shape is ours to judge, since it goes into a header.
pub(super) fn api_key(reader: &mut Reader) -> Result<Option<Secret<String>>, Faulted> {
    reader.optional("OPENAI_API_KEY", |text| {
        if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Secret::new(text.to_owned()))
        } else {
            Err("holds a space or a character that is not ASCII: copy it again".to_owned())
        }
    })
}

/// A secret that every user of the machine can read is none: a fault in production, else a warning.
pub(super) fn refuse_exposed(reader: &mut Reader, strict: bool) {
    for path in reader.exposed() {
        let path = path.display();
        let line =
            format!("{path}: holds a secret and every user of this machine can read it: chmod 600 {path}");
        if strict { reader.faults.push(line) } else { reader.warnings.push(line) }
    }
}

/// Whether a password is one that guides and images ship.
pub(super) fn is_published(password: &str) -> bool {
    let plain = without_punctuation(password);
    PUBLISHED_PASSWORDS.contains(&plain.as_str()) || has_published_words(&plain)
}

fn strong(text: &str) -> Result<String, String> {
    if text.len() < MIN_BYTES {
        return Err(format!("is shorter than {MIN_BYTES} bytes: {ADVICE}"));
    }
    if has_published_words(&without_punctuation(text)) {
        return Err(format!("is an example that everybody knows: {ADVICE}"));
    }
    if text.bytes().collect::<BTreeSet<u8>>().len() < MIN_DIFFERENT_BYTES {
        return Err(format!("repeats too few characters: {ADVICE}"));
    }
    Ok(text.to_owned())
}

fn without_punctuation(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn has_published_words(plain: &str) -> bool {
    PUBLISHED_WORDS.iter().any(|words| plain.contains(words))
}

fn bytes(text: String) -> Secret<Vec<u8>> {
    Secret::new(text.into_bytes())
}
