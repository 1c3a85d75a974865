//! Taking second factors away from somebody who has lost theirs.

use super::{Accounts, store};
use crate::db::Tx;
use crate::error::Result;
use crate::ids::UserId;

impl Accounts {
    /// Takes every second factor of a person away. Their sessions are ended by the caller, in the same transaction.
    pub async fn reset_factors(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        store::reset::delete_factors(tx, user).await
    }
}
