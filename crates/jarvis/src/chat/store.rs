//! The rows of `conversations` and `messages`. The owner is in every `WHERE`: a miss is "not found".

mod answers;
mod rows;
mod sealed;

use crate::chat::{Accepted, ClientId, Conversation, Message};
use crate::clock::Timestamp;
use crate::db::{Connection, Db, Tx, of_somebody, of_somebody_new, sql, unique};
use crate::error::{Error, Result, What, Why};
use crate::ids::{ConversationId, MessageId, RunId, UserId};
use crate::vault::{Own, PersonKey};
pub(super) use answers::{checkpoint, finish, interrupt_orphans};
use rows::{ConversationRow, MessageRow, RunRow};
pub(super) use sealed::Rooted;
pub(super) use sealed::seal_title;
use sealed::{open_conversation, open_message};

pub(super) async fn insert_conversation(
    tx: &mut Tx,
    key: &PersonKey,
    conversation: &Conversation,
) -> Result<()> {
    let title = seal_title(key, conversation.id, &conversation.title)?;
    of_somebody(sql!(
        execute,
        tx,
        "INSERT INTO conversations (id, owner, title, model, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)",
        conversation.id,
        key.owner(),
        &title,
        &conversation.model,
        conversation.created_at,
        conversation.updated_at,
    ))?;
    Ok(())
}

/// Makes `answer` the leaf, if the leaf is still `before`. The conversation counts as used, and its row stays locked.
pub(super) async fn move_head(
    tx: &mut Tx,
    owner: UserId,
    before: Option<MessageId>,
    answer: &Message,
) -> Result<bool> {
    let moved = sql!(
        execute,
        tx,
        "UPDATE conversations SET head = $4, updated_at = $5
          WHERE id = $1 AND owner = $2 AND head IS NOT DISTINCT FROM $3",
        answer.conversation_id,
        owner,
        before,
        answer.id,
        answer.created_at,
    )?;
    Ok(moved > 0)
}

/// A new conversation with its question and the empty answer below it: a transaction of its own, in one round trip.
pub(super) async fn insert_opening(
    db: &Db,
    key: &PersonKey,
    conversation: &Conversation,
    client_id: Option<&ClientId>,
    question: &Message,
    (answer, run): (&Message, RunId),
) -> Result<()> {
    let title = seal_title(key, conversation.id, &conversation.title)?;
    let (asked, said) = (question.seal(key)?.content, answer.seal(key)?.content);
    let done = sql!(
        at_once,
        db,
        {
            conversation: "INSERT INTO conversations (id, owner, title, model, head, created_at, updated_at)
                           VALUES ($1, $2, $3, $4, $5, $6, $6)",
            messages: "INSERT INTO messages (id, conversation_id, owner, parent_id, role, content, status, model, history_cut,
                                             run_id, client_id, created_at, finished_at)
                       VALUES ($7, $1, $2, NULL, 'user', $8, 'completed', NULL, 0, NULL, $9, $6, $6),
                              ($5, $1, $2, $7, 'assistant', $13, 'streaming', $10, $11, $12, NULL, $6, NULL)",
        },
        conversation.id,
        key.owner(),
        &title,
        &conversation.model,
        answer.id,
        question.created_at,
        question.id,
        &asked,
        client_id.map(ClientId::as_str),
        &answer.model,
        answer.history_cut,
        run,
        &said,
    );
    of_somebody_new(done, Why::AlreadySent)
}

/// A question below the leaf that was there, and the empty answer below it.
pub(super) async fn insert_turn(
    tx: &mut Tx,
    key: &PersonKey,
    client_id: Option<&ClientId>,
    question: &Message,
    (answer, run): (&Message, RunId),
) -> Result<()> {
    let (asked, said) = (question.seal(key)?.content, answer.seal(key)?.content);
    let done = sql!(
        execute,
        tx,
        "INSERT INTO messages (id, conversation_id, owner, parent_id, role, content, status, model, history_cut,
                               run_id, client_id, created_at, finished_at)
         VALUES ($1, $2, $3, $4, 'user', $5, 'completed', NULL, 0, NULL, $6, $7, $7),
                ($8, $2, $3, $1, 'assistant', $12, 'streaming', $9, $10, $11, NULL, $7, NULL)",
        question.id,
        question.conversation_id,
        key.owner(),
        question.parent_id,
        &asked,
        client_id.map(ClientId::as_str),
        question.created_at,
        answer.id,
        &answer.model,
        answer.history_cut,
        run,
        &said,
    );
    unique(done, Why::AlreadySent)?;
    Ok(())
}

