//! What must be true of every request, and what every answer says to the browser.

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION,
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST,
    HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    TRANSFER_ENCODING, UPGRADE, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::uri::Authority;
use http::{Method, StatusCode, Version};

use crate::config::{Borders, is_loopback_host};
use crate::error::Error;
use crate::http::client::Caller;

/// The page loads only what this server serves, runs no inline script and writes no markup from text.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);
const API_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Only the microphone, one speaks to Jarvis, and passkeys are used.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), display-capture=(), \
     encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), \
     local-fonts=(), magnetometer=(), microphone=(self), midi=(), payment=(), picture-in-picture=(), \
     publickey-credentials-create=(self), publickey-credentials-get=(self), screen-wake-lock=(), serial=(), \
     storage-access=(), usb=(), web-share=(), window-management=(), xr-spatial-tracking=()",
);

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Some frameworks let these turn a harmless method into another; we do not, and a client that tries is refused
/// rather than misunderstood by something in between.
const METHOD_OVERRIDES: [&str; 3] = ["x-http-method", "x-http-method-override", "x-method-override"];

const CORS_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, OPTIONS");
const CORS_HEADERS: HeaderValue =
    HeaderValue::from_static("Content-Type, Authorization, Accept, Origin, Idempotency-Key");
/// For a year, and for every name below: what ASVS 3.4.1 asks for.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");
/// Seconds a browser keeps the answer to a preflight.
const CORS_MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// What the way back needs to know of the request.
#[derive(Default)]
pub struct WayBack {
    /// The answer depends on the origin.
    by_origin: bool,
    /// The origin that may read the answer.
    reader: Option<HeaderValue>,
    /// The browser is to come by https from now on.
    strict_transport: bool,
}

/// The way in, in this order. None: the request may pass; else this is the answer to it.
pub fn enter(borders: &Borders, request: &mut Request, back: &mut WayBack) -> Option<Response> {
    shape(request)
        .or_else(|| caller(borders, request, back))
        .or_else(|| hosts(borders, request))
        .or_else(|| cors(borders, request, back))
        .or_else(|| origins(borders, request))
}

/// Puts the security headers on an answer, refusals included; those that a handler set stay.
pub fn headers(response: &mut Response) {
    let kept = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    // A 304 changes the headers of what the browser has kept (RFC 9111 section 3.2): that has its policy already.
    if !kept {
        let policy = if is_page(headers) { PAGE_POLICY } else { API_POLICY };
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}

/// Scripts count: a worker is governed by the policy of its own file.
fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    kind.starts_with(b"text/html") || kind.starts_with(b"text/javascript")
}

/// Refuses what only an attack, a proxy or a misunderstanding sends, and hangs up: what follows on such a connection
/// may not be what the other side takes it for.
fn shape(request: &Request) -> Option<Response> {
    let error = oddity(request)?;
    let mut response = ([(CONNECTION, HeaderValue::from_static("close"))], error).into_response();
    // A 405 says what would be allowed (RFC 9110, section 15.5.6): a route knows it of itself, what is none has files at most.
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && request.extensions().get::<MatchedPath>().is_none()
    {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    Some(response)
}

fn oddity(request: &Request) -> Option<Error> {
    let headers = request.headers();
    let detail = if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return Some(Error::MethodNotAllowed);
    // HTTP/2 always names scheme and authority; in HTTP/1 only a request to a proxy does (RFC 9112 section 3.2.2).
    } else if request.version() <= Version::HTTP_11 && request.uri().authority().is_some() {
        "The request line must hold a path, not an absolute address."
    } else if headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING) {
        "A request has Content-Length or Transfer-Encoding, never both."
    } else if METHOD_OVERRIDES.iter().any(|name| headers.contains_key(*name)) {
        "The method of a request cannot be overridden by a header."
    } else {
        return None;
    };
    Some(Error::BadRequest { detail })
}

/// Finds out who calls, for everything that asks later.
fn caller(borders: &Borders, request: &mut Request, back: &mut WayBack) -> Option<Response> {
    match Caller::find(borders, request) {
        Ok(caller) => {
            // A browser that hears it on `localhost` would refuse every other program's plain http there.
            let is_named = |authority: Authority| !is_loopback_host(authority.host());
            back.strict_transport = caller.https && authority(request).is_some_and(is_named);
            request.extensions_mut().insert(caller);
            None
        }
        Err(error) => Some(error.into_response()),
    }
}

