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
const SIGNS: [HeaderName; 6] =
    [FORWARDED, VIA, X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST, X_REAL_IP];

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
