//! What people and models write, sealed at rest: a key for each person, itself sealed with the key of the installation (docs/adr/0014).
//!
//! A person's key is made when they first have something to store, kept in memory while it is used, and gone with their account: what may
//! be left of their texts in a backup or on a disk opens with nothing any more.

mod check;
mod memory;
mod person;
mod rotation;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jarvis_crypto::{Place, Sealer, Secret, seal};

use crate::clock::Clock;
use crate::config;
use crate::db::{Connection, Db};
use crate::error::{Error, Result, Why};
use crate::ids::UserId;

pub use person::{Damaged, PersonKey, Reader, Spot};
pub use rotation::Renewed;

/// People's keys. A clone is another handle to the same.
#[derive(Clone)]
pub struct Vault(Arc<Parts>);

/// What the vault is made of; nobody outside sees into it.
pub struct Parts {
    db: Db,
    clock: Clock,
    /// Opens with the previous keys, too.
    master: Arc<Sealer>,
    /// Whether there are previous keys.
    rotating: bool,
    memory: memory::Memory,
    damage: Arc<person::Damage>,
    /// Something was deleted, and the database's own log may still hold it.
    residue: AtomicBool,
}

impl std::ops::Deref for Vault {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What belongs to one person, before it is read.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    vault: &'a Vault,
    pub owner: UserId,
}

impl Own<'_> {
    /// Their key, to read with: when there is none, or it does not open, neither does anything else. Ask *after* the rows were read: their
    /// key was stored before them, and the first one may be just now.
    pub async fn key(&self, db: &mut impl Connection) -> Result<Arc<PersonKey>> {
        self.vault.find(db, self.owner).await
    }
}

impl Vault {
    /// Opens the vault with the keys that were given, once the database shows that they are its own.
    ///
    /// # Errors
    /// `Misconfigured` when they are not; whatever the database says.
    pub async fn open(db: Db, clock: Clock, secrets: &config::Secrets) -> Result<Self> {
        let master = Arc::new(Sealer::new(&secrets.encryption, &secrets.encryption_previous));
        check::keys_fit(&db, &master).await?;
        Ok(Self(Arc::new(Parts {
            db,
            clock,
            master,
            rotating: !secrets.encryption_previous.is_empty(),
            memory: memory::Memory::default(),
            damage: Arc::default(),
            residue: AtomicBool::new(true),
        })))
    }

    /// The key of the installation, for what is sealed with it directly.
    pub fn master(&self) -> &Arc<Sealer> {
        &self.master
    }

    /// Somebody's key, to write with. Made when there is none. Ask before you take a connection: this may need one.
    ///
    /// # Errors
    /// `Conflict(KeyDamaged)`: writing under another key would only hide the loss. `Unauthenticated`: the account is gone.
    pub async fn of(&self, owner: UserId) -> Result<Arc<PersonKey>> {
        let moment = self.memory.moment();
        if let Some(key) = self.memory.find(owner) {
            return Ok(key);
        }
        let found = store::find(&mut self.db.read().await?, owner).await?;
        let sealed = match found {
            Some(sealed) => sealed,
            None => {
                let fresh = self.fresh(owner)?;
                store::make(&mut self.db.single().await?, owner, &fresh, self.clock.now()).await?
            }
        };
        let Some(sealer) = self.unwrap(owner, sealed) else { return Err(Error::Conflict(Why::KeyDamaged)) };
        let key = Arc::new(PersonKey::new(owner, Some(sealer), Arc::clone(&self.damage)));
        self.memory.keep(moment, owner, &key);
        Ok(key)
    }

    /// What belongs to somebody, to read it.
    pub fn own(&self, owner: UserId) -> Own<'_> {
        Own { vault: self, owner }
    }

    async fn find(&self, db: &mut impl Connection, owner: UserId) -> Result<Arc<PersonKey>> {
        let moment = self.memory.moment();
        if let Some(key) = self.memory.find(owner) {
            return Ok(key);
        }
        let found = store::find(db, owner).await?;
        let sealer = found.and_then(|sealed| self.unwrap(owner, sealed));
        let opens = sealer.is_some();
        let key = Arc::new(PersonKey::new(owner, sealer, Arc::clone(&self.damage)));
        if opens {
            self.memory.keep(moment, owner, &key);
        }
        Ok(key)
    }

    /// Puts somebody's key out of memory: their account ended, here or in another process.
    pub fn forget(&self, owner: UserId) {
        self.memory.forget(owner);
    }

    /// After somebody was deleted: their key is in no memory and, as far as it is ours, in no file any more.
    pub async fn destroyed(&self, owner: UserId) {
        self.forget(owner);
        self.residue.store(true, Ordering::Relaxed);
        self.clear_residue().await;
    }

    /// Empties the database's log of what was deleted, if anything was. What is in the way (somebody reads) is waited for by trying again:
    /// call every few seconds.
    pub async fn clear_residue(&self) {
        if !self.residue.swap(false, Ordering::Relaxed) {
            return;
        }
        match self.db.truncate_log().await {
            Ok(true) => {}
            Ok(false) => self.residue.store(true, Ordering::Relaxed),
            Err(error) => {
                self.residue.store(true, Ordering::Relaxed);
                tracing::debug!(%error, "the database's log was not emptied; tried again soon");
            }
        }
    }

    /// A new key for somebody, sealed.
    fn fresh(&self, owner: UserId) -> Result<Vec<u8>> {
        let key = seal::new_key().map_err(|error| Error::internal("randomness", error))?;
        self.master.seal(key.expose(), place(&owner)).map_err(|error| Error::internal("sealing a key", error))
    }

    fn unwrap(&self, owner: UserId, sealed: Vec<u8>) -> Option<Sealer> {
        let opened = self.master.open(&sealed, place(&owner));
        let key = opened.map_err(|error| self.damage.tell("user_keys", "key", owner.0, error)).ok()?;
        let key: [u8; seal::KEY_BYTES] = key.expose().as_slice().try_into().ok()?;
        Some(Sealer::new(&Secret::new(key), &[]))
    }
}

/// Where somebody's key lives: it opens in no other row.
fn place(owner: &UserId) -> Place<'_> {
    let owner = owner.0.as_bytes();
    Place { table: "user_keys", column: "key", row: owner, owner }
}
