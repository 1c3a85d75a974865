//! How many sockets each person has open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ids::UserId;

/// Sockets that have not said yet who they are.
const DOORSTEP: usize = 256;

/// Counts open sockets by person and refuses those over the limit.
#[derive(Clone)]
pub struct Seats {
    doorstep: Arc<Semaphore>,
    limit: usize,
    taken: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// One open socket; given back when dropped.
pub(super) struct Seat {
    user: UserId,
    seats: Seats,
}

impl Seats {
    /// `limit`: sockets of one person.
    pub fn new(limit: usize) -> Self {
        Self { doorstep: Arc::new(Semaphore::new(DOORSTEP)), limit, taken: Arc::default() }
    }

    /// A place for a socket that has yet to sign in; None when too many wait there.
    pub(super) fn wait(&self) -> Option<SemaphorePermit<'_>> {
        self.doorstep.try_acquire().ok()
    }

    pub(super) fn take(&self, user: UserId) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = taken.entry(user).or_insert(0);
        if *mine >= self.limit {
            return None;
        }
        *mine += 1;
        Some(Seat { user, seats: self.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = taken.get_mut(&self.user) {
            *mine -= 1;
            if *mine == 0 {
                taken.remove(&self.user);
            }
        }
    }
}
