use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Environment, file,
    keys::{self, Key},
    oidc,
};

/// A value as it was written, and where.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) text: String,
    /// Put before a fault: `jarvis.toml:12: `, `environment: `.
    pub(super) place: String,
}

/// What one source says.
pub(super) type Layer = Vec<Entry>;

/// One `[[oidc]]` table of the file.
pub(super) struct Section {
    /// Put before a fault of the table as a whole.
    pub(super) place: String,
    pub(super) entries: Layer,
}

/// The values of one such table, by their names there.
pub(super) struct Provider {
    pub(super) place: String,
    pub(super) given: BTreeMap<String, Given>,
}

/// The value that won for one key.
pub(super) struct Given {
    pub(super) text: String,
    /// Where it was written, ready to start a fault: `environment: BIND: `.
    pub(super) place: String,
}

/// The winning values of all sources.
#[derive(Default)]
pub(super) struct Source {
    pub(super) given: BTreeMap<&'static str, Given>,
    pub(super) providers: Vec<Provider>,
    /// Files that hold a secret and that every user of the machine can read.
    pub(super) exposed: Vec<PathBuf>,
}

const DEFAULT_FILE: &str = "jarvis.toml";
const FILE_SUFFIX: &str = "_FILE";
/// Bytes of a file that holds one secret.
const MAX_SECRET_FILE: u64 = 64 * 1024;
/// Container secrets are mounted here, readable by all, in a file system that nobody else sees.
pub(super) const MOUNTED_SECRETS: [&str; 2] = ["/run/secrets", "/run/credentials"];

impl Source {
    pub(super) fn collect(
        environment: &Environment,
        file: Option<&Path>,
        overrides: &BTreeMap<String, String>,
        faults: &mut Vec<String>,
    ) -> Self {
        let mut winners = BTreeMap::new();
        let mut exposed = Vec::new();
        let mut sections = Vec::new();

        if let Some(path) = file_to_read(environment, file) {
            let (layer, tables) = file::read(&path, faults);
            sections = tables;
            let in_tables = sections.iter().flat_map(|section: &Section| &section.entries);
            let has_secret = layer.iter().any(|entry| is_inline_secret(&entry.name))
                || in_tables.into_iter().any(|entry| entry.name == oidc::CLIENT_SECRET);
            if has_secret && file::is_readable_by_all(&path) {
                exposed.push(path);
            }
            add(&mut winners, layer, faults);
        }
        add(&mut winners, from_environment(environment, faults), faults);
        let command_line = overrides.iter().map(|(name, text)| Entry {
            name: name.clone(),
            text: text.clone(),
            place: "command line: ".to_owned(),
        });
        add(&mut winners, command_line.collect(), faults);

        let mut source = Self { given: BTreeMap::new(), providers: Vec::new(), exposed };
        for (name, winner) in winners {
            if let Some(given) = source.open(winner, faults) {
                source.given.insert(name, given);
            }
        }
        for section in sections {
            let provider = source.open_section(section, faults);
            source.providers.push(provider);
        }
        source
    }

    /// The table's names are checked here, its values where they are parsed.
    fn open_section(&mut self, section: Section, faults: &mut Vec<String>) -> Provider {
        let mut given = BTreeMap::new();
        for entry in section.entries {
            let in_file = entry.name == oidc::CLIENT_SECRET_FILE;
            let name = if in_file { oidc::CLIENT_SECRET.to_owned() } else { entry.name.clone() };
            let place = format!("{}{}: ", entry.place, entry.name);
            if !oidc::NAMES.contains(&name.as_str()) {
                faults.push(format!(
                    "{place}unknown key; a provider has {}, {}",
                    oidc::NAMES.join(", "),
                    oidc::CLIENT_SECRET_FILE
                ));
                continue;
            }
            let Some(value) = self.open(Winner { entry, in_file }, faults) else { continue };
            if given.insert(name, value).is_some() {
                faults.push(format!("{place}given twice, also as {}: keep one", oidc::CLIENT_SECRET));
            }
        }
        Provider { place: section.place, given }
    }

