//! What can go wrong, as situations: without status codes, without layers. `http::problem` gives them their HTTP form.

use std::borrow::Cow;
use std::time::Duration;

/// The result of anything in the application.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One fault in one field of an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// The field, as the client named it.
    pub field: Cow<'static, str>,
    /// Stable, in snake_case.
    pub code: &'static str,
    /// A plain sentence.
    pub detail: Cow<'static, str>,
}

/// What was looked for and not found (or is not the caller's: the answer is the same).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Path,
    Conversation,
    Message,
    Session,
    Person,
    Invite,
    Key,
    Passkey,
    /// A service that vouches for people.
    Provider,
    Identity,
}

/// Why a change collides with what is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    UsernameTaken,
    EmailTaken,
    RunInProgress,
    /// The same key was used a moment ago.
    AlreadySent,
    NothingToRegenerate,
    /// The question's record was changed or moved: nobody can read it, the model included.
    QuestionDamaged,
    /// The person's own key does not open.
    KeyDamaged,
    SetupDone,
    /// Somebody must be left who can manage everybody.
    LastSuperuser,
    TooManyKeys,
    TooManyInvites,
    /// An authenticator program is in use already.
    TotpOn,
    /// No secret waits for its first code, or it has waited too long.
    TotpNotBegun,
    /// There is no second factor that recovery codes could stand in for.
    NoFactor,
    /// The role asks for a second factor, and this is the last one.
    FactorRequired,
    /// The authenticator has given this passkey to somebody already.
    PasskeyKnown,
    TooManyPasskeys,
    /// What was begun has run out, was finished already, or never was.
    FlowOver,
    /// Browsers tie passkeys to a name; this page was not reached by one that we vouch for.
    PasskeysNeedAName,
    /// This program was built without them.
    NoPasskeys,
    /// What the provider vouches for is how somebody else signs in.
    IdentityTaken,
    TooManyIdentities,
    /// Without a password, an account needs one identity.
    LastWayIn,
    /// The account was made through a provider.
    NoPassword,
}

/// Why a provider's word did not let somebody in (OpenID Connect).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unvouched {
    /// The provider said no, or the person did there.
    Denied,
    /// The provider cannot be asked.
    Away,
    /// What came is not what the provider may say, or not for us, or not for this.
    Distrusted,
    /// It did not ask the person again, or does not say so.
    NotRecent,
    /// It vouches for somebody else than who is signed in here.
    AnotherPerson,
    /// It does not say at what address the new person is reached.
    NoEmail,
    /// The account exists and is disabled. Said to who has shown that it is theirs.
    Disabled,
}

/// Why a caller who is known may not do something, or one unknown may not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// The role does not reach.
    Role,
    /// The set-up code is not the one in the log.
    SetupCode,
    /// Nobody may register here without an invitation.
    RegistrationClosed,
    /// The invitation is not one of ours, was used, ran out, is for another address, or its maker may not give its role any more.
    InviteInvalid,
    /// Not about one's own account.
    NotYourself,
    /// A key cannot do this, whatever its scopes.
    SessionRequired,
    /// The key lacks this scope.
    Scope(&'static str),
    /// The metrics are for loopback or the metrics token.
    Metrics,
    /// This change needs a proof of who is there that is a few minutes old at most.
    RecentProof,
    /// A second factor must be enrolled before anything else.
    EnrolmentRequired,
    /// Plain http is for the proxies that carry it alone.
    AroundProxy,
}

/// Every situation in which a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("invalid input")]
    Invalid(Vec<FieldFault>),
    #[error("{detail}")]
    BadRequest { detail: &'static str },
    #[error("not JSON: {detail}")]
    MalformedJson { detail: String },
    #[error("unsupported media type")]
    UnsupportedMediaType,
    #[error("body too large")]
    TooLarge,
    #[error("too slow")]
    TooSlow,
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("untrusted host")]
    HostRefused,
    #[error("untrusted origin")]
    OriginRefused,
    #[error("not signed in")]
    Unauthenticated,
    #[error("wrong name or password")]
    InvalidCredentials,
    /// The password was right, and is not enough. `flow` names what was begun; `methods` say how it can be finished.
    #[error("a second factor is needed")]
    SecondFactorRequired { flow: String, methods: Vec<&'static str> },
    #[error("wrong code")]
    InvalidCode,
    #[error("passkey refused")]
    PasskeyRefused,
    #[error("not vouched for: {0:?}")]
    Unvouched(Unvouched),
    #[error("forbidden: {0:?}")]
    Forbidden(Forbidden),
    #[error("not found: {0:?}")]
    NotFound(What),
    #[error("conflict: {0:?}")]
    Conflict(Why),
    #[error("unknown model")]
    UnknownModel { model: String },
    /// A message holds markup that would run script; the fault says what.
    #[error("active content: {}", .0.code)]
    ActiveContent(FieldFault),
    #[error("no model")]
    NoModel,
    /// The model server failed; `code` and `detail` are safe to show.
    #[error("model failed: {code}")]
    Model { code: String, detail: String },
    #[error("rate limited")]
    RateLimited { retry_after: Duration },
    #[error("{what} unavailable")]
    Unavailable { what: &'static str, retry_after: Duration },
    /// The settings do not fit what is stored. For the operator, at the start; a request never meets it.
    #[error("{0}")]
    Misconfigured(String),
    /// The text never leaves the process; it is logged once, by `http::problem`.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// One fault in one field.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(vec![FieldFault { field: field.into(), code, detail: detail.into() }])
    }

    /// Something that should not happen; `context` says where.
    pub fn internal(context: &'static str, cause: impl std::fmt::Display) -> Self {
        Self::Internal(format!("{context}: {cause}"))
    }
}
