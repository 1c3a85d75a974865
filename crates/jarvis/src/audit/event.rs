//! What can happen that matters to security, as a closed list, and one occurrence of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::origin::{Origin, Via};
use crate::ids::UserId;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = AuditKind)]
        pub enum Kind {$(
            $(#[$doc])*
            $name,
        )+}

        impl Kind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// As stored, chained and shown: in snake_case.
            pub fn name(self) -> &'static str {
                match self {$(Self::$name => $word,)+}
            }
        }
    };
}

kinds! {
    /// Somebody signed in. `way`: password, passkey or oidc.
    SignIn = "sign_in",
    /// The name, the password or the passkey was not right, or the account is disabled.
    SignInFailed = "sign_in_failed",
    /// The code of a second factor was not right.
    SecondFactorFailed = "second_factor_failed",
    /// Somebody signed in proved again who they are.
    Proved = "proved",
    ProofFailed = "proof_failed",
    /// Signed out.
    SignOut = "sign_out",
    /// One's own device was signed out from another, or each but one.
    SessionsRevoked = "sessions_revoked",
    /// A refresh token came back that was used already: its session was ended.
    RefreshReplayed = "refresh_replayed",
    /// The first account was made with the code of the log.
    SetupClaimed = "setup_claimed",
    AccountMade = "account_made",
    AccountDeleted = "account_deleted",
    AccountDisabled = "account_disabled",
    AccountEnabled = "account_enabled",
    RoleChanged = "role_changed",
    PasswordChanged = "password_changed",
    EmailChanged = "email_changed",
    FactorAdded = "factor_added",
    FactorRemoved = "factor_removed",
    /// Every second factor was taken away by somebody who looks after accounts.
    FactorsReset = "factors_reset",
    RecoveryCodeUsed = "recovery_code_used",
    RecoveryCodesRenewed = "recovery_codes_renewed",
    KeyMade = "key_made",
    KeysRevoked = "keys_revoked",
    IdentityLinked = "identity_linked",
    IdentityUnlinked = "identity_unlinked",
    /// What a provider said let nobody in.
    ProviderRefused = "provider_refused",
    InviteMade = "invite_made",
    InviteUsed = "invite_used",
    InviteRevoked = "invite_revoked",
    /// Accounts were listed or looked at by somebody who looks after them.
    PeopleRead = "people_read",
    InvitesRead = "invites_read",
    AuditRead = "audit_read",
    AuditExported = "audit_exported",
    /// A limit was reached.
    LimitReached = "limit_reached",
    /// A message with active content, or a request that only an attack sends.
    InputRefused = "input_refused",
    /// Another site made a browser send it.
    OriginRefused = "origin_refused",
    /// It was sent to a name that is not ours.
    HostRefused = "host_refused",
    /// Somebody known asked for what is not theirs.
    AccessRefused = "access_refused",
    ServerStarted = "server_started",
    ServerStopped = "server_stopped",
    /// So many events were not written down: too many at once, or no database.
    EventsDropped = "events_dropped",
    /// The kept checkpoints tell of more events than the database has: an older copy of it was put in its place.
    HistoryLost = "history_lost",
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditOutcome)]
pub enum Outcome {
    Success,
    Failure,
}

impl Outcome {
    /// As stored and chained.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// Something that happened, to be written down with [`super::Audit::commit`] or [`super::Audit::note`].
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) kind: Kind,
    pub(super) outcome: Outcome,
    pub(super) via: Via,
    pub(super) actor: Option<UserId>,
    pub(super) subject: Option<UserId>,
    pub(super) times: i64,
    /// None: nothing is kept that could have to be erased.
    pub(super) data: Option<Data>,
}

/// What is kept of an event until the person in it is erased.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Data {
    /// Masked: the network and not the machine.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(super) address: String,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(super) agent: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) request: Option<uuid::Uuid>,
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub(super) details: Map<String, Value>,
}

impl Event {
    /// It succeeded; where it came from, and who did it if that is known, is taken from the request that is being answered.
    pub fn new(kind: Kind) -> Self {
        let origin = Origin::current();
        let mut data = Data {
            address: origin.address.clone(),
            agent: origin.agent.clone(),
            request: origin.request.map(|id| id.0),
            details: Map::new(),
        };
        let actor = origin.actor();
        if let Some(key) = actor.and_then(|(_, key)| key) {
            data.details.insert("key".to_owned(), key.to_string().into());
        }
        Self {
            kind,
            outcome: Outcome::Success,
            via: origin.via,
            actor: actor.map(|(user, _)| user),
            subject: None,
            times: 1,
            data: Some(data),
        }
    }

    /// It was tried, and refused.
    pub fn failed(kind: Kind) -> Self {
        Self { outcome: Outcome::Failure, ..Self::new(kind) }
    }

    /// Who did it.
    pub fn by(self, actor: UserId) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// To whom it was done.
    pub fn about(self, subject: impl Into<Option<UserId>>) -> Self {
        Self { subject: subject.into(), ..self }
    }

    /// Somebody did it to their own account.
    pub fn own(self, person: UserId) -> Self {
        self.by(person).about(person)
    }

    /// One more thing to know about it. Erased with the person: what must last is in the kind.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(data) = &mut self.data {
            data.details.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Without anything that could have to be erased.
    pub fn bare(self) -> Self {
        Self { data: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_words_and_each_is_another() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        for name in &names {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert_eq!(serde_json::from_str::<Kind>(&format!("\"{name}\"")).unwrap().name(), *name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
