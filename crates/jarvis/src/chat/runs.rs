//! The answers being written in this process: what has come so far, and how to stop them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::chat::Message;
use crate::ids::ConversationId;
use crate::live::Hub;

/// Every answer being written here, by conversation: one each.
#[derive(Clone, Default)]
pub(super) struct Runs(Arc<Mutex<HashMap<ConversationId, Arc<Live>>>>);

/// One answer being written.
pub(super) struct Live {
    text: Mutex<Text>,
    pub(super) stop: CancellationToken,
    /// The stored end, once there is one.
    end: watch::Sender<Option<Message>>,
}

#[derive(Default, Clone)]
pub(super) struct Text {
    pub content: String,
    pub thinking: String,
}

impl Runs {
    pub(super) fn begin(&self, conversation: ConversationId) -> Arc<Live> {
        let live = Arc::new(Live {
            text: Mutex::default(),
            stop: CancellationToken::new(),
            end: watch::Sender::new(None),
        });
        lock(&self.0).insert(conversation, Arc::clone(&live));
        live
    }

    pub(super) fn find(&self, conversation: ConversationId) -> Option<Arc<Live>> {
        lock(&self.0).get(&conversation).cloned()
    }

    /// Takes the run out and tells those who wait for its end.
    pub(super) fn end(&self, message: Message) {
        if let Some(live) = lock(&self.0).remove(&message.conversation_id) {
            live.end.send_replace(Some(message));
        }
    }
}

impl Live {
    /// Changes the text and publishes the change as one step, so that a snapshot never holds half of it.
    pub(super) fn append<T>(&self, change: impl FnOnce(&mut Text) -> T) -> T {
        change(&mut lock(&self.text))
    }

    /// What has come so far, and the cursor after which the rest is published.
    pub(super) fn snapshot(&self, hub: &Hub) -> (Text, u64) {
        let text = lock(&self.text);
        (text.clone(), hub.cursor())
    }

    /// The message as it was stored at the end; None if the writer died without storing one.
    pub(super) async fn ended(&self) -> Option<Message> {
        let mut end = self.end.subscribe();
        let found = end.wait_for(Option::is_some).await.ok()?;
        found.clone()
    }
}

/// A panic while holding one of these locks leaves nothing half done, so the next one goes on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
