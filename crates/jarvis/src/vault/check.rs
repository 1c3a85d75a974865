//! Are these the keys that this database was sealed with? Asked before anything is read or written with them.

use base64::{Engine, engine::general_purpose::STANDARD};
use jarvis_crypto::{Place, SealError, Sealer};

use super::store;
use crate::db::Db;
use crate::error::{Error, Result};

/// Sealed at the first start. It says nothing; that it opens says everything.
const CHECK: &[u8] = b"jarvis key check v1";
const PLACE: Place<'static> = Place { table: "meta", column: "value", row: b"encryption_check", owner: b"" };

const WRONG: &str = "ENCRYPTION_KEY is not the key that this database is sealed with. Give the right one; or, if you mean to replace it, give the \
                     old one as ENCRYPTION_KEY_PREVIOUS until the log says that it is not needed any more. Nothing was changed.";
const DAMAGED: &str = "The key check value in the database (table meta, encryption_check) is damaged, so that nobody can tell whether \
                       ENCRYPTION_KEY is right. Restore it from a backup; or, if you are sure of the key, delete that row.";

/// Compares the keys with the check value, and leaves one at the first start.
///
/// # Errors
/// `Misconfigured`, in words for the operator.
pub(super) async fn keys_fit(db: &Db, master: &Sealer) -> Result<()> {
    let mut reader = db.read().await?;
    let mut check = store::check(&mut reader).await?;
    // A check value that was taken away must not let a wrong key in.
    let sample = if check.is_none() { store::any_key(&mut reader).await? } else { None };
    drop(reader);
    if let Some((owner, sealed)) = sample
        && master.open(&sealed, super::place(&owner)).is_err_and(|error| error == SealError::UnknownKey)
    {
        return Err(Error::Misconfigured(WRONG.to_owned()));
    }
    if check.is_none() {
        let fresh = written(master)?;
        check = Some(store::insert_check(&mut db.single().await?, &fresh).await?);
    }
    opens(master, &check.unwrap_or_default())
}

fn opens(master: &Sealer, check: &str) -> Result<()> {
    let refused = |line: &str| Err(Error::Misconfigured(line.to_owned()));
    let Ok(record) = STANDARD.decode(check) else { return refused(DAMAGED) };
    match master.open(&record, PLACE) {
        Ok(text) if text.expose() == CHECK => Ok(()),
        Err(SealError::UnknownKey) => refused(WRONG),
        _ => refused(DAMAGED),
    }
}

/// A check value under the current key.
pub(super) fn written(master: &Sealer) -> Result<String> {
    let record =
        master.seal(CHECK, PLACE).map_err(|error| Error::internal("sealing the check value", error))?;
    Ok(STANDARD.encode(record))
}

/// Whether a check value is of the current key.
pub(super) fn is_current(master: &Sealer, check: &str) -> bool {
    STANDARD.decode(check).is_ok_and(|record| master.is_current(&record))
}
