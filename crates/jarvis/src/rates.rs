//! How often: allowances that come back with time, counted in this process.
//!
//! Three of them. *Messages* of a person, by whichever way they come; *everything else* that somebody signed in asks for; and what
//! *strangers* ask for, by address. Each is a GCRA (see [`gcra`]) in a [`table`] of fixed size. A few tens of nanoseconds each, no
//! allocation, and no lock that is held across an `await`.

mod gcra;
mod table;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::RateLimits;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::telemetry;
use table::{Holder, Table};

pub use gcra::{Outcome, Quota, Standing};

const MINUTE: Duration = Duration::from_secs(60);
/// People whose allowances are kept; 393 KB for each of their two.
const PEOPLE: usize = 16_384;
/// Addresses whose allowances are kept: 3.1 MB, touched as they come.
const ADDRESSES: usize = 131_072;
/// What is asked of IPv6: who has one address has all of its /64 (RFC 6177).
const NETWORK: u128 = !0 << 64;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Messages of one person, each of which a model answers.
    Messages,
    /// All requests of one person.
    Requests,
    /// Requests of one address that does not say who it is.
    Anonymous,
}

impl Limit {
    /// As in metrics and in the `RateLimit` header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Requests => "requests",
            Self::Anonymous => "anonymous",
        }
    }
}

/// Whose allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Person(UserId),
    Address(IpAddr),
}

impl Caller {
    fn holder(self) -> Holder {
        match self {
            Self::Person(UserId(id)) => id.as_u128().into(),
            Self::Address(address) => household(address).into(),
        }
    }
}

/// What one customer of a provider has at least, as a number: an IPv4 address, however it is written, or an IPv6 /64.
pub fn household(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() & NETWORK,
    }
}

/// All allowances. A clone is another handle to the same.
#[derive(Clone)]
pub struct Rates(Option<Arc<Counted>>);

struct Counted {
    clock: Clock,
    messages: Table,
    requests: Table,
    anonymous: Table,
}

impl Rates {
    /// None: everything is allowed (tests and benchmarks).
    pub fn new(limits: Option<&RateLimits>, clock: Clock) -> Self {
        Self(limits.map(|limits| {
            let table = |count, holders| Table::new(Quota::new(count, MINUTE), holders);
            Arc::new(Counted {
                clock,
                messages: table(limits.messages, PEOPLE),
                requests: table(limits.requests, PEOPLE),
                anonymous: table(limits.anonymous, ADDRESSES),
            })
        }))
    }

    /// Counts one of `limit` against the caller. None where nothing is limited.
    ///
    /// # Errors
    /// `RateLimited` when nothing is left; nothing is counted then.
    pub fn take(&self, limit: Limit, caller: Caller) -> Result<Option<Standing>> {
        let Some(counted) = &self.0 else { return Ok(None) };
        match counted.table(limit).take(caller.holder(), counted.clock.now()) {
            Outcome::Granted { standing, .. } => Ok(Some(standing)),
            Outcome::Refused { retry_after, .. } => {
                metrics::counter!(telemetry::RATE_LIMIT_HITS, "limit" => limit.name()).increment(1);
                Err(Error::RateLimited { retry_after: retry_after.unwrap_or(MINUTE) })
            }
        }
    }

    /// Counts a message of a person. It is given back when the [`Taken`] is dropped before it was used.
    ///
    /// # Errors
    /// As [`Rates::take`].
    pub fn message(&self, user: UserId) -> Result<Taken> {
        let caller = Caller::Person(user);
        self.take(Limit::Messages, caller)?;
        Ok(Taken { rates: self.clone(), caller, used: false })
    }

    /// What is left of an allowance, and the whole of it. None where nothing is limited.
    pub fn standing(&self, limit: Limit, caller: Caller) -> Option<(Standing, Quota)> {
        let counted = self.0.as_ref()?;
        let table = counted.table(limit);
        Some((table.standing(caller.holder(), counted.clock.now()), table.quota()))
    }

    fn give_back(&self, limit: Limit, caller: Caller) {
        if let Some(counted) = &self.0 {
            counted.table(limit).give_back(caller.holder(), counted.clock.now());
        }
    }
}

impl Counted {
    fn table(&self, limit: Limit) -> &Table {
        match limit {
            Limit::Messages => &self.messages,
            Limit::Requests => &self.requests,
            Limit::Anonymous => &self.anonymous,
        }
    }
}

/// A message that was counted.
#[must_use = "dropped, it is given back"]
pub struct Taken {
    rates: Rates,
    caller: Caller,
    used: bool,
}

impl Taken {
    /// The message was accepted.
    pub fn used(mut self) {
        self.used = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.used {
            self.rates.give_back(Limit::Messages, self.caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn rates(clock: &Clock) -> Rates {
        Rates::new(Some(&RateLimits { messages: 2, requests: 3, anonymous: 1 }), clock.clone())
    }

    fn clock() -> Clock {
        Clock::fixed(Timestamp::from_micros(1_795_000_000_000_000))
    }

    #[test]
    fn each_allowance_is_its_own() {
        let rates = rates(&clock());
        let (ada, bob) = (Caller::Person(UserId::new()), Caller::Person(UserId::new()));
        for who in [ada, bob] {
            assert!((0..3).all(|_| rates.take(Limit::Requests, who).is_ok()));
            assert!(rates.take(Limit::Requests, who).is_err());
            assert!((0..2).all(|_| rates.take(Limit::Messages, who).is_ok()));
            assert!(rates.take(Limit::Messages, who).is_err());
        }
    }

    #[test]
    fn an_address_of_ipv4_counts_for_itself_and_one_of_ipv6_for_its_network() {
        let rates = rates(&clock());
        let take = |text: &str| {
            let caller = Caller::Address(text.parse().unwrap());
            rates.take(Limit::Anonymous, caller).is_ok()
        };
        assert!(take("192.0.2.1") && take("192.0.2.2") && !take("192.0.2.1"));
        // The same address, written as IPv6.
        assert!(!take("::ffff:192.0.2.2"));
        assert!(take("2001:db8::1") && !take("2001:db8::2") && !take("2001:db8:0:0:ffff::"));
        assert!(take("2001:db8:0:1::1"));
    }

    #[test]
    fn a_message_that_was_not_used_is_given_back() {
        let rates = rates(&clock());
        let ada = UserId::new();
        for _ in 0..5 {
            drop(rates.message(ada).unwrap());
        }
        rates.message(ada).unwrap().used();
        rates.message(ada).unwrap().used();
        assert!(rates.message(ada).is_err());
    }

    #[test]
    fn where_nothing_is_limited_everything_passes() {
        let rates = Rates::new(None, clock());
        let ada = Caller::Person(UserId::new());
        assert!((0..10_000).all(|_| matches!(rates.take(Limit::Messages, ada), Ok(None))));
        assert!(rates.standing(Limit::Messages, ada).is_none());
    }

    #[test]
    fn time_brings_it_back() {
        let clock = clock();
        let rates = rates(&clock);
        let ada = Caller::Person(UserId::new());
        assert!((0..2).all(|_| rates.take(Limit::Messages, ada).is_ok()));
        let Err(Error::RateLimited { retry_after }) = rates.take(Limit::Messages, ada) else { panic!() };
        assert_eq!(retry_after, Duration::from_secs(30));
        clock.advance(retry_after);
        assert!(rates.take(Limit::Messages, ada).is_ok() && rates.take(Limit::Messages, ada).is_err());
    }
}