    /// Reads the file that a `NAME_FILE` points to; an empty value counts as not given.
    fn open(&mut self, winner: Winner, faults: &mut Vec<String>) -> Option<Given> {
        let Winner { entry, in_file } = winner;
        let place = format!("{}{}: ", entry.place, entry.name);
        if !in_file {
            return Some(Given { text: entry.text, place });
        }
        let path = PathBuf::from(&entry.text);
        if file::is_readable_by_all(&path) && !MOUNTED_SECRETS.iter().any(|mount| path.starts_with(mount)) {
            self.exposed.push(path.clone());
        }
        let too_large = fs::metadata(&path).is_ok_and(|data| data.len() > MAX_SECRET_FILE);
        match fs::read_to_string(&path) {
            _ if too_large => faults.push(format!("{place}{}: larger than any secret", path.display())),
            Err(error) => faults.push(format!("{place}cannot read {}: {error}", path.display())),
            Ok(text) if text.trim().is_empty() => {
                faults.push(format!("{place}{} is empty: put the secret in it", path.display()));
            }
            Ok(text) => return Some(Given { text, place }),
        }
        None
    }
}

struct Winner {
    entry: Entry,
    /// The entry was `NAME_FILE`.
    in_file: bool,
}

/// Lays one source over those before it.
fn add(winners: &mut BTreeMap<&'static str, Winner>, layer: Layer, faults: &mut Vec<String>) {
    let mut of_this_layer: BTreeMap<&'static str, Winner> = BTreeMap::new();
    for entry in layer {
        let Some((key, in_file)) = resolve(&entry.name) else {
            faults.push(unknown(&entry));
            continue;
        };
        if entry.text.trim().is_empty() {
            continue;
        }
        if let Some(other) = of_this_layer.get(key.name) {
            faults.push(format!(
                "{}{}: given twice, also as {}: keep one",
                entry.place, entry.name, other.entry.name
            ));
        }
        of_this_layer.insert(key.name, Winner { entry, in_file });
    }
    winners.append(&mut of_this_layer);
}

/// The key that a name stands for, and whether it is its `NAME_FILE` form.
fn resolve(name: &str) -> Option<(&'static Key, bool)> {
    if let Some(key) = keys::find(name) {
        return Some((key, false));
    }
    let stem = name.len().checked_sub(FILE_SUFFIX.len())?;
    let (stem, suffix) = name.split_at_checked(stem)?;
    let key = keys::find(stem).filter(|key| key.secret)?;
    suffix.eq_ignore_ascii_case(FILE_SUFFIX).then_some((key, true))
}

fn is_inline_secret(name: &str) -> bool {
    matches!(resolve(name), Some((key, false)) if key.secret)
}

fn unknown(entry: &Entry) -> String {
    let advice = match keys::nearest(&entry.name) {
        Some(key) => format!("did you mean {}?", key.in_file()),
        None => "config.example.toml lists every key".to_owned(),
    };
    format!("{}{}: unknown key; {advice}", entry.place, entry.name)
}

/// The environment is full of names that are not ours. Only what starts like ours and is a near miss is a fault:
/// orchestrators inject variables such as `JARVIS_SERVICE_HOST` by themselves.
fn from_environment(environment: &Environment, faults: &mut Vec<String>) -> Layer {
    let mut layer = Layer::new();
    for (name, text) in &environment.0 {
        let entry = Entry { name: name.clone(), text: text.clone(), place: "environment: ".to_owned() };
        let exact = resolve(name).filter(|_| name.bytes().all(|byte| !byte.is_ascii_lowercase()));
        if exact.is_some() {
            layer.push(entry);
        } else if name.starts_with("JARVIS_") && keys::nearest(name).is_some() {
            faults.push(unknown(&entry));
        }
    }
    layer
}

fn file_to_read(environment: &Environment, file: Option<&Path>) -> Option<PathBuf> {
    let named = file.map(Path::to_owned).or_else(|| environment.get("JARVIS_CONFIG").map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()))
}
