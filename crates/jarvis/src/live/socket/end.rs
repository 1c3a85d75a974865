//! Why a connection ends, and what its client is told.

use std::error::Error as _;

/// Why a connection ends (RFC 6455, 7.4, and our own from 4400).
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// The client left or vanished: nothing to say.
    Gone,
    GoingAway,
    Protocol,
    TooBig,
    SignedOut,
    RightLost,
    SignInTimeout,
    TooMany,
}

impl End {
    /// The close code and its reason; None when there is nobody to tell.
    pub(super) fn close(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::GoingAway => (1012, "the server restarts"),
            Self::Protocol => (1002, "not the protocol"),
            Self::TooBig => (1009, "a frame may have 64 KiB"),
            Self::SignedOut => (4401, "not signed in"),
            Self::RightLost => (4403, "the session has ended"),
            Self::SignInTimeout => (4408, "sign in within 5 s"),
            Self::TooMany => (4429, "too many"),
        })
    }

    /// What a fault of the socket means.
    pub(super) fn of(error: &axum::Error) -> Self {
        match error.source().and_then(|cause| cause.downcast_ref::<tungstenite::Error>()) {
            Some(tungstenite::Error::Capacity(_)) => Self::TooBig,
            Some(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_)) => Self::Protocol,
            _ => Self::Gone,
        }
    }
}