/// An empty answer below a question that is there.
pub(super) async fn insert_answer(
    tx: &mut Tx,
    key: &PersonKey,
    (answer, run): (&Message, RunId),
) -> Result<()> {
    let said = answer.seal(key)?.content;
    let done = sql!(
        execute,
        tx,
        "INSERT INTO messages (id, conversation_id, owner, parent_id, role, content, status, model, history_cut,
                               run_id, created_at)
         VALUES ($1, $2, $3, $4, 'assistant', $9, 'streaming', $5, $6, $7, $8)",
        answer.id,
        answer.conversation_id,
        key.owner(),
        answer.parent_id,
        &answer.model,
        answer.history_cut,
        run,
        answer.created_at,
        &said,
    );
    unique(done, Why::RunInProgress)?;
    Ok(())
}

/// What was accepted under this key before.
pub(super) async fn find_by_key(
    db: &mut impl Connection,
    own: Own<'_>,
    client_id: &ClientId,
) -> Result<Option<Accepted>> {
    let owner = own.owner;
    let message = sql!(
        fetch_optional, MessageRow,
        db,
        "SELECT id, conversation_id, parent_id, role, content, thinking, status, error_code, error_detail, model,
                prompt_tokens, completion_tokens, history_cut, created_at, finished_at
           FROM messages WHERE owner = $1 AND client_id = $2",
        owner,
        client_id.as_str(),
    )?;
    let Some(row) = message else { return Ok(None) };
    let message = open_message(&mut own.key(db).await?.reader(), row);
    let run = sql!(
        fetch_optional,
        RunRow,
        db,
        "SELECT run_id, conversation_id, id, status, model FROM messages
          WHERE conversation_id = $1 AND parent_id = $2 AND owner = $3 AND run_id IS NOT NULL ORDER BY id DESC LIMIT 1",
        message.conversation_id,
        message.id,
        owner,
    )?;
    let conversation = find_conversation(db, own, message.conversation_id).await?;
    Ok(match (conversation, run) {
        (Some(conversation), Some(run)) => {
            Some(Accepted { conversation, message, run: run.into(), seq: None })
        }
        _ => None,
    })
}

pub(super) async fn find_conversation(
    db: &mut impl Connection,
    own: Own<'_>,
    id: ConversationId,
) -> Result<Option<Conversation>> {
    let Some(row) = find_row(db, own.owner, id).await? else { return Ok(None) };
    Ok(Some(open_conversation(&mut own.key(db).await?.reader(), row)))
}

/// A conversation and the leaf of the branch that is shown.
pub(super) async fn find_with_head(
    db: &mut impl Connection,
    own: Own<'_>,
    id: ConversationId,
) -> Result<(Conversation, Option<MessageId>)> {
    let row = find_row(db, own.owner, id).await?.ok_or(Error::NotFound(What::Conversation))?;
    let head = row.head;
    Ok((open_conversation(&mut own.key(db).await?.reader(), row), head))
}

/// The leaf of the branch that is shown.
pub(super) async fn find_head(
    db: &mut impl Connection,
    owner: UserId,
    id: ConversationId,
) -> Result<Option<MessageId>> {
    Ok(find_row(db, owner, id).await?.ok_or(Error::NotFound(What::Conversation))?.head)
}

