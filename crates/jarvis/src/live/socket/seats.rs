//! How many sockets each person has open, and how many wait to say whose they are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ids::UserId;
use crate::rates::household;

/// Sockets that have not said yet who they are.
const DOORSTEP: usize = 256;
/// Of these, of one address (IPv6: one /64), so that one stranger cannot keep everybody else outside.
const DOORSTEP_OF_ONE: usize = 16;

/// Counts open sockets by person and refuses those over the limit.
#[derive(Clone)]
pub struct Seats {
    doorstep: Arc<Mutex<Doorstep>>,
    limit: usize,
    taken: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// Never more entries than sockets that wait.
#[derive(Default)]
struct Doorstep {
    in_all: usize,
    of_one: HashMap<u128, usize>,
}

/// One socket that has yet to sign in; its place is free again when this is dropped.
pub(super) struct Waiting {
    seats: Seats,
    /// None: without a limit of its own.
    household: Option<u128>,
}

/// One open socket; given back when dropped.
pub(super) struct Seat {
    user: UserId,
    seats: Seats,
}

impl Seats {
    /// `limit`: sockets of one person.
    pub fn new(limit: usize) -> Self {
        Self { doorstep: Arc::default(), limit, taken: Arc::default() }
    }

    /// A place for a socket that has yet to sign in; None when too many wait there, in all or of this client's address.
    pub(super) fn wait(&self, address: IpAddr) -> Option<Waiting> {
        // A proxy that nobody listed makes everybody look local, and who is on this machine can do worse.
        let household = (!address.to_canonical().is_loopback()).then(|| household(address));
        let mut doorstep = self.doorstep();
        if doorstep.in_all >= DOORSTEP {
            return None;
        }
        if let Some(household) = household {
            let count = doorstep.of_one.entry(household).or_default();
            if *count >= DOORSTEP_OF_ONE {
                return None;
            }
            *count += 1;
        }
        doorstep.in_all += 1;
        Some(Waiting { seats: self.clone(), household })
    }

    fn doorstep(&self) -> MutexGuard<'_, Doorstep> {
        self.doorstep.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut doorstep = self.seats.doorstep();
        doorstep.in_all = doorstep.in_all.saturating_sub(1);
        if let Some(household) = self.household
            && let Some(count) = doorstep.of_one.get_mut(&household)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                doorstep.of_one.remove(&household);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(seats: &Seats, address: &str, times: usize) -> Vec<Waiting> {
        (0..times).filter_map(|_| seats.wait(address.parse().unwrap())).collect()
    }

    #[test]
    fn one_address_cannot_take_every_place_of_those_that_have_not_signed_in() {
        let seats = Seats::new(1);
        for addresses in [["203.0.113.7", "::ffff:203.0.113.7"], ["2001:db8::1", "2001:db8::ffff:2"]] {
            let held = wait(&seats, addresses[0], 100);
            assert_eq!((held.len(), wait(&seats, addresses[1], 1).len()), (16, 0), "{addresses:?}");
            assert_eq!(wait(&seats, "203.0.113.8", 1).len(), 1);
            assert_eq!(wait(&seats, "2001:db8:0:1::1", 1).len(), 1);
        }
    }

    #[test]
    fn all_together_are_no_more_than_there_are_places() {
        let seats = Seats::new(1);
        let held: Vec<_> = (0..30).flat_map(|n| wait(&seats, &format!("203.0.113.{n}"), 16)).collect();
        assert_eq!((held.len(), wait(&seats, "198.51.100.1", 1).len()), (256, 0));
        assert_eq!(wait(&seats, "127.0.0.1", 1).len(), 0);
        drop(held);
        assert_eq!(wait(&seats, "127.0.0.1", 300).len(), 256);
        let doorstep = seats.doorstep();
        assert_eq!((doorstep.in_all, doorstep.of_one.len()), (0, 0));
    }
}