/// Answers only to our own names: a foreign name that resolves to this machine (DNS rebinding) gets nothing.
fn hosts(borders: &Borders, request: &Request) -> Option<Response> {
    let is_ours = authority(request).is_some_and(|authority| is_trusted(borders, &authority));
    (!is_ours).then(|| Error::HostRefused.into_response())
}

fn is_trusted(borders: &Borders, authority: &Authority) -> bool {
    borders.hosts.iter().any(|host| host.eq_ignore_ascii_case(authority.host()))
}

/// The one name the request was sent to: `Host`, or `:authority` in HTTP/2. None when there is none, when there
/// are two, or when it is more than a host and a port.
fn authority(request: &Request) -> Option<Authority> {
    let mut named = request.headers().get_all(HOST).iter();
    let host = named.next().map(|value| Authority::try_from(value.as_bytes()));
    if named.next().is_some() {
        return None;
    }
    let authority = match (host.transpose().ok()?, request.uri().authority()) {
        (Some(host), None) => host,
        (None, Some(authority)) => authority.clone(),
        (Some(host), Some(authority)) => Some(host).filter(|host| host == authority)?,
        (None, None) => return None,
    };
    let port = authority.as_str().strip_prefix(authority.host())?;
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    (port.is_empty() || is_port(port)).then_some(authority)
}

/// Lets the listed origins read answers, and answers preflights (Fetch standard, section 3.3).
fn cors(borders: &Borders, request: &Request, back: &mut WayBack) -> Option<Response> {
    back.by_origin = true;
    back.reader = request.headers().get(ORIGIN).filter(|origin| is_listed(borders, origin)).cloned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    is_preflight.then(|| match back.reader {
        Some(_) => preflight(),
        None => Error::OriginRefused.into_response(),
    })
}

impl WayBack {
    /// Says who may read the answer, and how to come back.
    pub fn leave(self, headers: &mut HeaderMap) {
        if self.by_origin {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = self.reader {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if self.strict_transport {
            headers.insert(STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
        }
    }
}

fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, CORS_METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, CORS_HEADERS),
        (ACCESS_CONTROL_MAX_AGE, CORS_MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Refuses what another site makes a browser send: a change that carries our cookies, a form that would sign the
/// visitor in, a socket.
fn origins(borders: &Borders, request: &Request) -> Option<Response> {
    (needs_proof(request) && !is_from_us(borders, request)).then(|| Error::OriginRefused.into_response())
}

/// A foreign page can attach cookies and its `Origin`, and a browser says where it comes from; but no page can attach a bearer
/// token without a preflight.
fn needs_proof(request: &Request) -> bool {
    let headers = request.headers();
    let (cookie, origin) = (headers.contains_key(COOKIE), headers.contains_key(ORIGIN));
    if is_socket(request) {
        return cookie || origin;
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let bearer = headers.get(AUTHORIZATION).is_some_and(|value| {
        value.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
    });
    let foreign = headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none");
    !is_safe && (cookie || ((origin || foreign) && !bearer))
}

fn is_socket(request: &Request) -> bool {
    request.headers().get_all(UPGRADE).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|name| name.trim_ascii().eq_ignore_ascii_case(b"websocket"))
    })
}

fn is_from_us(borders: &Borders, request: &Request) -> bool {
    let mut origins = request.headers().get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        // Any sandboxed page is `null`.
        (Some(origin), None) if origin != "null" => {
            is_listed(borders, origin) || is_own(borders, request, origin) || is_same_site(request)
        }
        (None, None) => is_same_site(request),
        _ => false,
    }
}

/// The browser's own word, which no page can set; sent to https and loopback addresses.
fn is_same_site(request: &Request) -> bool {
    let mut sites = request.headers().get_all(SEC_FETCH_SITE).iter();
    sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none()
}

fn is_listed(borders: &Borders, origin: &HeaderValue) -> bool {
    borders.origins.iter().any(|listed| origin == listed.as_str())
}

/// Whether the origin is the very address the request was sent to. Behind a proxy with TLS that is not a listed one, the
/// public address is listed among the origins, and browsers say `same-origin`.
fn is_own(borders: &Borders, request: &Request, origin: &HeaderValue) -> bool {
    let scheme: &[u8] = if Caller::of(request.extensions()).https { b"https://" } else { b"http://" };
    authority(request).is_some_and(|authority| {
        is_trusted(borders, &authority)
            && origin.as_bytes().strip_prefix(scheme) == Some(authority.as_str().as_bytes())
    })
}

#[cfg(test)]
mod tests;
