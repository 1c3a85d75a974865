//! From an old key of the installation to the new one. What is done is told by each record itself, so a process that is killed in the
//! middle goes on where it was.

use super::{Vault, check, place, store};
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Records in one transaction.
const BATCH: i64 = 100;

/// What became of records that were sealed with an old key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renewed {
    pub renewed: u64,
    /// Damaged, or of a key that was not given: left as they are.
    pub unreadable: u64,
}

impl std::ops::Add for Renewed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            renewed: self.renewed.saturating_add(other.renewed),
            unreadable: self.unreadable.saturating_add(other.unreadable),
        }
    }
}

impl Vault {
    /// Whether old keys were given.
    pub fn is_rotating(&self) -> bool {
        self.rotating
    }

    /// How many keys of people, with the check value, are not sealed with the current key.
    pub async fn old_records(&self) -> Result<u64> {
        let mut reader = self.db.read().await?;
        let keys = store::count_others(&mut reader, &self.master.current_header()).await?;
        let check = store::check(&mut reader).await?;
        let check = check.is_some_and(|check| !check::is_current(&self.master, &check));
        Ok(u64::try_from(keys).unwrap_or_default().saturating_add(u64::from(check)))
    }

    /// Seals every person's key with the current key of the installation. Their texts stay as they are.
    pub async fn renew_keys(&self) -> Result<Renewed> {
        let (header, mut done, mut after) = (self.master.current_header(), Renewed::default(), None);
        loop {
            let mut tx = self.db.begin().await?;
            let batch = store::others(&mut tx, &header, after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(done) };
            after = Some(*last);
            for (owner, old) in batch {
                match self.renewed(&owner, &old)? {
                    Some(new) => done.renewed += u64::from(store::renew(&mut tx, owner, &old, &new).await?),
                    None => done.unreadable += 1,
                }
            }
            tx.commit().await?;
        }
    }

    /// The last step: from here on, the current key alone starts this database.
    pub async fn renew_check(&self) -> Result<()> {
        let fresh = check::written(&self.master)?;
        store::renew_check(&mut self.db.single().await?, &fresh).await
    }

    fn renewed(&self, owner: &UserId, old: &[u8]) -> Result<Option<Vec<u8>>> {
        let Ok(key) = self.master.open(old, place(owner)) else { return Ok(None) };
        let new = self.master.seal(key.expose(), place(owner));
        new.map(Some).map_err(|error| Error::internal("sealing a key", error))
    }
}
