//! How many connections there are at once, in all and of one peer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::{Borders, Connections};

/// A clone is another handle to the same places.
#[derive(Clone)]
pub(super) struct Places {
    limits: Connections,
    borders: Arc<Borders>,
    taken: Arc<Mutex<Taken>>,
}

/// Never more entries than connections.
#[derive(Default)]
struct Taken {
    in_all: usize,
    of_one: HashMap<IpAddr, usize>,
}

/// Held as long as the connection lasts, as a socket too.
pub(super) struct Place {
    places: Places,
    /// None: without a limit of its own.
    peer: Option<IpAddr>,
}

impl Places {
    pub(super) fn new(limits: Connections, borders: Arc<Borders>) -> Self {
        Self { limits, borders, taken: Arc::default() }
    }

    /// None: there are as many as there may be.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        // Behind these are many people, and who is on this machine can do worse.
        let is_shared =
            address.is_loopback() || self.borders.proxies.iter().any(|net| net.contains(&address));
        let peer = (!is_shared).then(|| network(address));
        let mut taken = self.taken();
        if taken.in_all >= self.limits.in_all {
            return refused("connections");
        }
        if let Some(peer) = peer {
            let count = taken.of_one.entry(peer).or_default();
            if *count >= self.limits.of_one {
                return refused("connections_of_one");
            }
            *count += 1;
        }
        taken.in_all += 1;
        metrics::gauge!(crate::telemetry::ACTIVE_CONNECTIONS).increment(1.0);
        drop(taken);
        Some(Place { places: self.clone(), peer })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(limit: &'static str) -> Option<Place> {
    metrics::counter!(crate::telemetry::RATE_LIMIT_HITS, "limit" => limit).increment(1);
    None
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.in_all = taken.in_all.saturating_sub(1);
        if let Some(peer) = self.peer
            && let Some(count) = taken.of_one.get_mut(&peer)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.of_one.remove(&peer);
            }
        }
        drop(taken);
        metrics::gauge!(crate::telemetry::ACTIVE_CONNECTIONS).decrement(1.0);
    }
}

/// What one customer of a provider has at least: an IPv4 address, an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(in_all: usize, of_one: usize) -> Places {
        let borders = Borders {
            origins: Vec::new(),
            hosts: Vec::new(),
            proxies: vec!["192.0.2.0/24".parse().unwrap()],
            only_through_proxies: false,
        };
        Places::new(Connections { in_all, of_one }, Arc::new(borders))
    }

    fn count(places: &Places, addresses: &[&str]) -> (usize, Vec<Place>) {
        let held: Vec<Place> =
            addresses.iter().filter_map(|address| places.take(address.parse().unwrap())).collect();
        (held.len(), held)
    }

    #[test]
    fn one_peer_cannot_take_all_places() {
        let places = places(10, 2);
        let (_, _held) = count(&places, &["203.0.113.7"; 5]);
        assert_eq!(count(&places, &["203.0.113.7", "::ffff:203.0.113.7"]).0, 0);
        assert_eq!(count(&places, &["203.0.113.8", "203.0.113.8", "203.0.113.8"]).0, 2);
        assert_eq!(
            count(&places, &["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1"]).0,
            3
        );
    }

    #[test]
    fn a_proxy_and_this_machine_may_take_all_but_not_more() {
        for address in ["127.0.0.1", "::1", "192.0.2.9", "::ffff:192.0.2.9"] {
            assert_eq!(count(&places(10, 2), &[address; 12]).0, 10, "{address}");
        }
    }

    #[test]
    fn a_place_that_is_left_is_free_again_and_forgotten() {
        let places = places(3, 2);
        for _ in 0..5 {
            assert_eq!(count(&places, &["203.0.113.7"; 4]).0, 2);
        }
        let taken = places.taken();
        assert_eq!((taken.in_all, taken.of_one.len()), (0, 0));
    }
}
