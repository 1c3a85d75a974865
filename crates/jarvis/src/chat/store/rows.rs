//! Rows as they are stored, and what they become.

use crate::chat::{Author, Run, Status};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, RunId};

#[derive(sqlx::FromRow)]
pub(super) struct ConversationRow {
    pub(super) id: ConversationId,
    /// Sealed, as are the texts of a message. None should not be: then it is damaged like any other record that does not open.
    pub(super) title: Option<Vec<u8>>,
    pub(super) model: Option<String>,
    pub(super) head: Option<MessageId>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) running: bool,
}

#[derive(sqlx::FromRow)]
pub(super) struct MessageRow {
    pub(super) id: MessageId,
    pub(super) conversation_id: ConversationId,
    pub(super) parent_id: Option<MessageId>,
    pub(super) role: Author,
    pub(super) content: Option<Vec<u8>>,
    pub(super) thinking: Option<Vec<u8>>,
    pub(super) status: Status,
    pub(super) error_code: Option<String>,
    pub(super) error_detail: Option<Vec<u8>>,
    pub(super) model: Option<String>,
    pub(super) prompt_tokens: Option<i64>,
    pub(super) completion_tokens: Option<i64>,
    pub(super) history_cut: i64,
    pub(super) created_at: Timestamp,
    pub(super) finished_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
pub(super) struct RunRow {
    pub(super) run_id: RunId,
    pub(super) conversation_id: ConversationId,
    /// Of the answer.
    pub(super) id: MessageId,
    pub(super) status: Status,
    pub(super) model: String,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        let RunRow { run_id, conversation_id, id, status, model } = row;
        Self { id: run_id, conversation_id, message_id: id, status: status.into(), model }
    }
}
