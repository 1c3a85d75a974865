//! The one HTTP client, and how its failures are classified.

use std::error::Error;
use std::time::Duration;

use http::{Method, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use crate::{ModelError, status};

/// The limit for everything but a chat.
const UNARY_WAIT: Duration = Duration::from_secs(10);
/// The largest list or description of models, in bytes.
const MAX_BODY: usize = 4 << 20;
/// How much of an error's body is read, in bytes, ...
const MAX_ERROR_BODY: usize = 16 << 10;
/// ... and for how long: the status alone says enough.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(2);
/// Idle connections kept to one server.
const MAX_IDLE_CONNECTIONS: usize = 32;

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection: name look-up, TCP and TLS.
    pub connect: Duration,
    /// From sending a request to the first event that carries anything. Loading a large model takes its time.
    pub first_token: Duration,
    /// Between two reads of an answer that has begun.
    pub idle: Duration,
}

/// The one HTTP client; a clone shares its connections.
///
/// It follows no redirect, keeps no cookies, verifies certificates against the system's, and ignores `HTTP_PROXY` and
/// its kin: a server on the local network must never be asked through somebody else's machine.
///
/// TLS uses the process-wide rustls provider if the application installed one, and aws-lc-rs otherwise: nothing needs
/// to be installed for this crate.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    pub(crate) timeouts: Timeouts,
}

impl HttpClient {
    /// Prepares the client; connects to nothing.
    ///
    /// # Errors
    /// [`ModelError::Unreachable`] if TLS cannot be set up: above all, if the system has no CA certificates at all
    /// (the package `ca-certificates`), even if no server is asked over TLS.
    pub fn new(timeouts: Timeouts) -> Result<Self, ModelError> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("jarvis/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeouts.connect)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build()
            .map_err(network)?;
        Ok(Self { client, timeouts })
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }
}

/// Sends a request and waits for the head of a successful response.
pub(crate) async fn open(request: RequestBuilder) -> Result<Response, ModelError> {
    let mut response = request.send().await.map_err(network)?;
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    let mut body = Vec::new();
    // Whatever part of the body was read serves; the status is what counts.
    drop(timeout(ERROR_BODY_WAIT, read(&mut response, &mut body, MAX_ERROR_BODY)).await);
    Err(status::refusal(response.status(), response.headers(), &body))
}

/// Sends a request and reads the whole JSON response, within [`UNARY_WAIT`] and [`MAX_BODY`].
pub(crate) async fn fetch<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ModelError> {
    let exchange = async {
        let mut response = open(request).await?;
        let mut body = Vec::new();
        if read(&mut response, &mut body, MAX_BODY).await.map_err(network)? {
            return Err(ModelError::TooLarge { what: "the list or description of models" });
        }
        serde_json::from_slice(&body).map_err(|error| not_json(&error))
    };
    timeout(UNARY_WAIT, exchange)
        .await
        .unwrap_or_else(|_| Err(ModelError::unreachable("no answer within ten seconds")))
}

/// Reads up to `limit` bytes; whether there is more than that.
async fn read(response: &mut Response, body: &mut Vec<u8>, limit: usize) -> reqwest::Result<bool> {
    while let Some(chunk) = response.chunk().await? {
        let room = limit.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The innermost cause says what happened; the outer ones repeat the URL, which may hold credentials.
pub(crate) fn network(error: reqwest::Error) -> ModelError {
    let timed_out = error.is_timeout();
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if timed_out { ModelError::unreachable("timed out") } else { ModelError::unreachable(&cause.to_string()) }
}

/// Says what kind of mistake it is and nothing of the text: serde's own message quotes it.
pub(crate) fn not_json(error: &serde_json::Error) -> ModelError {
    ModelError::bad(if error.is_data() { "JSON of another shape" } else { "not valid JSON" })
}
