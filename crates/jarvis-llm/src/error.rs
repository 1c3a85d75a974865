//! Everything that can go wrong between us and a model server, classified once.

use std::time::Duration;

use thiserror::Error;

/// The longest text of a server that we repeat, in characters.
const MAX_DETAIL: usize = 200;

/// Why there is no answer, or no more of it.
///
/// A `detail` is for people: at most 200 characters, no control characters, never what the request said.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// No connection, or it broke before the first event.
    #[error("the model server cannot be reached: {detail}")]
    Unreachable {
        /// What the network said.
        detail: String,
    },
    /// Connected, but nothing of the answer came in time.
    #[error("the model did not begin to answer in time")]
    FirstTokenTimeout,
    /// The answer began and then nothing more was received for too long.
    #[error("the model stopped sending in the middle of its answer")]
    IdleTimeout,
    /// 429.
    #[error("the model server asks to slow down")]
    RateLimited {
        /// How long to wait, if the server says so (RFC 9110, section 10.2.3); at most a day.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the model server failed with status {status}: {detail}")]
    Server {
        /// 500 to 599.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// The server has no such model.
    #[error("the model does not exist: {detail}")]
    ModelNotFound {
        /// What the server said.
        detail: String,
    },
    /// 401 or 403, or a key that cannot be sent.
    #[error("the model server refused the credentials")]
    Unauthorized,
    /// Any other status that is not a success; a redirect, too, since none is followed.
    #[error("the model server refused the request with status {status}: {detail}")]
    Refused {
        /// 300 to 499.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// Not the protocol: HTML instead of JSON, broken UTF-8 or JSON, another shape.
    #[error("the model server sent something unexpected: {detail}")]
    BadResponse {
        /// What was wrong with it.
        detail: String,
    },
    /// The answer ended without its explicit end.
    #[error("the answer was cut off")]
    Truncated,
    /// More than we are willing to hold.
    #[error("the model server sent too much: {what}")]
    TooLarge {
        /// What was too large.
        what: &'static str,
    },
    /// The server reported an error in place of (more of) the answer.
    #[error("the model server reported an error: {detail}")]
    Upstream {
        /// What it said.
        detail: String,
    },
    /// Nothing was sent: the server failed too often just now.
    #[error("the model server is given a pause after repeated failures")]
    CircuitOpen {
        /// When asking again makes sense; zero while another request is trying it out.
        retry_after: Duration,
    },
}

impl ModelError {
    /// A stable name of the situation, in snake_case, for clients, metrics and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::FirstTokenTimeout => "first_token_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server { .. } => "server_error",
            Self::ModelNotFound { .. } => "model_not_found",
            Self::Unauthorized => "unauthorized",
            Self::Refused { .. } => "refused",
            Self::BadResponse { .. } => "bad_response",
            Self::Truncated => "truncated",
            Self::TooLarge { .. } => "too_large",
            Self::Upstream { .. } => "upstream_error",
            Self::CircuitOpen { .. } => "circuit_open",
        }
    }

    /// Whether the same request may well succeed a little later, and no part of an answer was received: worth
    /// another attempt, and a sign that the server is not well.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::FirstTokenTimeout
                | Self::RateLimited { .. }
                | Self::Server { .. }
                | Self::CircuitOpen { .. }
        )
    }

    pub(crate) fn unreachable(detail: &str) -> Self {
        Self::Unreachable { detail: brief(detail) }
    }

    pub(crate) fn bad(detail: &str) -> Self {
        Self::BadResponse { detail: brief(detail) }
    }
}

/// Makes a foreign text fit to be shown and logged: control characters become spaces, the rest is cut short.
pub(crate) fn brief(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_DETAIL).collect()
}