async fn find_row(
    db: &mut impl Connection,
    owner: UserId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    Ok(sql!(
        fetch_optional, ConversationRow,
        db,
        "SELECT c.id, c.title, c.model, c.head, c.created_at, c.updated_at,
                EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.status = 'streaming') AS running
           FROM conversations c WHERE c.id = $1 AND c.owner = $2",
        id,
        owner,
    )?)
}

/// Newest first, after the cursor (time of the last change, id).
pub(super) async fn list_conversations(
    db: &mut impl Connection,
    own: Own<'_>,
    after: Option<(Timestamp, ConversationId)>,
    limit: i64,
) -> Result<Vec<Conversation>> {
    let (time, id) = after.unzip();
    let rows = sql!(
        fetch_all, ConversationRow,
        db,
        "SELECT c.id, c.title, c.model, c.head, c.created_at, c.updated_at,
                EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.status = 'streaming') AS running
           FROM conversations c
          WHERE c.owner = $1 AND ($2 IS NULL OR c.updated_at < $2 OR (c.updated_at = $2 AND c.id < $3))
          ORDER BY c.updated_at DESC, c.id DESC LIMIT $4",
        own.owner,
        time,
        id,
        limit,
    )?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = own.key(db).await?;
    let mut reader = key.reader();
    Ok(rows.into_iter().map(|row| open_conversation(&mut reader, row)).collect())
}

pub(super) async fn update_conversation(
    tx: &mut Tx,
    own: Own<'_>,
    id: ConversationId,
    title: Option<Vec<u8>>,
    model: Option<String>,
) -> Result<Option<Conversation>> {
    sql!(
        execute,
        tx,
        "UPDATE conversations SET title = COALESCE($3, title), model = COALESCE($4, model) WHERE id = $1 AND owner = $2",
        id,
        own.owner,
        title,
        model,
    )?;
    find_conversation(tx, own, id).await
}

pub(super) async fn delete_conversation(tx: &mut Tx, owner: UserId, id: ConversationId) -> Result<bool> {
    Ok(sql!(execute, tx, "DELETE FROM conversations WHERE id = $1 AND owner = $2", id, owner)? > 0)
}

/// `leaf` and its ancestors, leaf first, at most `limit` of them.
pub(super) async fn list_branch(
    db: &mut impl Connection,
    own: Own<'_>,
    leaf: MessageId,
    limit: i64,
) -> Result<Vec<Message>> {
    let rows = sql!(
        fetch_all, MessageRow,
        db,
        "WITH RECURSIVE branch (id, parent_id, depth) AS (
             SELECT m.id, m.parent_id, CAST(0 AS BIGINT) FROM messages m WHERE m.id = $1 AND m.owner = $2
              UNION ALL
             SELECT m.id, m.parent_id, b.depth + 1
               FROM branch b JOIN messages m ON m.id = b.parent_id
              WHERE b.depth + 1 < $3 AND m.owner = $2
         )
         SELECT m.id, m.conversation_id, m.parent_id, m.role, m.content, m.thinking, m.status, m.error_code,
                m.error_detail, m.model, m.prompt_tokens, m.completion_tokens, m.history_cut, m.created_at, m.finished_at
           FROM branch b JOIN messages m ON m.id = b.id
          ORDER BY b.depth",
        leaf,
        own.owner,
        limit,
    )?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = own.key(db).await?;
    let mut reader = key.reader();
    Ok(rows.into_iter().map(|row| open_message(&mut reader, row)).collect())
}

/// The parent of a message in this conversation.
pub(super) async fn find_parent(
    db: &mut impl Connection,
    owner: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<MessageId>> {
    let row = sql!(
        fetch_optional,
        (Option<MessageId>,),
        db,
        "SELECT parent_id FROM messages WHERE id = $1 AND conversation_id = $2 AND owner = $3",
        id,
        conversation,
        owner,
    )?;
    row.map(|(parent,)| parent).ok_or(Error::NotFound(What::Message))
}

pub(super) async fn find_message(
    db: &mut impl Connection,
    own: Own<'_>,
    id: MessageId,
) -> Result<Option<Message>> {
    Ok(list_branch(db, own, id, 1).await?.pop())
}
