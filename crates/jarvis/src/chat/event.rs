//! What happens in conversations, as every open page of their owner is told it.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::chat::{Conversation, Message, Status, Usage};
use crate::ids::{ConversationId, MessageId};

/// One event. On the wire it is a JSON object with its `type` and its `seq`; `seq` grows within a conversation but is not dense.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum Event<'a> {
    /// Somebody wrote.
    #[serde(rename = "message.created")]
    MessageCreated { conversation_id: ConversationId, message_id: MessageId, message: &'a Message },
    /// An answer begins; its message is still empty.
    #[serde(rename = "message.started")]
    MessageStarted { conversation_id: ConversationId, message_id: MessageId, message: &'a Message },
    /// The model server did not answer; it is asked again after a pause.
    #[serde(rename = "message.retrying")]
    MessageRetrying {
        conversation_id: ConversationId,
        message_id: MessageId,
        attempt: u32,
        of: u32,
        delay_ms: u64,
        code: &'a str,
    },
    /// More of the answer, or more of what the model thinks before it.
    #[serde(rename = "message.delta")]
    MessageDelta {
        conversation_id: ConversationId,
        message_id: MessageId,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        thinking: Option<&'a str>,
    },
    /// The answer has ended, one way or another, and is stored.
    #[serde(rename = "message.finished")]
    MessageFinished {
        conversation_id: ConversationId,
        message_id: MessageId,
        status: Status,
        content: &'a str,
        #[schema(required)]
        usage: Option<Usage>,
        processing_time_ms: u64,
        message: &'a Message,
    },
    #[serde(rename = "conversation.created")]
    ConversationCreated { conversation_id: ConversationId, conversation: &'a Conversation },
    /// Its time or its state changed: an answer began or ended.
    #[serde(rename = "conversation.updated")]
    ConversationUpdated { conversation_id: ConversationId, conversation: &'a Conversation },
    #[serde(rename = "conversation.renamed")]
    ConversationRenamed { conversation_id: ConversationId, conversation: &'a Conversation },
    #[serde(rename = "conversation.deleted")]
    ConversationDeleted { conversation_id: ConversationId },
}

/// An event and its number.
#[derive(Serialize, ToSchema)]
pub struct Numbered<'a> {
    #[serde(flatten)]
    pub event: &'a Event<'a>,
    pub seq: u64,
}

impl<'a> Event<'a> {
    /// The end of an answer, as it is stored.
    pub fn finished(message: &'a Message, took: Duration) -> Self {
        Self::MessageFinished {
            conversation_id: message.conversation_id,
            message_id: message.id,
            status: message.status,
            content: &message.content,
            usage: message.usage,
            processing_time_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            message,
        }
    }

    /// The `type` on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::MessageCreated { .. } => "message.created",
            Self::MessageStarted { .. } => "message.started",
            Self::MessageRetrying { .. } => "message.retrying",
            Self::MessageDelta { .. } => "message.delta",
            Self::MessageFinished { .. } => "message.finished",
            Self::ConversationCreated { .. } => "conversation.created",
            Self::ConversationUpdated { .. } => "conversation.updated",
            Self::ConversationRenamed { .. } => "conversation.renamed",
            Self::ConversationDeleted { .. } => "conversation.deleted",
        }
    }

    /// The wire form.
    pub fn to_json(&self, seq: u64) -> Bytes {
        // Nothing in it can fail to serialise: no maps with other keys than strings, no custom errors.
        serde_json::to_vec(&Numbered { event: self, seq }).unwrap_or_default().into()
    }
}
