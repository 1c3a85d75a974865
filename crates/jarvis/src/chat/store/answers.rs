//! How an answer grows and ends.

use super::sealed::{Rooted, open_title};
use crate::chat::{Conversation, Message};
use crate::clock::Timestamp;
use crate::db::{Single, Tx, sql};
use crate::error::Result;
use crate::vault::PersonKey;

/// A conversation in which an answer has ended.
#[derive(sqlx::FromRow)]
struct Ended {
    title: Option<Vec<u8>>,
    model: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Keeps what has been written so far; does nothing once the answer is final.
pub(in crate::chat) async fn checkpoint(
    tx: &mut Tx,
    key: &PersonKey,
    answer: Rooted,
    content: &str,
    thinking: Option<&str>,
) -> Result<()> {
    let texts = answer.seal(key, content, thinking, None)?;
    sql!(
        execute,
        tx,
        "UPDATE messages SET content = $2, thinking = $3 WHERE id = $1 AND status = 'streaming'",
        answer.id,
        &texts.content,
        &texts.thinking,
    )?;
    Ok(())
}

/// Stores an answer's end, once: whatever it ended with first stays. Gives the conversation as it is then, unless it is gone.
pub(in crate::chat) async fn finish(
    db: &mut Single,
    key: &PersonKey,
    message: &Message,
) -> Result<Option<Conversation>> {
    let texts = message.seal(key)?;
    // All rows, though there is one at most: a statement that is not read to its end does not say that its commit failed.
    let mut rows = sql!(
        fetch_all,
        Ended,
        db,
        "UPDATE messages SET content = $2, thinking = $3, status = $4, error_code = $5, error_detail = $6,
                prompt_tokens = $7, completion_tokens = $8, history_cut = $9, finished_at = $10
          WHERE id = $1 AND status = 'streaming'
         RETURNING (SELECT c.title FROM conversations c WHERE c.id = conversation_id) AS title,
                   (SELECT c.model FROM conversations c WHERE c.id = conversation_id) AS model,
                   (SELECT c.created_at FROM conversations c WHERE c.id = conversation_id) AS created_at,
                   (SELECT c.updated_at FROM conversations c WHERE c.id = conversation_id) AS updated_at",
        message.id,
        &texts.content,
        &texts.thinking,
        message.status,
        message.error.as_ref().map(|error| error.code.as_str()),
        &texts.error_detail,
        message.usage.map(|usage| usage.prompt_tokens),
        message.usage.map(|usage| usage.completion_tokens),
        message.history_cut,
        message.finished_at,
    )?;
    Ok(rows.pop().map(|Ended { title, model, created_at, updated_at }| {
        let id = message.conversation_id;
        let (title, damaged) = open_title(&mut key.reader(), id, title);
        Conversation { id, title, model, created_at, updated_at, running: false, damaged }
    }))
}

/// Answers that no process is writing any more.
pub(in crate::chat) async fn interrupt_orphans(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(sql!(
        execute,
        tx,
        "UPDATE messages SET status = 'interrupted', finished_at = $1 WHERE status = 'streaming'",
        now,
    )?)
}
