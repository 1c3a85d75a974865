//! What a person has as second factors, all at once.

use crate::db::{Tx, sql};
use crate::error::Result;
use crate::ids::UserId;

pub(in crate::auth) async fn delete_factors(tx: &mut Tx, user: UserId) -> Result<()> {
    sql!(execute, tx, "DELETE FROM totp WHERE user_id = $1", user)?;
    sql!(execute, tx, "DELETE FROM recovery_codes WHERE user_id = $1", user)?;
    sql!(execute, tx, "DELETE FROM passkeys WHERE user_id = $1", user)?;
    // What was begun with one of them must not be finished without it.
    sql!(execute, tx, "DELETE FROM auth_flows WHERE user_id = $1", user)?;
    Ok(())
}
