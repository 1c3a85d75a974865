use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jarvis_crypto::{Secret, seal};

use super::{
    SecretSource, Secrets,
    folder::{self, Kept},
    reader::{Faulted, Reader},
};

const MIN_BYTES: usize = 32;
/// A random text of `MIN_BYTES` has far more different bytes, even in hexadecimal.
const MIN_DIFFERENT_BYTES: usize = 8;
/// 32 random bytes have 30 different ones; fewer than this is no chance.
const MIN_DIFFERENT_KEY_BYTES: usize = 16;
/// A piece that is repeated tells nothing the second time.
const MIN_PERIOD: usize = 16;
/// 32 random digits have 98 of these, 32 random hexadecimal digits 115.
const MIN_BITS: u32 = 88;
const ADVICE: &str = "make one with: openssl rand -base64 48";
const ENCRYPTION_ADVICE: &str = "make one with: openssl rand -base64 32";

/// Words of secrets that guides print and people forget to replace, without punctuation. By chance they are in
/// one random secret of a billion.
const PUBLISHED_WORDS: [&str; 32] = [
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
    "mysecret",
    "notasecret",
    "thisisasecret",
    "topsecret",
    "t0ps3cr3t",
    "testsecret",
    "defaultsecret",
    "jarvissecret",
    "passwordpassword",
    "correcthorse",
    "qwertyuiop",
    "djangoinsecure",
    "adminsecret",
    "minioadmin",
    // The keys that jwt.io shows, before and after 2025.
    "your256bit",
    "astringsecret",
    // The key of RFC 7515, appendix A.1.
    "aym1sysppbydfgzld3umj1qz",
    // The key of a much copied JWT tutorial.
    "09d25e094faa6ca2556c818166b7a956",
];
const PUBLISHED_PASSWORDS: [&str; 22] = [
    "password",
    "password1",
    "passw0rd",
    "pssw0rd",
    "postgres",
    "postgresql",
    "postgrespassword",
    "mysecretpassword",
    "jarvis",
    "admin",
    "admin123",
    "root",
    "toor",
    "secret",
    "example",
    "test",
    "pass",
    "changeit",
    "letmein",
    "qwerty",
    "123456",
    "12345678",
];

/// The signing and the encryption key. Both are read before the first `?`.
pub(super) fn keys(reader: &mut Reader, strict: bool, data_dir: Option<&Path>) -> Result<Secrets, Faulted> {
    let signing = reader.optional("JARVIS_SECRET_KEY", strong);
    let signing_previous = reader.optional("JARVIS_SECRET_KEY_PREVIOUS", |list| each(list, strong));
    let encryption = reader.optional("ENCRYPTION_KEY", encryption_key);
    let encryption_previous = reader.optional("ENCRYPTION_KEY_PREVIOUS", |list| each(list, encryption_key));

    let signing = given_or_kept(reader, strict, data_dir, &SIGNING, signing);
    let encryption = given_or_kept(reader, strict, data_dir, &ENCRYPTION, encryption);
    let (signing, signing_source) = signing?;
    let (encryption, encryption_source) = encryption?;
    if seal::key_from_base64(&signing).is_some_and(|key| key.expose() == encryption.expose()) {
        let line = format!("ENCRYPTION_KEY: is JARVIS_SECRET_KEY again: {ENCRYPTION_ADVICE}");
        return Err(reader.fault(line));
    }
    Ok(Secrets {
        signing: bytes(signing),
        signing_previous: signing_previous?.unwrap_or_default().into_iter().map(bytes).collect(),
        signing_source,
        encryption,
        encryption_previous: encryption_previous?.unwrap_or_default(),
        encryption_source,
    })
}

/// A key that development makes by itself and production asks for.
struct Wanted<T> {
    name: &'static str,
    kept: Kept,
    advice: &'static str,
    parse: fn(&str) -> Result<T, String>,
}

const SIGNING: Wanted<String> =
    Wanted { name: "JARVIS_SECRET_KEY", kept: Kept::Signing, advice: ADVICE, parse: strong };
const ENCRYPTION: Wanted<Secret<[u8; seal::KEY_BYTES]>> = Wanted {
    name: "ENCRYPTION_KEY",
    kept: Kept::Encryption,
    advice: ENCRYPTION_ADVICE,
    parse: encryption_key,
};

