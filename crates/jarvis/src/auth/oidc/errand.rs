//! What is remembered while a person is at a provider: sealed, in their own browser. Strangers who begin and never come back cost nothing
//! here, and whoever comes back in another browser has begun nothing.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jarvis_crypto::{Place, Sealer, Secret, TokenHash, keyed_digest};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::clock::Timestamp;
use crate::error::{Error, Result, Why};
use crate::ids::{SessionId, UserId};

/// Time to come back: a provider may ask for a password, a second factor and a consent.
pub const ERRAND_LIFE: Duration = Duration::from_secs(10 * 60);
/// Browsers keep 4096 bytes of a cookie, its name and attributes included.
const SEALED_MAX: usize = 3_800;
/// Bytes of a path of ours.
const PATH_MAX: usize = 512;

/// What somebody went to a provider for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Aim {
    /// `before`: the session of this browser, which the new one replaces.
    SignIn { before: Option<(UserId, SessionId)>, invite: Option<String> },
    /// Another way into this account.
    Link { user: UserId, session: SessionId },
    /// Showing again who is there.
    Prove { user: UserId, session: SessionId },
}

/// One errand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errand {
    pub(super) aim: Aim,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// Where the provider was told to send the person: told again with the code.
    pub(super) redirect: String,
    pub(super) return_to: String,
    /// By what the browser is known, as far as that does not come along from a provider's page.
    pub(super) mark: Option<Vec<u8>>,
    /// Microseconds since the Unix epoch.
    pub(super) begun_at: i64,
}

impl Errand {
    /// For the browser to keep.
    pub(super) fn seal(&self, sealer: &Sealer, provider: &str) -> Result<Secret<String>> {
        let text = serde_json::to_vec(self).map_err(|error| Error::internal("an errand", error))?;
        let sealed = sealer
            .seal(&text, place(provider))
            .map_err(|error| Error::internal("sealing an errand", error))?;
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// What the browser kept, if it is of ours, for this provider, not too old, and about this answer.
    ///
    /// # Errors
    /// `Conflict(FlowOver)`.
    pub(super) fn open(
        sealer: &Sealer,
        provider: &str,
        kept: &str,
        state: &str,
        now: Timestamp,
    ) -> Result<Self> {
        let over = Error::Conflict(Why::FlowOver);
        if kept.len() > SEALED_MAX {
            return Err(over);
        }
        let text =
            URL_SAFE_NO_PAD.decode(kept).ok().and_then(|kept| sealer.open(&kept, place(provider)).ok());
        let errand = text.and_then(|text| serde_json::from_slice::<Self>(text.expose()).ok());
        errand
            .filter(|errand| {
                now.since(errand.begun_at()) < ERRAND_LIFE && hash_of(&errand.state) == hash_of(state)
            })
            .ok_or(over)
    }

    pub(super) fn begun_at(&self) -> Timestamp {
        Timestamp::from_micros(self.begun_at)
    }

    /// Under which name it is remembered that it is done.
    pub(super) fn hash(&self) -> Option<TokenHash> {
        hash_of(&self.state)
    }

    /// Where what went wrong is told: at the door, or where the person came from.
    pub fn place_of_faults(&self) -> &str {
        match self.aim {
            Aim::SignIn { .. } => "/sign-in",
            Aim::Link { .. } | Aim::Prove { .. } => &self.return_to,
        }
    }
}

fn place(provider: &str) -> Place<'_> {
    Place { table: "auth_flows", column: "errand", row: provider.as_bytes(), owner: b"" }
}

/// What is compared, in constant time, and remembered of a state.
fn hash_of(state: &str) -> Option<TokenHash> {
    TokenHash::from_slice(&keyed_digest(&Secret::new(Vec::new()), "errand", &[state.as_bytes()]))
}

/// A path of our own page: never another site, and none of the operations that a browser would call by going there. `fallback` for
/// anything else.
pub(super) fn own_path(asked: Option<&str>, fallback: &str) -> String {
    let page = |asked: &str| {
        let plain =
            asked.starts_with('/') && !asked.contains('\\') && asked.bytes().all(|b| b.is_ascii_graphic());
        let base = Url::parse("http://jarvis.invalid").ok()?;
        let url = base.join(asked).ok().filter(|url| plain && url.origin() == base.origin())?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let lead = path.starts_with("//") || path.starts_with("/auth/");
        (path.len() <= PATH_MAX && !lead).then_some(path)
    };
    asked.and_then(page).unwrap_or_else(|| fallback.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_a_page_of_ours() {
        for kept in ["/", "/c/01a2", "/settings/security?x=1", "/a%20b"] {
            assert_eq!(own_path(Some(kept), "/"), kept);
        }
        for refused in [
            "",
            "settings",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/ /evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "/%2e//evil.example",
            "/auth/oidc/corp/start",
            "/x/../auth/logout",
            "/é",
            "/a\r\nSet-Cookie: x=1",
            &format!("/{}", "x".repeat(600)),
        ] {
            assert_eq!(own_path(Some(refused), "/here"), "/here", "{refused}");
        }
        assert_eq!(own_path(None, "/here"), "/here");
    }
}
