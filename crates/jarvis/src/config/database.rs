use std::path::{Path, PathBuf};

use jarvis_crypto::Secret;
use url::Url;

use super::{
    Database, DatabaseUrl,
    reader::{Faulted, Reader},
    secret,
};

const SQLITE_FILE: &str = "jarvis.db";
const POSTGRES_PARTS: [&str; 5] =
    ["POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"];

pub(super) fn read(reader: &mut Reader, strict: bool, data_dir: Option<&Path>) -> Result<Database, Faulted> {
    let url = url(reader, strict, data_dir);
    let pool_size = reader.number("DB_POOL_SIZE", 1..=1_000);
    let max_overflow = reader.number("DB_MAX_OVERFLOW", 0..=1_000);
    let pool_timeout = reader.duration("DB_POOL_TIMEOUT", 1, 1..=600);
    let pool_recycle = reader.duration("DB_POOL_RECYCLE", 1, 30..=86_400);
    Ok(Database {
        url: url?,
        pool_size: pool_size?,
        max_overflow: max_overflow?,
        pool_timeout: pool_timeout?,
        pool_recycle: pool_recycle?,
    })
}

/// `DATABASE_URL`, else the `POSTGRES_` parts, else a SQLite file in the data folder.
fn url(reader: &mut Reader, strict: bool, data_dir: Option<&Path>) -> Result<DatabaseUrl, Faulted> {
    if let Some(url) = reader.optional("DATABASE_URL", |text| parse(text, strict))? {
        return Ok(url);
    }
    let parts_given: Vec<&str> = POSTGRES_PARTS.into_iter().filter(|name| reader.is_given(name)).collect();
    if parts_given.is_empty() {
        return data_dir.map(|folder| DatabaseUrl::Sqlite(folder.join(SQLITE_FILE))).ok_or(Faulted);
    }
    if !parts_given.contains(&"POSTGRES_HOST") {
        // Falling back to an empty SQLite file would look like the loss of every conversation.
        return Err(reader.fault(format!(
            "POSTGRES_HOST: missing, but {} is given: set it, or DATABASE_URL",
            parts_given.join(", ")
        )));
    }
    from_parts(reader, strict)
}

fn parse(text: &str, strict: bool) -> Result<DatabaseUrl, String> {
    let kinds = "must start with sqlite:// or postgres://";
    let (scheme, rest) = text.split_once(':').ok_or(kinds)?;
    match scheme {
        "sqlite" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path.is_empty() || path.starts_with(':') || path.contains(['?', '#']) {
                return Err("needs a file, such as sqlite://data/jarvis.db, and no options".to_owned());
            }
            Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
        }
        "postgres" | "postgresql" => {
            let url = Url::parse(text)
                .map_err(|fault| format!("is not a URL ({fault}): percent-encode the password"))?;
            if !url.has_host() || url.path().trim_matches('/').is_empty() {
                return Err(
                    "needs a host and a database: postgres://user:password@host:5432/jarvis".to_owned()
                );
            }
            if strict && url.password().is_some_and(secret::is_published) {
                return Err("has a password that is published as an example: choose another".to_owned());
            }
            Ok(DatabaseUrl::Postgres(Secret::new(text.to_owned())))
        }
        _ => Err(kinds.to_owned()),
    }
}

fn from_parts(reader: &mut Reader, strict: bool) -> Result<DatabaseUrl, Faulted> {
    let mut url = Url::parse("postgres://localhost").map_err(|_constant| Faulted)?;
    let mut parts = Vec::new();
    let refused =
        |name: &'static str| move |()| format!("cannot be a part of a database address: see {name}");
    parts.push(reader.optional("POSTGRES_HOST", |text| {
        url.set_host(Some(text)).map_err(|fault| format!("is not a host: {fault}"))
    }));
    parts.push(reader.number("POSTGRES_PORT", 1..=u16::MAX).map(|port| url.set_port(Some(port)).ok()));
    parts.push(
        reader.optional("POSTGRES_USER", |text| url.set_username(text).map_err(refused("POSTGRES_USER"))),
    );
    parts.push(reader.optional("POSTGRES_DB", |text| {
        let mut path = url.path_segments_mut().map_err(refused("POSTGRES_DB"))?;
        path.clear().push(text);
        Ok(())
    }));
    parts.push(reader.optional("POSTGRES_PASSWORD", |text| {
        if strict && secret::is_published(text) {
            return Err("is published as an example: choose another".to_owned());
        }
        url.set_password(Some(text)).map_err(refused("POSTGRES_PASSWORD"))
    }));
    parts.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(DatabaseUrl::Postgres(Secret::new(url.into())))
}
