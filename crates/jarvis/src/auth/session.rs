//! What may happen to a session, as a pure function of what is stored and what time it is.
//!
//! Refresh tokens rotate at every use (RFC 9700, 4.14.2). A used one that comes back is a theft, with one exception: while none
//! of its successors has been used, the reply may simply have been lost, or two tabs renewed at once. Then another successor is
//! given; as soon as one of them is used, the others count as used too, so a thief and an owner can never both go on.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};

/// A session ends this long after signing in, however often it is renewed (ASVS 7.3.2).
pub const ABSOLUTE_LIFE: Duration = Duration::from_secs(60 * 60 * 24 * 90);
/// Successors that one token may have: more than a few lost replies in a row is not an accident.
const MAX_SUCCESSORS: i64 = 8;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    SignedOut,
    TokenReplayed,
    /// Ended from the list of devices, by its owner or by an admin.
    Revoked,
    /// So many were open that the oldest gave way.
    TooMany,
    PasswordChanged,
    RoleChanged,
    Disabled,
    FactorsReset,
    /// Its owner turned the first second factor on, or removed one.
    FactorsChanged,
    /// Its owner removed a provider's identity.
    IdentityRemoved,
    Deleted,
}

impl EndReason {
    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReplayed => "token_replayed",
            Self::Revoked => "revoked",
            Self::TooMany => "too_many",
            Self::PasswordChanged => "password_changed",
            Self::RoleChanged => "role_changed",
            Self::Disabled => "disabled",
            Self::FactorsReset => "factors_reset",
            Self::FactorsChanged => "factors_changed",
            Self::IdentityRemoved => "identity_removed",
            Self::Deleted => "deleted",
        }
    }

    /// Whether somebody else may have signed in before: no device is known any more.
    pub(super) fn forgets_devices(self) -> bool {
        matches!(self, Self::PasswordChanged | Self::FactorsReset)
    }

    /// Whether it changes what the person's keys may do: what these have open is closed too.
    pub(super) fn touches_keys(self) -> bool {
        matches!(self, Self::RoleChanged | Self::Disabled | Self::Deleted)
    }
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "TEXT", rename_all = "lowercase")]
pub enum How {
    Password,
    Passkey,
    Oidc,
}

/// A refresh token, its session and its relatives.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Family {
    pub session: SessionId,
    pub user: UserId,
    /// When somebody signed in.
    pub created_at: Timestamp,
    /// Ended, or its user disabled.
    pub over: bool,
    pub token_expires_at: Timestamp,
    /// Another token with the same parent has been used.
    pub sibling_used: bool,
    pub successors: i64,
    /// One of the token's successors has been used.
    pub successor_used: bool,
}

impl Family {
    /// When the session runs out if it is renewed now.
    pub(super) fn expiry_after(&self, now: Timestamp, idle: Duration) -> Timestamp {
        now.plus(idle).min(self.created_at.plus(ABSOLUTE_LIFE))
    }
}

/// What to do with a refresh token that was presented.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Use it up and give a successor.
    Rotate,
    /// Not valid; nothing else happens.
    Refuse,
    /// A replay: whoever holds the other tokens may be a thief, so the session ends.
    EndFamily,
}

/// Decides; see the module.
pub(super) fn judge(family: &Family, now: Timestamp) -> Judgement {
    if family.over || now >= family.token_expires_at || now >= family.created_at.plus(ABSOLUTE_LIFE) {
        Judgement::Refuse
    } else if family.sibling_used || family.successor_used || family.successors >= MAX_SUCCESSORS {
        Judgement::EndFamily
    } else {
        Judgement::Rotate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn family() -> Family {
        Family {
            session: SessionId::new(),
            user: UserId::new(),
            created_at: Timestamp::from_micros(NOW),
            over: false,
            token_expires_at: Timestamp::from_micros(NOW).plus(Duration::from_secs(60)),
            sibling_used: false,
            successors: 0,
            successor_used: false,
        }
    }

    fn verdict(change: impl FnOnce(&mut Family)) -> Judgement {
        let mut family = family();
        change(&mut family);
        judge(&family, Timestamp::from_micros(NOW))
    }

    #[test]
    fn a_fresh_token_rotates() {
        assert_eq!(verdict(|_| ()), Judgement::Rotate);
    }

    #[test]
    fn a_used_token_is_honoured_while_its_successors_are_unused() {
        assert_eq!(verdict(|f| f.successors = 1), Judgement::Rotate);
        assert_eq!(verdict(|f| f.successors = MAX_SUCCESSORS), Judgement::EndFamily);
    }

    #[test]
    fn a_replay_after_the_successor_was_used_ends_the_session() {
        assert_eq!(verdict(|f| (f.successors, f.successor_used) = (1, true)), Judgement::EndFamily);
    }

    #[test]
    fn of_two_successors_only_one_may_go_on() {
        assert_eq!(verdict(|f| f.sibling_used = true), Judgement::EndFamily);
    }

    #[test]
    fn nothing_renews_a_session_that_is_over() {
        assert_eq!(verdict(|f| f.over = true), Judgement::Refuse);
        assert_eq!(verdict(|f| f.token_expires_at = Timestamp::from_micros(NOW)), Judgement::Refuse);
        assert_eq!(verdict(|f| f.created_at = Timestamp::from_micros(0)), Judgement::Refuse);
        // A replay of a session that is over already tells nobody anything.
        assert_eq!(verdict(|f| (f.over, f.successor_used) = (true, true)), Judgement::Refuse);
    }

    #[test]
    fn renewing_never_outlives_the_absolute_life() {
        let family = family();
        let late = family.created_at.plus(ABSOLUTE_LIFE);
        assert_eq!(family.expiry_after(late, Duration::from_secs(999)), late);
    }
}
