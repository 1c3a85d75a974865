//! Who is at the other end: the address a request came from, and whether it came by TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{FromRequestParts, Request};
use http::header::{FORWARDED, VIA};
use http::request::Parts;
use http::{Extensions, HeaderName};

use super::forwarded;
use crate::config::Borders;
use crate::error::{Error, Forbidden, Result};

pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Signs that a request was passed on by somebody, true or not.
const SIGNS: [HeaderName; 13] = [
    FORWARDED,
    VIA,
    X_FORWARDED_FOR,
    X_FORWARDED_PROTO,
    X_FORWARDED_HOST,
    X_REAL_IP,
    HeaderName::from_static("x-forwarded"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-original-forwarded-for"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("cf-connecting-ip"),
];

/// The other end of a connection; the listener puts it in each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    /// Whether it speaks TLS with us.
    pub tls: bool,
}

/// Who made the request, as far as we know.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// IPv4 written as IPv6 counts as IPv4.
    pub address: IpAddr,
    /// Whether the caller used https, with us or with a proxy that we trust.
    pub https: bool,
    /// On this machine, without anybody between: a proxy here makes everybody look local.
    pub is_local: bool,
}

impl Caller {
    /// The peer; or, when that is one of the listed proxies, the one it speaks for (security decision 11). What anybody else says of
    /// being a proxy is not looked at.
    ///
    /// # Errors
    /// `BadRequest` when a listed proxy says something unclear; `Forbidden` when the peer ought to come through one.
    pub(super) fn find(borders: &Borders, request: &Request) -> Result<Self> {
        let (address, tls) = match request.extensions().get::<Peer>() {
            Some(peer) => (peer.address.ip().to_canonical(), peer.tls),
            None => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), false),
        };
        let is_ours = |address: IpAddr| borders.proxies.iter().any(|network| network.contains(&address));
        if !is_ours(address) {
            if borders.only_through_proxies && !tls && !address.is_loopback() {
                return Err(Error::Forbidden(Forbidden::AroundProxy));
            }
            let is_passed_on = || SIGNS.iter().any(|name| request.headers().contains_key(name));
            return Ok(Self { address, https: tls, is_local: address.is_loopback() && !is_passed_on() });
        }
        let told = forwarded::told(request.headers(), is_ours).map_err(|_unclear| Error::BadRequest {
            detail: "The proxy's headers do not say clearly where this came from.",
        })?;
        Ok(Self {
            address: told.address.unwrap_or(address),
            https: told.https.unwrap_or(tls),
            is_local: false,
        })
    }

    /// Who made the request with these extensions: the stack puts it there.
    pub fn of(extensions: &Extensions) -> Self {
        let unknown = Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), https: false, is_local: false };
        extensions.get().copied().unwrap_or(unknown)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self::of(&parts.extensions))
    }
}

/// The caller's address.
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self::of(&parts.extensions))
    }
}

impl ClientAddress {
    /// Where the request with these extensions came from.
    pub fn of(extensions: &Extensions) -> Self {
        Self(Caller::of(extensions).address)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// The caller whom a request from `peer` with these headers has; None when it is refused.
    fn caller(peer: &str, tls: bool, headers: &[(&str, &str)]) -> Option<Caller> {
        let borders = Borders {
            origins: Vec::new(),
            hosts: Vec::new(),
            proxies: ["10.0.0.0/8", "::1/128", "2001:db8:1::/64"].map(|net| net.parse().unwrap()).to_vec(),
            only_through_proxies: true,
        };
        let mut request = Request::builder().extension(Peer { address: peer.parse().unwrap(), tls });
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Caller::find(&borders, &request.body(Body::empty()).unwrap()).ok()
    }

    const SAYS: [(&str, &str); 2] = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")];

    #[test]
    fn only_a_listed_peer_is_believed() {
        for peer in ["10.0.0.1:1", "[::1]:1", "[::ffff:10.0.0.1]:1", "[2001:db8:1::7]:1"] {
            let caller = caller(peer, false, &SAYS).unwrap();
            assert_eq!((caller.address.to_string().as_str(), caller.https), ("203.0.113.7", true), "{peer}");
        }
        for peer in ["11.0.0.1:1", "[::2]:1", "[::ffff:11.0.0.1]:1", "[2001:db8:1:1::7]:1"] {
            let caller = caller(peer, true, &SAYS).unwrap();
            let own: SocketAddr = peer.parse().unwrap();
            assert_eq!((caller.address, caller.https), (own.ip().to_canonical(), true), "{peer}");
        }
        assert!(!caller("127.0.0.1:1", false, &SAYS).unwrap().https);
    }

    #[test]
    fn plain_http_is_for_the_proxies_and_this_machine() {
        for peer in
            ["11.0.0.1:1", "192.168.1.2:1", "[::ffff:11.0.0.1]:1", "[fe80::1]:1", "[2001:db8:1:1::7]:1"]
        {
            assert!(caller(peer, false, &SAYS).is_none(), "{peer}");
            assert!(caller(peer, true, &SAYS).is_some(), "{peer}");
        }
        assert!(caller("127.0.0.1:1", false, &[]).is_some());
        assert!(caller("10.0.0.1:1", false, &[]).is_some());
    }

    #[test]
    fn what_was_passed_on_is_never_of_this_machine() {
        assert!(caller("127.0.0.1:1", false, &[]).unwrap().is_local);
        assert!(caller("[::ffff:127.0.0.1]:1", false, &[]).unwrap().is_local);
        for name in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "x-forwarded",
            "x-forwarded-port",
            "x-forwarded-server",
            "x-original-forwarded-for",
            "x-client-ip",
            "true-client-ip",
            "cf-connecting-ip",
        ] {
            assert!(!caller("127.0.0.1:1", false, &[(name, "127.0.0.1")]).unwrap().is_local, "{name}");
        }
        // A listed proxy on this machine, with or without a word.
        assert!(!caller("[::1]:1", false, &[]).unwrap().is_local);
        assert!(!caller("[::1]:1", false, &[("x-forwarded-for", "127.0.0.1")]).unwrap().is_local);
        assert!(!caller("11.0.0.1:1", true, &[("x-forwarded-for", "127.0.0.1")]).unwrap().is_local);
    }
}
