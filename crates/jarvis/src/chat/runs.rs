//! The answers being written in this process: what has come so far, and how to stop them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::chat::Message;
use crate::chat::store::Rooted;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::live::Hub;

/// Every answer being written here, by conversation: one each.
#[derive(Clone, Default)]
pub(super) struct Runs {
    live: Arc<Mutex<HashMap<ConversationId, Arc<Live>>>>,
    /// Places taken by each person: before the first of their questions is stored and until the last of their answers is.
    places: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// A place among the answers that one person may have written at once; free again when dropped.
pub(super) struct Place {
    owner: UserId,
    places: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// One answer being written.
pub(super) struct Live {
    owner: UserId,
    conversation: ConversationId,
    answer: Rooted,
    text: Mutex<Text>,
    pub(super) stop: CancellationToken,
    /// Cancelled with the first words.
    pub(super) spoken: CancellationToken,
    end: watch::Receiver<Option<Message>>,
}

/// The writer's hold on its answer. Dropped, the answer counts as written no more, whatever became of its writer.
pub(super) struct Hold {
    pub(super) live: Arc<Live>,
    /// The stored end, once there is one.
    end: watch::Sender<Option<Message>>,
    runs: Runs,
    _place: Place,
}

#[derive(Default, Clone)]
pub(super) struct Text {
    pub content: String,
    pub thinking: String,
    /// Something came since the last checkpoint.
    pub unsaved: bool,
}

impl Text {
    pub(super) fn thinking(&self) -> Option<&str> {
        Some(self.thinking.as_str()).filter(|thinking| !thinking.is_empty())
    }
}

impl Runs {
    /// Takes a place before anything is waited for, so that a hundred at once are counted too; None when `most` are taken.
    pub(super) fn reserve(&self, owner: UserId, most: usize) -> Option<Place> {
        let mut places = lock(&self.places);
        let taken = places.entry(owner).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Place { owner, places: Arc::clone(&self.places) })
    }

    pub(super) fn begin(&self, place: Place, answer: &Message) -> Hold {
        let owner = place.owner;
        let (sender, end) = watch::channel(None);
        let live = Arc::new(Live {
            owner,
            conversation: answer.conversation_id,
            answer: answer.rooted(),
            text: Mutex::default(),
            stop: CancellationToken::new(),
            spoken: CancellationToken::new(),
            end,
        });
        lock(&self.live).insert(live.conversation, Arc::clone(&live));
        Hold { live, end: sender, runs: self.clone(), _place: place }
    }

    pub(super) fn find(&self, conversation: ConversationId) -> Option<Arc<Live>> {
        lock(&self.live).get(&conversation).cloned()
    }

    pub(super) fn stop_all(&self, owner: UserId) {
        for live in lock(&self.live).values().filter(|live| live.owner == owner) {
            live.stop.cancel();
        }
    }

    /// What has come since this was last called, of every answer that grew.
    pub(super) fn take_unsaved(&self) -> Vec<(UserId, Rooted, Text)> {
        let lives: Vec<_> = lock(&self.live).values().cloned().collect();
        let grown = lives.iter().filter_map(|live| {
            let mut text = lock(&live.text);
            std::mem::take(&mut text.unsaved).then(|| (live.owner, live.answer, text.clone()))
        });
        grown.collect()
    }
}

impl Hold {
    /// Tells the stored end to those who wait for it.
    pub(super) fn end(&self, message: Message) {
        self.end.send_replace(Some(message));
        self.leave();
    }

    fn leave(&self) {
        let mut runs = lock(&self.runs.live);
        // The conversation's next answer may have begun already: it needs only this one's end to be stored.
        if runs.get(&self.live.conversation).is_some_and(|live| Arc::ptr_eq(live, &self.live)) {
            runs.remove(&self.live.conversation);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = lock(&self.places);
        if let Some(taken) = places.get_mut(&self.owner) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.owner);
            }
        }
    }
}

impl Live {
    /// Whether this is the answer that is written.
    pub(super) fn is(&self, message: MessageId) -> bool {
        self.answer.id == message
    }

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
        let mut end = self.end.clone();
        let found = end.wait_for(Option::is_some).await.ok()?;
        found.clone()
    }
}

/// A panic while holding one of these locks leaves nothing half done, so the next one goes on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