fn given_or_kept<T>(
    reader: &mut Reader,
    strict: bool,
    data_dir: Option<&Path>,
    wanted: &Wanted<T>,
    given: Result<Option<T>, Faulted>,
) -> Result<(T, SecretSource), Faulted> {
    let Wanted { name, kept, advice, parse } = wanted;
    match (given?, data_dir) {
        (Some(key), _) => Ok((key, SecretSource::Set)),
        (None, _) if strict => {
            Err(reader.fault(format!("{name}: missing, and production makes none: {advice}")))
        }
        (None, None) => Err(Faulted),
        (None, Some(data_dir)) => folder::kept_secret(data_dir, *kept)
            .and_then(|text| parse(&text))
            .map(|key| (key, SecretSource::Generated))
            .map_err(|reason| reader.fault(format!("{name}: generated key: {reason}"))),
    }
}

/// Each entry of a list, separated by commas or line ends.
fn each<T>(list: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let entries = list.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(parse).collect()
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

/// A secret that others can read, or replace by theirs, is none: a fault in production, else a warning.
pub(super) fn refuse_exposed(reader: &mut Reader, strict: bool) {
    for path in reader.exposed() {
        let path = path.display();
        let line = format!(
            "{path}: holds a secret and other users of this machine may read or change it: chmod 600 {path}"
        );
        if strict { reader.faults.push(line) } else { reader.warnings.push(line) }
    }
}

/// Whether a password is one that guides and images ship.
pub(super) fn is_published(password: &str) -> bool {
    let plain = without_punctuation(password);
    PUBLISHED_PASSWORDS.contains(&plain.as_str()) || has_published_words(&plain)
}

pub(super) fn strong(text: &str) -> Result<String, String> {
    if text.len() < MIN_BYTES {
        return Err(format!("is shorter than {MIN_BYTES} bytes: {ADVICE}"));
    }
    if has_published_words(&without_punctuation(text)) {
        return Err(format!("is an example that everybody knows: {ADVICE}"));
    }
    if text.bytes().collect::<BTreeSet<u8>>().len() < MIN_DIFFERENT_BYTES {
        return Err(format!("repeats too few characters: {ADVICE}"));
    }
    if period(text.as_bytes()) < MIN_PERIOD {
        return Err(format!("repeats itself: {ADVICE}"));
    }
    if is_a_row(text.as_bytes()) || bits(text.as_bytes()) < MIN_BITS {
        return Err(format!("is too regular to be random: {ADVICE}"));
    }
    Ok(text.to_owned())
}

/// The shortest piece that the whole is a repetition of.
fn period(bytes: &[u8]) -> usize {
    let repeats = |step: &usize| bytes.iter().zip(bytes.iter().skip(*step)).all(|(one, next)| one == next);
    (1..bytes.len()).find(repeats).unwrap_or(bytes.len())
}

/// Whether most characters follow from the one before: `abcd`, `9876`, `1111`.
fn is_a_row(bytes: &[u8]) -> bool {
    let next = bytes.iter().zip(bytes.iter().skip(1)).filter(|(one, next)| one.abs_diff(**next) <= 1).count();
    next * 2 > bytes.len()
}

/// What its characters could tell at most if each stood for itself (Shannon). A guess from above: text in a language tells far less.
fn bits(bytes: &[u8]) -> u32 {
    let mut counts = BTreeMap::<u8, u32>::new();
    for byte in bytes {
        *counts.entry(*byte).or_default() += 1;
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let told =
        counts.values().map(|count| f64::from(*count) * (f64::from(length) / f64::from(*count)).log2());
    // Whole bits are enough, and a float has no conversion that could not fail.
    format!("{:.0}", told.sum::<f64>().floor()).parse().unwrap_or_default()
}

/// 32 random bytes in base64. Words, digits or hexadecimal that were only written in base64 are not random enough: an
/// example, a passphrase, 128 bits at best.
fn encryption_key(text: &str) -> Result<Secret<[u8; seal::KEY_BYTES]>, String> {
    let Some(key) = seal::key_from_base64(text) else {
        return Err(format!("is not {} bytes in base64: {ENCRYPTION_ADVICE}", seal::KEY_BYTES));
    };
    let bytes = key.expose();
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if is_text || has_published_words(&without_punctuation(text)) {
        return Err(format!("is text or an example, not random bytes: {ENCRYPTION_ADVICE}"));
    }
    if bytes.iter().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT_KEY_BYTES {
        return Err(format!("repeats too few bytes: {ENCRYPTION_ADVICE}"));
    }
    Ok(key)
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
