use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

use toml::de::{DeTable, DeValue};

use super::source::{Entry, Layer, Section};

/// Far above any honest configuration.
const MAX_BYTES: u64 = 256 * 1024;

/// The one setting that is a list of tables.
const TABLES: &str = "oidc";

/// The settings of one file, and its `[[oidc]]` tables; what could not be understood goes to `faults`.
pub(super) fn read(path: &Path, faults: &mut Vec<String>) -> (Layer, Vec<Section>) {
    let text = match text_of(path) {
        Ok(text) => text,
        Err(error) => {
            faults.push(format!("{}: cannot be read: {error}", path.display()));
            return (Layer::default(), Vec::new());
        }
    };
    let at = |offset: usize| {
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}", path.display())
    };
    let (table, errors) = DeTable::parse_recoverable(&text);
    faults.extend(errors.iter().map(|error| {
        let place = error.span().map_or_else(|| path.display().to_string(), |span| at(span.start));
        format!("{place}: not TOML: {}", error.message())
    }));
    let (mut layer, mut sections) = (Layer::default(), Vec::new());
    for (key, value) in table.into_inner() {
        let place = at(key.span().start);
        let key = key.into_inner();
        if let (TABLES, DeValue::Array(items)) = (key.as_ref(), value.get_ref()) {
            for item in items.iter() {
                let place = at(item.span().start);
                match item.get_ref() {
                    DeValue::Table(table) => sections.push(section(table, place, at, faults)),
                    _ => faults.push(format!("{place}: {key}: write each provider as a table, [[{TABLES}]]")),
                }
            }
            continue;
        }
        match text_value(value.get_ref()) {
            Some(text) => layer.push(Entry { name: key.into_owned(), text, place: format!("{place}: ") }),
            None => faults.push(format!(
                "{place}: {key}: needs a text, a number, true, false or a list of texts; settings are not grouped in tables"
            )),
        }
    }
    (layer, sections)
}

fn section(
    table: &DeTable<'_>,
    place: String,
    at: impl Fn(usize) -> String,
    faults: &mut Vec<String>,
) -> Section {
    let mut entries = Layer::default();
    for (key, value) in table.iter() {
        let place = format!("{}: {TABLES}: ", at(key.span().start));
        match value.get_ref() {
            DeValue::String(text) => {
                entries.push(Entry { name: key.get_ref().to_string(), text: text.to_string(), place });
            }
            _ => faults.push(format!("{place}{}: needs a text", key.get_ref())),
        }
    }
    Section { place: format!("{place}: {TABLES}: "), entries }
}

/// Whether others than its owner may read or write the file: its group, or every user of the machine.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    const OTHERS: u32 = 0o066;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & OTHERS != 0)
}

fn text_of(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_BYTES} bytes")));
    }
    fs::read_to_string(path)
}

fn text_value(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<&str>> = items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.as_ref()),
                    _ => None,
                })
                .collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}
