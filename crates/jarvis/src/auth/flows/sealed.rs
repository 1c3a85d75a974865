//! Flows of strangers. The client keeps the state, sealed, and nothing of it is stored here: however many are begun, they cost no row, end
//! nobody else's, and are never refused because of others.
//!
//! What was stored is only that one has *succeeded*, until it would have run out: it never succeeds twice.

use jarvis_crypto::{Place, Secret, TokenHash};

use super::{FlowKind, LIFE, PREFIX};
use crate::auth::{Accounts, store};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::error::{Error, Result, Why};

/// A flow that came back, is ours and has not run out. It may have been used: [`Accounts::spend_flow`] says.
pub(in crate::auth) struct SealedFlow {
    /// What the second half needs, as its kind wrote it.
    pub state: String,
    hash: TokenHash,
    expires_at: Timestamp,
}

impl Accounts {
    /// Seals what the second half of a flow will need, for a client that is nobody yet. At most about 3,000 bytes.
    ///
    /// # Errors
    /// `Internal`: the state is too long, or there is no randomness.
    pub(in crate::auth) fn seal_flow(&self, kind: FlowKind, state: &str) -> Result<Secret<String>> {
        let mut content = self.clock.now().plus(LIFE).micros().to_be_bytes().to_vec();
        content.extend(state.as_bytes());
        self.sealer
            .seal_ticket(PREFIX, &content, place(kind))
            .map_err(|error| Error::internal("sealing a flow", error))
    }

    /// Opens what [`Accounts::seal_flow`] made for the same kind. Asks no database.
    ///
    /// # Errors
    /// `Conflict(FlowOver)`.
    pub(in crate::auth) fn open_sealed_flow(&self, kind: FlowKind, presented: &str) -> Result<SealedFlow> {
        let over = || Error::Conflict(Why::FlowOver);
        let ticket = self.sealer.open_ticket(PREFIX, presented, place(kind)).ok_or_else(over)?;
        let (expires_at, state) = ticket.content.expose().split_first_chunk().ok_or_else(over)?;
        let expires_at = Timestamp::from_micros(i64::from_be_bytes(*expires_at));
        if expires_at <= self.clock.now() {
            return Err(over());
        }
        let state = String::from_utf8(state.to_vec()).map_err(|_| over())?;
        Ok(SealedFlow { state, hash: ticket.hash, expires_at })
    }

    /// Uses a flow up, in the transaction of what it was for: of two who bring the same, one commits.
    ///
    /// # Errors
    /// `Conflict(FlowOver)` when it was used before; then the transaction is not to be committed.
    pub(in crate::auth) async fn spend_flow(&self, tx: &mut Tx, flow: &SealedFlow) -> Result<()> {
        if store::flows::spend(tx, &flow.hash, flow.expires_at).await? {
            Ok(())
        } else {
            Err(Error::Conflict(Why::FlowOver))
        }
    }
}

/// Sealed for its kind: a flow of one finishes no other.
fn place(kind: FlowKind) -> Place<'static> {
    Place { table: "auth_flows", column: "state", row: kind.name().as_bytes(), owner: b"" }
}
