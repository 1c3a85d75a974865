//! The frames of the socket that are not events: what a client says and what it is told at once.

use axum::extract::ws::Utf8Bytes;
use jarvis_crypto::Secret;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Scope;
use crate::chat::{Accepted, ChatText, ClientId, Conversation, Message, Question, Run};
use crate::config::MessagePolicy;
use crate::error::{Error, FieldFault, Result};
use crate::http::problem::Problem;
use crate::ids::{ConnectionId, ConversationId, RequestId};
use crate::users::User;

/// What a client says.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum ClientFrame {
    /// Signs in, as the first frame, where there is no cookie.
    Auth {
        #[schema(value_type = String)]
        token: Secret<String>,
    },
    Message(SentText),
    Subscribe {
        conversation_id: ConversationId,
        /// Only what came after this; none means from now on.
        after_seq: Option<u64>,
    },
    Unsubscribe {
        conversation_id: ConversationId,
    },
    Stop {
        conversation_id: ConversationId,
    },
    Ping {},
}

/// A message on its way.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentText {
    #[schema(min_length = 1, max_length = 10_000)]
    pub message: String,
    /// None starts a conversation.
    pub conversation_id: Option<ConversationId>,
    pub model: Option<String>,
    /// The same key again is the same message.
    pub client_id: Option<String>,
}

/// The frame of older clients, without a type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OlderMessage {
    message: String,
    #[serde(rename = "user_id")]
    _user_id: Option<String>,
    #[serde(rename = "timestamp")]
    _timestamp: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: Option<IgnoredAny>,
}

/// What a client is told at once.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum ServerFrame<'a> {
    #[serde(rename = "connected")]
    Connected { connection_id: ConnectionId, user: &'a User, heartbeat_seconds: u64 },
    #[serde(rename = "message.accepted")]
    Accepted {
        #[schema(required)]
        client_id: Option<&'a str>,
        conversation_id: ConversationId,
        conversation: &'a Conversation,
        message: &'a Message,
        run: &'a Run,
    },
    #[serde(rename = "subscribed")]
    Subscribed { conversation_id: ConversationId, seq: u64 },
    /// Events are missing: read the conversation again and subscribe after its `seq`.
    #[serde(rename = "resync")]
    Resync { conversation_id: ConversationId },
    #[serde(rename = "pong")]
    Pong,
    #[serde(rename = "error")]
    Error {
        code: &'a str,
        message: &'a str,
        request_id: RequestId,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        conversation_id: Option<ConversationId>,
        /// Seconds after which another try is worth it.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        errors: &'a [FieldFault],
    },
}

/// # Errors
/// `MalformedJson`, or `Invalid` when it is JSON but no frame of ours.
pub(super) fn parse(text: &str) -> Result<ClientFrame> {
    let kind: Kind = serde_json::from_str(text).map_err(|error| fault(&error))?;
    if kind.kind.is_some() {
        return serde_json::from_str(text).map_err(|error| fault(&error));
    }
    let older: OlderMessage = serde_json::from_str(text).map_err(|error| fault(&error))?;
    Ok(ClientFrame::Message(SentText {
        message: older.message,
        conversation_id: None,
        model: None,
        client_id: None,
    }))
}

fn fault(error: &serde_json::Error) -> Error {
    let detail: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    if error.is_data() {
        Error::invalid("frame", "invalid_shape", detail)
    } else {
        Error::MalformedJson { detail }
    }
}

impl ClientFrame {
    /// What a key needs for it.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::Message(_) | Self::Stop { .. } => Scope::Chat,
            Self::Subscribe { .. } | Self::Unsubscribe { .. } | Self::Auth { .. } | Self::Ping {} => {
                Scope::Read
            }
        }
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Message(sent) => sent.client_id.as_deref(),
            _ => None,
        }
    }

    pub(super) fn conversation_id(&self) -> Option<ConversationId> {
        match self {
            Self::Message(sent) => sent.conversation_id,
            Self::Subscribe { conversation_id, .. }
            | Self::Unsubscribe { conversation_id }
            | Self::Stop { conversation_id } => Some(*conversation_id),
            Self::Auth { .. } | Self::Ping {} => None,
        }
    }
}

impl SentText {
    /// # Errors
    /// What is wrong with the text or the key.
    pub(super) fn question(self, policy: MessagePolicy) -> Result<Question> {
        Ok(Question {
            text: ChatText::parse(&self.message, policy)?,
            conversation: self.conversation_id,
            model: self.model,
            key: self.client_id.as_deref().map(ClientId::parse).transpose()?,
        })
    }
}

impl<'a> ServerFrame<'a> {
    pub(super) fn accepted(accepted: &'a Accepted, client_id: Option<&'a str>) -> Self {
        let Accepted { conversation, message, run, seq: _ } = accepted;
        Self::Accepted { client_id, conversation_id: conversation.id, conversation, message, run }
    }

    pub(super) fn error(
        problem: &'a Problem,
        client_id: Option<&'a str>,
        conversation_id: Option<ConversationId>,
        retry_after: Option<u64>,
    ) -> Self {
        Self::Error {
            code: &problem.code,
            message: &problem.detail,
            request_id: problem.request_id,
            client_id,
            conversation_id,
            retry_after,
            errors: &problem.errors,
        }
    }

    pub(super) fn to_text(&self) -> Utf8Bytes {
        // Nothing in it can fail to serialise: no maps with other keys than strings, no custom errors.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_of_older_clients_is_a_message() {
        for text in [r#"{"message":"hi"}"#, r#"{"message":"hi","user_id":"ada","timestamp":1}"#] {
            assert!(matches!(parse(text), Ok(ClientFrame::Message(sent)) if sent.message == "hi"), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_frame_is_refused() {
        for text in [
            "",
            "{",
            "[]",
            "null",
            "1",
            r#""message""#,
            "{}",
            r#"{"type":null}"#,
            r#"{"type":1}"#,
            r#"{"type":"nothing"}"#,
            r#"{"type":"message"}"#,
            r#"{"type":"message","message":1}"#,
            r#"{"type":"message","message":"a","role":"system"}"#,
            r#"{"type":"stop"}"#,
            r#"{"type":"stop","conversation_id":"x"}"#,
            r#"{"type":"subscribe","conversation_id":null}"#,
            r#"{"type":"ping","extra":1}"#,
            r#"{"message":"a","role":"system"}"#,
            r#"{"type":"auth","token":["a"]}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
