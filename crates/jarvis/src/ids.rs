//! Id newtypes over UUIDv7: sortable by creation, and no id of one kind is taken for another's.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, made by the domain and never by a client.
            #[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
            #[expect(clippy::new_without_default, reason = "a default id would hide that each one is new")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A person with an account.
    UserId,
    /// One sign-in on one device.
    SessionId,
    /// One API key.
    KeyId,
    /// One invitation.
    InviteId,
    /// One passkey of one user.
    PasskeyId,
    /// What a provider calls one user.
    IdentityId,
    /// A conversation of one user.
    ConversationId,
    /// One message in a conversation.
    MessageId,
    /// One generation of an answer.
    RunId,
    /// One WebSocket connection.
    ConnectionId,
    /// One request, for logs and for problem answers.
    RequestId,
}
