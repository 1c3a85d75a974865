//! Reading conversations: lists, pages of messages, and the answer that is being written.

use crate::auth::Actor;
use crate::chat::{Accepted, Chats, Conversation, Message, Status, store};
use crate::error::{Error, Result, What};
use crate::ids::{ConversationId, MessageId};

/// Part of a list, and where the next part begins.
pub struct Page<T, C> {
    pub items: Vec<T>,
    pub next: Option<C>,
}

/// The place of a conversation in the list: its last change, its id.
pub(super) type ListCursor = (crate::clock::Timestamp, ConversationId);

impl Chats {
    /// Newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        after: Option<ListCursor>,
        limit: u32,
    ) -> Result<Page<Conversation, ListCursor>> {
        let own = self.vault.own(actor.user);
        let mut reader = self.db.read().await?;
        let items = store::list_conversations(&mut reader, own, after, i64::from(limit) + 1).await?;
        Ok(page(items, limit, |last: &Conversation| (last.updated_at, last.id)))
    }

    /// The branch that is shown, oldest first, ending before `before` or at its leaf; and the cursor after which to subscribe.
    pub async fn messages(
        &self,
        actor: &Actor,
        id: ConversationId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<(Page<Message, MessageId>, u64)> {
        // Before the rows are read: what is published meanwhile is then seen twice at worst, never missed.
        let live = self.runs.find(id).map(|live| (live.snapshot(&self.hub), live));
        let cursor = live.as_ref().map_or_else(|| self.hub.cursor(), |((_, cursor), _)| *cursor);
        let own = self.vault.own(actor.user);
        let mut reader = self.db.read().await?;
        let head = store::find_head(&mut reader, actor.user, id).await?;
        let leaf = match before {
            Some(before) => store::find_parent(&mut reader, actor.user, id, before).await?,
            None => head,
        };
        let items = match leaf {
            Some(leaf) => store::list_branch(&mut reader, own, leaf, i64::from(limit) + 1).await?,
            None => Vec::new(),
        };
        let mut page = page(items, limit, |last: &Message| last.id);
        page.items.reverse();
        if let (Some(((text, _), live)), Some(last)) = (live, page.items.last_mut())
            && last.status == Status::Streaming
            && live.is(last.id)
        {
            last.thinking = text.thinking().map(str::to_owned);
            last.content = text.content;
            last.damaged = false;
        }
        Ok((page, cursor))
    }

    /// Waits for the answer to an accepted question and gives it as it was stored.
    pub async fn answer(&self, actor: &Actor, accepted: &Accepted) -> Result<Message> {
        if let Some(live) = self.runs.find(accepted.conversation.id)
            && live.is(accepted.run.message_id)
            && let Some(message) = live.ended().await
        {
            return Ok(message);
        }
        let own = self.vault.own(actor.user);
        let mut reader = self.db.read().await?;
        let found = store::find_message(&mut reader, own, accepted.run.message_id).await?;
        found.ok_or(Error::NotFound(What::Message))
    }
}

/// Cuts the one more that was asked for; `cursor` is taken from the last that stays.
fn page<T, C>(mut items: Vec<T>, limit: u32, cursor: impl FnOnce(&T) -> C) -> Page<T, C> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(cursor) } else { None };
    Page { items, next }
}
