//! What somebody has begun and must finish within minutes: a sign-in that waits for its second factor, a passkey's answer.
//!
//! Of people who are known, what must be remembered in between stays here; the client holds an opaque token and nothing else. Strangers
//! keep their own: see [`sealed`].

mod sealed;

use std::time::Duration;

use jarvis_crypto::{OpaqueToken, Secret};

use super::{Accounts, store};
use crate::db::{Connection, Tx};
use crate::error::{Error, Result, Why};
use crate::ids::{SessionId, UserId};

pub(super) use sealed::SealedFlow;

/// Marks a flow's token, for scanners and for the log redactor.
const PREFIX: &str = "jrf_";
/// Time to finish.
pub(super) const LIFE: Duration = Duration::from_secs(5 * 60);
/// Open flows of one person: an eleventh takes the place of the oldest, so that nobody with the password keeps the owner out.
const PER_PERSON: i64 = 10;

/// What is begun. A token of one kind finishes no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlowKind {
    /// The password was right, the second factor is missing.
    SecondFactor,
    /// A challenge for a new passkey.
    PasskeyRegistration,
    /// A challenge for signing in.
    PasskeyLogin,
    /// A challenge for showing again who is there.
    PasskeyProof,
}

impl FlowKind {
    /// As stored.
    fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::PasskeyRegistration => "passkey_registration",
            Self::PasskeyLogin => "passkey_login",
            Self::PasskeyProof => "passkey_proof",
        }
    }
}

/// One flow, without its token.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Flow {
    /// Whose it is.
    #[sqlx(rename = "user_id")]
    pub user: UserId,
    /// The session that began it, where one did.
    #[sqlx(rename = "session_id")]
    pub session: Option<SessionId>,
    /// What the second half needs, as its kind wrote it.
    pub state: String,
}

impl Accounts {
    /// Remembers a flow; the token finishes it.
    pub(super) async fn open_flow(&self, tx: &mut Tx, kind: FlowKind, flow: &Flow) -> Result<Secret<String>> {
        let now = self.clock.now();
        store::flows::trim_person(tx, flow.user, kind.name(), PER_PERSON - 1).await?;
        let token = OpaqueToken::generate(PREFIX).map_err(|error| Error::internal("randomness", error))?;
        store::flows::insert(tx, &token.hash(), kind.name(), flow, now.plus(LIFE)).await?;
        Ok(Secret::new(token.expose().to_owned()))
    }

    /// Looks a flow up and leaves it open.
    ///
    /// # Errors
    /// `Conflict(FlowOver)`.
    pub(super) async fn find_flow(
        &self,
        db: &mut impl Connection,
        kind: FlowKind,
        presented: &str,
    ) -> Result<Flow> {
        let token = OpaqueToken::parse(PREFIX, presented).ok_or(Error::Conflict(Why::FlowOver))?;
        store::flows::find(db, &token.hash(), kind.name(), self.clock.now())
            .await?
            .ok_or(Error::Conflict(Why::FlowOver))
    }

    /// Takes a flow out: it is finished once, or fails once. Its own transaction, so that a failure after it does not bring it back.
    ///
    /// # Errors
    /// `Conflict(FlowOver)`.
    pub(super) async fn take_flow(&self, kind: FlowKind, presented: &str) -> Result<Flow> {
        let token = OpaqueToken::parse(PREFIX, presented).ok_or(Error::Conflict(Why::FlowOver))?;
        let mut tx = self.db.begin().await?;
        let flow = store::flows::take(&mut tx, &token.hash(), kind.name(), self.clock.now()).await?;
        tx.commit().await?;
        flow.ok_or(Error::Conflict(Why::FlowOver))
    }
}
