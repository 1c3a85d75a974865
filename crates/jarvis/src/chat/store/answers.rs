//! How an answer grows and ends.

use crate::chat::{Message, RunStatus, Status};
use crate::clock::Timestamp;
use crate::db::{Tx, sql};
use crate::error::Result;
use crate::ids::{MessageId, RunId};

/// Keeps what has been written so far; does nothing once the answer is final.
pub(in crate::chat) async fn checkpoint(
    tx: &mut Tx,
    id: MessageId,
    content: &str,
    thinking: Option<&str>,
) -> Result<()> {
    sql!(
        execute,
        tx,
        "UPDATE messages SET content = $2, thinking = $3 WHERE id = $1 AND status = 'streaming'",
        id,
        content,
        thinking,
    )?;
    Ok(())
}

/// Stores an answer's end, once: whatever it ended with first stays.
pub(in crate::chat) async fn finish(tx: &mut Tx, run: RunId, message: &Message) -> Result<()> {
    let status = match message.status {
        Status::Completed => RunStatus::Completed,
        Status::Stopped => RunStatus::Stopped,
        Status::Failed => RunStatus::Failed,
        Status::Interrupted | Status::Streaming => RunStatus::Interrupted,
    };
    sql!(
        execute,
        tx,
        "UPDATE messages SET content = $2, thinking = $3, status = $4, error_code = $5, error_detail = $6,
                prompt_tokens = $7, completion_tokens = $8, history_cut = $9, finished_at = $10
          WHERE id = $1 AND status = 'streaming'",
        message.id,
        &message.content,
        &message.thinking,
        message.status,
        message.error.as_ref().map(|error| error.code.as_str()),
        message.error.as_ref().map(|error| error.detail.as_str()),
        message.usage.map(|usage| usage.prompt_tokens),
        message.usage.map(|usage| usage.completion_tokens),
        message.history_cut,
        message.finished_at,
    )?;
    sql!(
        execute,
        tx,
        "UPDATE runs SET status = $2, finished_at = $3 WHERE id = $1 AND status = 'running'",
        run,
        status,
        message.finished_at,
    )?;
    Ok(())
}

/// Answers that no process is writing any more.
pub(in crate::chat) async fn interrupt_orphans(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    let found = sql!(
        execute,
        tx,
        "UPDATE messages SET status = 'interrupted', finished_at = $1 WHERE status = 'streaming'",
        now,
    )?;
    sql!(
        execute,
        tx,
        "UPDATE runs SET status = 'interrupted', finished_at = $1 WHERE status = 'running'",
        now
    )?;
    Ok(found)
}
