//! What of a row is sealed, and for which place. Beside the row's own id, everything that makes a message what it is belongs to its place:
//! moved to another conversation, hung below another message or put into another mouth, it does not open.

use uuid::Uuid;

use super::rows::{ConversationRow, MessageRow};
use crate::chat::{Author, Conversation, Failure, Message, Usage};
use crate::error::Result;
use crate::ids::{ConversationId, MessageId};
use crate::vault::{Damaged, PersonKey, Reader, Spot};

const ID: usize = 16;
/// Id, conversation, parent (zeros for none), author.
type MessagePlace = [u8; 3 * ID + 1];

/// A message whose texts are sealed.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) struct Rooted {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub parent: Option<MessageId>,
    pub role: Author,
}

/// The sealed texts of a message.
pub(super) struct Texts {
    pub(super) content: Vec<u8>,
    pub(super) thinking: Option<Vec<u8>>,
    pub(super) error_detail: Option<Vec<u8>>,
}

impl Rooted {
    fn place(self) -> MessagePlace {
        let parent = self.parent.map_or(Uuid::nil(), |parent| parent.0);
        let parts = [self.id.0, self.conversation.0, parent];
        let mut place = [0; 3 * ID + 1];
        let (ids, role) = place.split_at_mut(3 * ID);
        ids.chunks_exact_mut(ID).zip(parts).for_each(|(to, id)| to.copy_from_slice(id.as_bytes()));
        role.fill(match self.role {
            Author::User => 1,
            Author::Assistant => 2,
        });
        place
    }

    /// Seals the texts of this message, together: which of them there are is part of the content's place, so that none is taken away.
    pub(super) fn seal(
        self,
        key: &PersonKey,
        content: &str,
        thinking: Option<&str>,
        error_detail: Option<&str>,
    ) -> Result<Texts> {
        let row = self.place();
        let seal = |column, text: &str| key.seal(spot(column, self.id, &row), text);
        Ok(Texts {
            content: seal(content_with(thinking.is_some(), error_detail.is_some()), content)?,
            thinking: thinking.map(|text| seal("thinking", text)).transpose()?,
            error_detail: error_detail.map(|text| seal("error_detail", text)).transpose()?,
        })
    }
}

impl Message {
    pub(in crate::chat) fn rooted(&self) -> Rooted {
        let (id, conversation, parent) = (self.id, self.conversation_id, self.parent_id);
        Rooted { id, conversation, parent, role: self.role }
    }

    pub(super) fn seal(&self, key: &PersonKey) -> Result<Texts> {
        let error = self.error.as_ref().map(|error| error.detail.as_str());
        self.rooted().seal(key, &self.content, self.thinking.as_deref(), error)
    }
}

fn spot<'a>(column: &'static str, id: MessageId, row: &'a MessagePlace) -> Spot<'a> {
    Spot { table: "messages", column, row, id: id.0 }
}

fn content_with(thinking: bool, error: bool) -> &'static str {
    match (thinking, error) {
        (false, false) => "content",
        (true, false) => "content, thinking",
        (false, true) => "content, error_detail",
        (true, true) => "content, thinking, error_detail",
    }
}

/// The sealed title of a conversation.
pub(in crate::chat) fn seal_title(key: &PersonKey, id: ConversationId, title: &str) -> Result<Vec<u8>> {
    key.seal(title_spot(&id), title)
}

fn title_spot(id: &ConversationId) -> Spot<'_> {
    Spot { table: "conversations", column: "title", row: id.0.as_bytes(), id: id.0 }
}

/// The title and whether it is damaged; then it is empty.
pub(super) fn open_title(
    reader: &mut Reader<'_>,
    id: ConversationId,
    title: Option<Vec<u8>>,
) -> (String, bool) {
    match reader.open(title_spot(&id), title) {
        Ok(title) => (title, false),
        Err(Damaged) => (String::new(), true),
    }
}

pub(super) fn open_conversation(reader: &mut Reader<'_>, row: ConversationRow) -> Conversation {
    let ConversationRow { id, title, model, created_at, updated_at, running, head: _ } = row;
    let (title, damaged) = open_title(reader, id, title);
    Conversation { id, title, model, created_at, updated_at, running, damaged }
}

/// The message; with empty texts if one of them does not open.
pub(super) fn open_message(reader: &mut Reader<'_>, row: MessageRow) -> Message {
    let rooted =
        Rooted { id: row.id, conversation: row.conversation_id, parent: row.parent_id, role: row.role };
    let (place, error_code) = (rooted.place(), row.error_code);
    let spot = |column| spot(column, row.id, &place);
    let column = content_with(row.thinking.is_some(), row.error_detail.is_some());
    let open = || {
        let content = reader.open(spot(column), row.content)?;
        let thinking = row.thinking.map(|record| reader.open(spot("thinking"), Some(record))).transpose()?;
        let detail =
            row.error_detail.map(|record| reader.open(spot("error_detail"), Some(record))).transpose()?;
        Ok((content, thinking, detail))
    };
    let opened: Result<_, Damaged> = open();
    let damaged = opened.is_err();
    let (content, thinking, detail) = opened.unwrap_or_default();
    Message {
        id: row.id,
        conversation_id: row.conversation_id,
        parent_id: row.parent_id,
        role: row.role,
        content,
        thinking,
        status: row.status,
        error: error_code.map(|code| Failure { code, detail: detail.unwrap_or_default() }),
        model: row.model,
        usage: row
            .prompt_tokens
            .zip(row.completion_tokens)
            .map(|(prompt_tokens, completion_tokens)| Usage { prompt_tokens, completion_tokens }),
        history_cut: row.history_cut,
        created_at: row.created_at,
        finished_at: row.finished_at,
        damaged,
    }
}
