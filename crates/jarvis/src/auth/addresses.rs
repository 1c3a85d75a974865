//! From where a key may be used.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::error::{Error, Result};

/// Networks of one list.
const MAX: usize = 20;
/// Bits of an IPv6 network within which IPv4 addresses are written as IPv6 (RFC 4291, 2.5.5.2).
const MAPPED: u8 = 96;

/// A list of networks; an empty one allows every address. IPv4 written as IPv6 is IPv4 here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses(Vec<IpNet>);

impl Addresses {
    /// Networks (`192.0.2.0/24`) and single addresses, as a person wrote them. Bits behind the prefix are cut off.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `addresses`.
    pub fn parse(texts: &[String]) -> Result<Self> {
        if texts.len() > MAX {
            let detail = format!("A list has at most {MAX} networks.");
            return Err(Error::invalid("addresses", "too_many", detail));
        }
        let mut networks = Vec::with_capacity(texts.len());
        for text in texts {
            let network = network(text).ok_or_else(|| {
                let detail =
                    "An address or a network is written as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.";
                Error::invalid("addresses", "address_invalid", detail)
            })?;
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        Ok(Self(networks))
    }

    /// What [`Addresses::stored`] gave. One that cannot be read allows nothing: see [`Addresses::allow`].
    pub(super) fn from_stored(text: &str) -> Option<Self> {
        text.split_whitespace().map(network).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The networks with a space between them.
    pub(super) fn stored(&self) -> String {
        self.texts().join(" ")
    }

    /// The networks as they are shown.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Whether a caller from this address is let in. An address that nobody knows is in no list.
    pub fn allow(&self, caller: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || caller.is_some_and(|caller| {
                let caller = caller.to_canonical();
                self.0.iter().any(|network| network.contains(&caller))
            })
    }
}

/// A network in the one form in which networks are compared.
fn network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse::<IpNet>().ok()?,
    };
    let canonical = match (network, network.addr().to_canonical()) {
        (IpNet::V6(_), IpAddr::V4(address)) => {
            // A wider network than all of IPv4 is not one of IPv4; it is kept out rather than guessed at.
            let bits = network.prefix_len().checked_sub(MAPPED)?;
            IpNet::V4(Ipv4Net::new(address, bits).ok()?)
        }
        _ => network,
    };
    Some(canonical.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Addresses {
        Addresses::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn allows(texts: &[&str], caller: &str) -> bool {
        list(texts).allow(Some(caller.parse().unwrap()))
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        assert!(allows(&["192.0.2.0/24"], "192.0.2.255"));
        assert!(!allows(&["192.0.2.0/24"], "192.0.3.0"));
        assert!(allows(&["192.0.2.7"], "192.0.2.7"));
        assert!(!allows(&["192.0.2.7"], "192.0.2.8"));
        assert!(allows(&["10.0.0.0/8", "2001:db8::/32"], "2001:db8:ffff::1"));
        assert!(!allows(&["2001:db8::/32"], "2001:db9::1"));
        assert!(!allows(&["0.0.0.0/0"], "::1"));
        assert!(!allows(&["::/0"], "192.0.2.7"));
    }

    #[test]
    fn ipv4_written_as_ipv6_is_ipv4_on_both_sides() {
        assert!(allows(&["192.0.2.0/24"], "::ffff:192.0.2.7"));
        assert!(allows(&["::ffff:192.0.2.0/120"], "192.0.2.7"));
        assert!(!allows(&["::ffff:192.0.2.0/120"], "192.0.3.7"));
        assert_eq!(list(&["::ffff:192.0.2.7"]).texts(), ["192.0.2.7/32"]);
    }

    #[test]
    fn an_empty_list_allows_everybody_and_a_full_one_nobody_unknown() {
        assert!(Addresses::default().allow(None));
        assert!(!list(&["0.0.0.0/0", "::/0"]).allow(None));
    }

    #[test]
    fn bits_behind_the_prefix_are_cut_off_and_doubles_too() {
        let addresses = list(&["192.0.2.77/24", "192.0.2.0/24", "2001:DB8::1/32"]);
        assert_eq!(addresses.texts(), ["192.0.2.0/24", "2001:db8::/32"]);
        assert_eq!(Addresses::from_stored(&addresses.stored()), Some(addresses));
        assert_eq!(Addresses::from_stored(""), Some(Addresses::default()));
        assert_eq!(Addresses::from_stored("192.0.2.0/24 rubbish"), None);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "",
            " ",
            "localhost",
            "192.0.2",
            "192.0.2.0/33",
            "192.0.2.0/-1",
            "192.0.2.0/",
            "0xC0000207",
            "1",
            "010.0.0.1",
            "192.0.2.0/24 ",
            "fe80::1%eth0",
            "::ffff:192.0.2.0/24",
            "2001:db8::/129",
            "192.0.2.0/24,10.0.0.0/8",
            "a\0b",
        ] {
            assert!(Addresses::parse(&[bad.to_owned()]).is_err(), "{bad:?}");
        }
        assert!(Addresses::parse(&vec!["10.0.0.1".to_owned(); MAX + 1]).is_err());
    }
}
