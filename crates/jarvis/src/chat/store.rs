//! The rows of `conversations`, `messages` and `runs`. The owner is in every `WHERE`: a miss is "not found".

mod answers;
mod rows;

use crate::chat::{
    Accepted, Author, ChatText, ClientId, Conversation, Message, Run, RunStatus, Status, Title,
};
use crate::clock::Timestamp;
use crate::db::{Connection, Tx, sql, unique};
use crate::error::{Error, Result, What, Why};
use crate::ids::{ConversationId, MessageId, RunId, UserId};
pub(super) use answers::{checkpoint, finish, interrupt_orphans};
use rows::{ConversationRow, MessageRow, RunRow};

/// Where a new message goes and whose it is.
pub(super) struct NewMessage<'a> {
    pub owner: UserId,
    pub parent: Option<MessageId>,
    pub key: Option<&'a ClientId>,
    pub now: Timestamp,
}

pub(super) async fn insert_conversation(
    tx: &mut Tx,
    owner: UserId,
    title: Title,
    model: Option<String>,
    now: Timestamp,
) -> Result<Conversation> {
    let id = ConversationId::new();
    sql!(
        execute,
        tx,
        "INSERT INTO conversations (id, owner, title, model, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
        id,
        owner,
        title.as_str(),
        &model,
        now,
    )?;
    let title = title.as_str().to_owned();
    Ok(Conversation { id, title, model, created_at: now, updated_at: now, running: false })
}

/// The conversation and its leaf; its row stays locked until the transaction ends, and it counts as used now.
pub(super) async fn lock_conversation(
    tx: &mut Tx,
    owner: UserId,
    id: ConversationId,
    now: Timestamp,
) -> Result<(Conversation, Option<MessageId>)> {
    let row = sql!(
        fetch_optional, ConversationRow,
        tx,
        "UPDATE conversations SET updated_at = $3 WHERE id = $1 AND owner = $2
         RETURNING id, title, model, head, created_at, updated_at,
                   EXISTS (SELECT 1 FROM runs r WHERE r.conversation_id = $1 AND r.status = 'running') AS running",
        id,
        owner,
        now,
    )?;
    let row = row.ok_or(Error::NotFound(What::Conversation))?;
    if row.running {
        return Err(Error::Conflict(Why::RunInProgress));
    }
    let head = row.head;
    Ok((row.into(), head))
}

pub(super) async fn insert_question(
    tx: &mut Tx,
    conversation: &Conversation,
    new: &NewMessage<'_>,
    text: &ChatText,
) -> Result<Message> {
    let message = Message {
        content: text.as_str().to_owned(),
        finished_at: Some(new.now),
        ..blank(conversation.id, new.parent, Author::User, Status::Completed, new.now)
    };
    insert_message(tx, new.owner, new.key, &message).await?;
    Ok(message)
}

/// An empty answer below `question`, which becomes the conversation's leaf.
pub(super) async fn insert_answer(
    tx: &mut Tx,
    owner: UserId,
    question: &Message,
    model: &str,
    now: Timestamp,
) -> Result<Message> {
    let parent = Some(question.id);
    let message = Message {
        model: Some(model.to_owned()),
        ..blank(question.conversation_id, parent, Author::Assistant, Status::Streaming, now)
    };
    insert_message(tx, owner, None, &message).await?;
    sql!(
        execute,
        tx,
        "UPDATE conversations SET head = $2 WHERE id = $1",
        question.conversation_id,
        message.id
    )?;
    Ok(message)
}

async fn insert_message(tx: &mut Tx, owner: UserId, key: Option<&ClientId>, message: &Message) -> Result<()> {
    let done = sql!(
        execute, tx,
        "INSERT INTO messages (id, conversation_id, owner, parent_id, role, content, status, model, history_cut,
                               client_id, created_at, finished_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11)",
        message.id,
        message.conversation_id,
        owner,
        message.parent_id,
        message.role,
        &message.content,
        message.status,
        &message.model,
        key.map(ClientId::as_str),
        message.created_at,
        message.finished_at,
    );
    unique(done, Why::AlreadySent)?;
    Ok(())
}

pub(super) async fn insert_run(
    tx: &mut Tx,
    owner: UserId,
    answer: &Message,
    model: &str,
    now: Timestamp,
) -> Result<Run> {
    let id = RunId::new();
    let done = sql!(
        execute,
        tx,
        "INSERT INTO runs (id, conversation_id, message_id, owner, model, status, started_at)
         VALUES ($1, $2, $3, $4, $5, 'running', $6)",
        id,
        answer.conversation_id,
        answer.id,
        owner,
        model,
        now,
    );
    unique(done, Why::RunInProgress)?;
    let (conversation_id, message_id) = (answer.conversation_id, answer.id);
    Ok(Run { id, conversation_id, message_id, status: RunStatus::Running, model: model.to_owned() })
}

