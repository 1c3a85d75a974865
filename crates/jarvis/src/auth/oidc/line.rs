//! Asking a provider over HTTP: time and size are bounded, certificates checked, no redirect followed.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::{Host, Url};

use crate::error::{Error, Result};

/// From the first byte sent to the last one read.
const WAIT: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(4);
/// Bytes of an answer. The largest, a set of keys with their certificates, has some ten thousand.
const LARGEST: usize = 256 * 1024;

/// Why there is no answer. Never shown to anybody but the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("{0} is not an address to ask: https, or http on this machine where the issuer is")]
    Address(String),
    #[error("more than {LARGEST} bytes")]
    TooLong,
    #[error("status {0}")]
    Status(u16),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Form(#[from] openidconnect::http::Error),
}

/// The way to one provider; clones share their connections.
#[derive(Clone)]
pub(super) struct Line {
    client: reqwest::Client,
    /// The issuer is plain http on this machine, and so may be what it names.
    local: bool,
}

impl Line {
    /// Connects to nothing.
    pub(super) fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("jarvis/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(WAIT)
            // Another address than the configured one is another provider.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| Error::internal("HTTP client", error))?;
        Ok(Self { client, local: false })
    }

    /// The same client, for a provider with this issuer.
    pub(super) fn to(&self, issuer: &Url) -> Self {
        Self { client: self.client.clone(), local: issuer.scheme() == "http" && is_loopback(issuer) }
    }

    /// Whether the provider may send us, or a person's browser, there: https, or this machine.
    pub(super) fn may_lead(&self, url: &Url) -> bool {
        may_be_asked(url, self.local)
    }

    /// Sends a request and reads all of the answer.
    pub(super) async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let address = request.uri().to_string();
        if !Url::parse(&address).is_ok_and(|url| self.may_lead(&url)) {
            return Err(NoAnswer::Address(address));
        }
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))?;
        let mut response = self.client.execute(request).await?;
        if response.status().is_server_error() {
            return Err(NoAnswer::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len().saturating_add(chunk.len()) > LARGEST {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = openidconnect::http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        Ok(answer)
    }
}

/// The library asks through it.
impl<'c> AsyncHttpClient<'c> for Line {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let line = self.clone();
        Box::pin(async move { line.ask(request).await })
    }
}

fn may_be_asked(url: &Url, local: bool) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => local && is_loopback(url),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_asked() {
        for (address, remote, local) in [
            ("https://id.example/token", true, true),
            ("http://127.0.0.1:5556/token", false, true),
            ("http://[::1]/token", false, true),
            ("http://localhost/token", false, true),
            ("http://id.example/token", false, false),
            ("http://localhost.id.example/token", false, false),
            ("http://169.254.169.254/latest", false, false),
            ("javascript:alert(1)", false, false),
            ("data:text/html,x", false, false),
            ("file:///etc/passwd", false, false),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!((may_be_asked(&url, false), may_be_asked(&url, true)), (remote, local), "{address}");
        }
    }
}
