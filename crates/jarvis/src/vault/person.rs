//! One person's key, and what becomes of records that it does not open.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jarvis_crypto::{Place, SealError, Sealer};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::telemetry;

/// Records whose damage was logged already. Others are told again.
const MOST_TOLD: usize = 1000;

/// Seals and opens what belongs to one person.
pub struct PersonKey {
    owner: UserId,
    /// None: there is no key, or it does not open.
    sealer: Option<Sealer>,
    damage: Arc<Damage>,
}

/// Where one text of a person lives. It opens there and nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    pub table: &'static str,
    pub column: &'static str,
    /// The row's key, and whatever else of the row may not change.
    pub row: &'a [u8],
    /// By which the operator finds the row.
    pub id: Uuid,
}

/// A record that was changed, cut, moved here or emptied, or whose key is gone. It has been logged and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Opens many records with one piece of memory.
pub struct Reader<'a> {
    key: &'a PersonKey,
    room: Vec<u8>,
}

impl PersonKey {
    pub(super) fn new(owner: UserId, sealer: Option<Sealer>, damage: Arc<Damage>) -> Self {
        Self { owner, sealer, damage }
    }

    /// Whose it is.
    pub fn owner(&self) -> UserId {
        self.owner
    }

    /// Seals a text for its place.
    ///
    /// # Errors
    /// `Internal`: no randomness, or this is a key that only reads.
    pub fn seal(&self, spot: Spot<'_>, text: &str) -> Result<Vec<u8>> {
        let sealer =
            self.sealer.as_ref().ok_or_else(|| Error::Internal("sealing without a key".to_owned()))?;
        sealer
            .seal(text.as_bytes(), self.place(spot))
            .map_err(|error| Error::internal("sealing a text", error))
    }

    pub fn reader(&self) -> Reader<'_> {
        Reader { key: self, room: Vec::new() }
    }

    fn place<'a>(&'a self, spot: Spot<'a>) -> Place<'a> {
        Place { table: spot.table, column: spot.column, row: spot.row, owner: self.owner.0.as_bytes() }
    }
}

impl Reader<'_> {
    /// The text of a record. None is a record that should be there.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn open(&mut self, spot: Spot<'_>, record: Option<Vec<u8>>) -> Result<String, Damaged> {
        let key = self.key;
        let opened = match (&key.sealer, record) {
            (Some(sealer), Some(record)) => sealer.open_in_place(record, key.place(spot), &mut self.room),
            (None, _) => Err(SealError::UnknownKey),
            (_, None) => Err(SealError::Malformed),
        };
        let text = opened.and_then(|text| String::from_utf8(text).map_err(|_| SealError::Malformed));
        text.map_err(|error| {
            key.damage.tell(spot.table, spot.column, spot.id, error);
            Damaged
        })
    }
}

/// Tells of each damaged record once, however often it is read.
#[derive(Default)]
pub(super) struct Damage(Mutex<HashSet<(&'static str, Uuid)>>);

impl Damage {
    pub(super) fn tell(&self, table: &'static str, column: &'static str, id: Uuid, error: SealError) {
        metrics::counter!(telemetry::DAMAGED_RECORDS, "table" => table).increment(1);
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST_TOLD {
            told.clear();
        }
        if told.insert((table, id)) {
            tracing::error!(table, column, row = %id, reason = %error, "a sealed record does not open");
        }
    }
}