/// What was accepted under this key before.
pub(super) async fn find_by_key(
    db: &mut impl Connection,
    owner: UserId,
    key: &ClientId,
) -> Result<Option<Accepted>> {
    let message = sql!(
        fetch_optional, MessageRow,
        db,
        "SELECT id, conversation_id, parent_id, role, content, thinking, status, error_code, error_detail, model,
                prompt_tokens, completion_tokens, history_cut, created_at, finished_at
           FROM messages WHERE owner = $1 AND client_id = $2",
        owner,
        key.as_str(),
    )?;
    let Some(message) = message.map(Message::from) else { return Ok(None) };
    let run = sql!(
        fetch_optional,
        RunRow,
        db,
        "SELECT r.id, r.conversation_id, r.message_id, r.status, r.model
           FROM runs r JOIN messages m ON m.id = r.message_id
          WHERE m.parent_id = $1 AND r.owner = $2
          ORDER BY r.id DESC LIMIT 1",
        message.id,
        owner,
    )?;
    let conversation = find_conversation(db, owner, message.conversation_id).await?;
    Ok(match (conversation, run) {
        (Some(conversation), Some(run)) => {
            Some(Accepted { conversation, message, run: run.into(), seq: None })
        }
        _ => None,
    })
}

pub(super) async fn find_conversation(
    db: &mut impl Connection,
    owner: UserId,
    id: ConversationId,
) -> Result<Option<Conversation>> {
    Ok(find_row(db, owner, id).await?.map(Conversation::from))
}

/// The leaf of the branch that is shown.
pub(super) async fn find_head(
    db: &mut impl Connection,
    owner: UserId,
    id: ConversationId,
) -> Result<Option<MessageId>> {
    find_row(db, owner, id).await?.map(|row| row.head).ok_or(Error::NotFound(What::Conversation))
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
                EXISTS (SELECT 1 FROM runs r WHERE r.conversation_id = c.id AND r.status = 'running') AS running
           FROM conversations c WHERE c.id = $1 AND c.owner = $2",
        id,
        owner,
    )?)
}

/// Newest first, after the cursor (time of the last change, id).
pub(super) async fn list_conversations(
    db: &mut impl Connection,
    owner: UserId,
    after: Option<(Timestamp, ConversationId)>,
    limit: i64,
) -> Result<Vec<Conversation>> {
    let (time, id) = after.unzip();
    let rows = sql!(
        fetch_all, ConversationRow,
        db,
        "SELECT c.id, c.title, c.model, c.head, c.created_at, c.updated_at,
                EXISTS (SELECT 1 FROM runs r WHERE r.conversation_id = c.id AND r.status = 'running') AS running
           FROM conversations c
          WHERE c.owner = $1 AND ($2 IS NULL OR c.updated_at < $2 OR (c.updated_at = $2 AND c.id < $3))
          ORDER BY c.updated_at DESC, c.id DESC LIMIT $4",
        owner,
        time,
        id,
        limit,
    )?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

pub(super) async fn update_conversation(
    tx: &mut Tx,
    owner: UserId,
    id: ConversationId,
    title: Option<&Title>,
    model: Option<String>,
) -> Result<Option<Conversation>> {
    sql!(
        execute,
        tx,
        "UPDATE conversations SET title = COALESCE($3, title), model = COALESCE($4, model) WHERE id = $1 AND owner = $2",
        id,
        owner,
        title.map(Title::as_str),
        model,
    )?;
    find_conversation(tx, owner, id).await
}

pub(super) async fn delete_conversation(tx: &mut Tx, owner: UserId, id: ConversationId) -> Result<bool> {
    Ok(sql!(execute, tx, "DELETE FROM conversations WHERE id = $1 AND owner = $2", id, owner)? > 0)
}

/// `leaf` and its ancestors, leaf first, at most `limit` of them.
pub(super) async fn list_branch(
    db: &mut impl Connection,
    owner: UserId,
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
        owner,
        limit,
    )?;
    Ok(rows.into_iter().map(Message::from).collect())
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
    owner: UserId,
    id: MessageId,
) -> Result<Option<Message>> {
    Ok(list_branch(db, owner, id, 1).await?.pop())
}

/// The youngest question at or above `leaf`.
pub(super) async fn last_question(tx: &mut Tx, owner: UserId, leaf: MessageId) -> Result<Option<Message>> {
    // A leaf is an answer below its question, so two are enough.
    Ok(list_branch(tx, owner, leaf, 2).await?.into_iter().find(|message| message.role == Author::User))
}

fn blank(
    conversation_id: ConversationId,
    parent_id: Option<MessageId>,
    role: Author,
    status: Status,
    created_at: Timestamp,
) -> Message {
    Message {
        id: MessageId::new(),
        conversation_id,
        parent_id,
        role,
        content: String::new(),
        thinking: None,
        status,
        error: None,
        model: None,
        usage: None,
        history_cut: 0,
        created_at,
        finished_at: None,
    }
}
