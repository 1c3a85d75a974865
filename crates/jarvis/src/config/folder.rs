use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jarvis_crypto::{OpaqueToken, Secret, seal};

use super::reader::{Faulted, Reader};

const SECRETS: &str = "secrets";
/// Lets scanners and our own log redactor recognise the key.
const SIGNING_KEY_PREFIX: &str = "jrv_sig_";
const ONLY_OWNER: u32 = 0o700;
const ONLY_OWNER_FILE: u32 = 0o600;
const OTHERS: u32 = 0o077;
/// Not the group: orchestrators give a volume to its group.
const WRITTEN_BY_ALL: u32 = 0o002;

/// Makes the data folder and proves that it can be written to.
pub(super) fn prepare(reader: &mut Reader, strict: bool, path: PathBuf) -> Result<PathBuf, Faulted> {
    match make_folder(&path).and_then(|()| prove_writable(&path)).and_then(|()| fs::metadata(&path)) {
        Ok(data) if data.permissions().mode() & WRITTEN_BY_ALL != 0 => {
            let shown = path.display();
            let line = format!(
                "DATA_DIR: every user of this machine may write to {shown} and put files of theirs there: chmod 700 {shown}"
            );
            if strict {
                return Err(reader.fault(line));
            }
            reader.warnings.push(line);
            Ok(path)
        }
        Ok(_) => Ok(path),
        Err(error) => Err(reader.fault(format!(
            "DATA_DIR: {} cannot be written to ({error}): give it to the user that runs Jarvis, or name another folder",
            path.display()
        ))),
    }
}

/// A key that is made at the first start.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    Signing,
    Encryption,
}

impl Kept {
    fn file(self) -> &'static str {
        match self {
            Self::Signing => "jarvis_secret_key",
            Self::Encryption => "encryption_key",
        }
    }

    fn make(self) -> io::Result<Secret<String>> {
        match self {
            Self::Signing => {
                OpaqueToken::generate(SIGNING_KEY_PREFIX).map(|key| Secret::new(key.expose().to_owned()))
            }
            Self::Encryption => seal::new_key_base64(),
        }
        .map_err(io::Error::other)
    }
}

/// The key made at the first start, made now if there is none. Two processes that start together agree on one.
pub(super) fn kept_secret(data_dir: &Path, which: Kept) -> Result<String, String> {
    let folder = data_dir.join(SECRETS);
    make_folder(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    refuse_shared(&folder, ONLY_OWNER)?;
    let path = folder.join(which.file());
    let made = if path.exists() { Ok(()) } else { make_secret(&folder, &path, which) };
    made.map_err(|error| format!("{}: {error}", path.display()))?;
    refuse_shared(&path, ONLY_OWNER_FILE)?;
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.trim_end().to_owned())
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(ONLY_OWNER).create(path)
}

fn prove_writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(".written-at-start");
    OpenOptions::new().create(true).write(true).truncate(true).open(&probe)?;
    match fs::remove_file(&probe) {
        // Another process proved the same at the same time.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Written beside, then linked into place: the name never shows half a secret, and the second of two loses.
fn make_secret(folder: &Path, path: &Path, which: Kept) -> io::Result<()> {
    let secret = which.make()?;
    let draft = OpaqueToken::generate(".draft_").map_err(io::Error::other)?;
    let draft = folder.join(draft.expose());
    let mut file = OpenOptions::new().create_new(true).write(true).mode(ONLY_OWNER_FILE).open(&draft)?;
    let linked = file
        .write_all(secret.expose().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&draft, path))
        .and_then(|()| File::open(folder)?.sync_all());
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn refuse_shared(path: &Path, mode: u32) -> Result<(), String> {
    let data = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if data.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(format!(
        "other users of this machine may open {path}: chmod {mode:o} {path}, and replace the key if they did"
    ))
}
