//! From where an attempt comes.

use std::net::IpAddr;

use jarvis_crypto::TokenHash;

/// An address, and the mark that a browser keeps which has been here before.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub address: IpAddr,
    pub mark: Option<&'a TokenHash>,
}

impl From<IpAddr> for Source<'_> {
    fn from(address: IpAddr) -> Self {
        Self { address, mark: None }
    }
}

/// What one customer of a provider has: an IPv4 /24, an IPv6 /64. IPv4 written as IPv6 counts as IPv4.
pub(super) fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().into_iter().take(3).collect(),
        IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_one_customer_has() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("192.0.2.1", "192.0.2.254"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.9"));
        assert!(same("2001:db8::1", "2001:db8:0:0:ffff::9"));
        assert!(!same("192.0.2.1", "192.0.3.1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
    }
}
