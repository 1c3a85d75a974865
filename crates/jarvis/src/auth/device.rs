//! From where somebody signs in: what they are shown of it in the list of their devices, and by what it is known again.

mod name;

use std::net::IpAddr;

use http::HeaderMap;
use http::header::USER_AGENT;
use jarvis_crypto::TokenHash;

use super::Cookies;
use super::limits::Source;

pub(super) use name::plain_name;

/// A browser or a program that signs in.
#[derive(Debug, Clone)]
pub struct Device {
    /// At most [`Device::AGENT_MAX`] characters of `User-Agent`.
    pub agent: String,
    pub address: IpAddr,
    /// What its mark hashes to, if it has been here before.
    pub(super) mark: Option<TokenHash>,
    /// A browser, which keeps a mark that it is given.
    pub(super) keeps_marks: bool,
}

impl Device {
    /// Characters kept of `User-Agent`.
    pub const AGENT_MAX: usize = 200;

    /// What a request says of where it comes from.
    pub fn of(headers: &HeaderMap, address: IpAddr, cookies: Cookies) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            agent: agent.chars().take(Self::AGENT_MAX).collect(),
            address,
            mark: cookies.mark(headers).map(|mark| mark.hash()),
            // Every browser says it, and programs have no use for a mark.
            keeps_marks: headers.contains_key("sec-fetch-site"),
        }
    }

    /// What its mark hashes to.
    pub fn mark(&self) -> Option<TokenHash> {
        self.mark
    }

    pub(super) fn source(&self) -> Source<'_> {
        Source { address: self.address, mark: self.mark.as_ref() }
    }
}

/// An address as its owner recognises it and nobody finds them by it: without the last octet, or past the first 48 bits.
pub(super) fn masked(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.x")
        }
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:x")
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_found_by_a_masked_address() {
        for (address, shown) in [
            ("192.0.2.77", "192.0.2.x"),
            ("::ffff:192.0.2.77", "192.0.2.x"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:x"),
            ("::1", "0:0:0:x"),
            ("", ""),
            ("<b>", ""),
        ] {
            assert_eq!(masked(address), shown);
        }
    }
}
