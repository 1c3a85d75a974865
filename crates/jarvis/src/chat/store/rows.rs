//! Rows as they are stored, and what they become.

use crate::chat::{Author, Conversation, Failure, Message, Run, Status, Usage};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, RunId};

#[derive(sqlx::FromRow)]
pub(super) struct ConversationRow {
    pub(super) id: ConversationId,
    pub(super) title: String,
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
    pub(super) content: String,
    pub(super) thinking: Option<String>,
    pub(super) status: Status,
    pub(super) error_code: Option<String>,
    pub(super) error_detail: Option<String>,
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

impl From<ConversationRow> for Conversation {
    fn from(row: ConversationRow) -> Self {
        let ConversationRow { id, title, model, created_at, updated_at, running, head: _ } = row;
        Self { id, title, model, created_at, updated_at, running }
    }
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            parent_id: row.parent_id,
            role: row.role,
            content: row.content,
            thinking: row.thinking,
            status: row.status,
            error: row.error_code.map(|code| Failure { code, detail: row.error_detail.unwrap_or_default() }),
            model: row.model,
            usage: row
                .prompt_tokens
                .zip(row.completion_tokens)
                .map(|(prompt_tokens, completion_tokens)| Usage { prompt_tokens, completion_tokens }),
            history_cut: row.history_cut,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        let RunRow { run_id, conversation_id, id, status, model } = row;
        Self { id: run_id, conversation_id, message_id: id, status: status.into(), model }
    }
}
