//! The hub: topics, their tails, and who is to be woken.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};

/// Events that one topic keeps, and their bytes: whichever is reached first.
const TAIL_EVENTS: usize = 2048;
const TAIL_BYTES: usize = 512 * 1024;

/// What one can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Everything that happens in a conversation.
    Conversation(ConversationId),
    /// What concerns all of a person's open pages: conversations made, renamed, deleted.
    User(UserId),
}

/// Wakes one reader, who may hold several subscriptions.
pub type Waker = Arc<Notify>;

/// An event as it goes out.
#[derive(Debug, Clone)]
pub struct Published {
    pub seq: u64,
    /// Its `type`.
    pub kind: &'static str,
    /// Its JSON text, `type` and `seq` included.
    pub json: Bytes,
}

/// The reader was too slow, or its cursor is older than what is kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Lag;

/// Numbers events, keeps their tail and wakes subscribers. One for the process.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    topics: Mutex<HashMap<Topic, Arc<Channel>>>,
    /// The last number given to any event. It starts at the clock's microseconds, so that a cursor from before a restart is
    /// always older than everything after it.
    last_seq: AtomicU64,
    /// The last number that a topic no longer kept may have used.
    forgotten: AtomicU64,
}

struct Channel {
    state: Mutex<State>,
}

struct State {
    tail: VecDeque<Published>,
    bytes: usize,
    /// The last number that has left the tail.
    dropped: u64,
    readers: Vec<Weak<Notify>>,
}

/// A reader's place in a topic.
pub struct Subscription {
    channel: Arc<Channel>,
    cursor: u64,
    waker: Waker,
}

impl Hub {
    /// `now` makes the numbers of this process greater than those of the one before it.
    pub fn new(now: Timestamp) -> Self {
        let start = u64::try_from(now.micros()).unwrap_or_default();
        Self(Arc::new(Shared {
            topics: Mutex::default(),
            last_seq: AtomicU64::new(start),
            forgotten: AtomicU64::new(start),
        }))
    }

    /// Numbers an event, keeps it and wakes the topic's subscribers. `write` gets the number and gives the event's type and JSON text.
    pub fn publish(&self, topic: Topic, write: impl FnOnce(u64) -> (&'static str, Bytes)) -> u64 {
        let channel = self.channel(topic);
        let mut state = lock(&channel.state);
        // Under the topic's lock, so that a topic's numbers only grow.
        let seq = self.0.last_seq.fetch_add(1, Ordering::SeqCst) + 1;
        let (kind, json) = write(seq);
        // However large, the last one takes no room from those before it: who is nearly up to date gets the end of a long answer too.
        while state.tail.len() >= TAIL_EVENTS || state.bytes > TAIL_BYTES {
            let Some(oldest) = state.tail.pop_front() else { break };
            state.bytes -= oldest.json.len();
            state.dropped = oldest.seq;
        }
        state.bytes += json.len();
        state.tail.push_back(Published { seq, kind, json });
        state.readers.retain(|reader| reader.upgrade().inspect(|waker| waker.notify_one()).is_some());
        seq
    }

    /// A cursor for "from now on".
    pub fn cursor(&self) -> u64 {
        self.0.last_seq.load(Ordering::SeqCst)
    }

    /// Subscribes after `cursor`, or from now on.
    ///
    /// # Errors
    /// [`Lag`] when events after `cursor` may be gone.
    pub fn subscribe(&self, topic: Topic, cursor: Option<u64>, waker: &Waker) -> Result<Subscription, Lag> {
        let channel = self.channel(topic);
        let mut state = lock(&channel.state);
        let last = self.cursor();
        let cursor = cursor.unwrap_or(last);
        if cursor < state.dropped || cursor > last {
            return Err(Lag);
        }
        state.readers.retain(|reader| reader.strong_count() > 0);
        state.readers.push(Arc::downgrade(waker));
        drop(state);
        waker.notify_one();
        Ok(Subscription { channel, cursor, waker: Arc::clone(waker) })
    }

    /// Forgets topics that nobody reads and that `active` does not name. A later cursor from before is answered with [`Lag`].
    pub fn sweep(&self, active: impl Fn(&Topic) -> bool) {
        let mut topics = lock(&self.0.topics);
        let before = topics.len();
        topics.retain(|topic, channel| active(topic) || Arc::strong_count(channel) > 1);
        if topics.len() < before {
            self.0.forgotten.store(self.cursor(), Ordering::SeqCst);
        }
    }

    fn channel(&self, topic: Topic) -> Arc<Channel> {
        let mut topics = lock(&self.0.topics);
        let channel = topics.entry(topic).or_insert_with(|| {
            let dropped = self.0.forgotten.load(Ordering::SeqCst);
            let state = State { tail: VecDeque::new(), bytes: 0, dropped, readers: Vec::new() };
            Arc::new(Channel { state: Mutex::new(state) })
        });
        Arc::clone(channel)
    }
}

impl Subscription {
    /// Moves up to `max` events after the cursor to `out`, oldest first. True when there are more.
    ///
    /// # Errors
    /// [`Lag`] when the tail has moved past the cursor.
    pub fn read(&mut self, max: usize, out: &mut Vec<Published>) -> Result<bool, Lag> {
        let state = lock(&self.channel.state);
        if self.cursor < state.dropped {
            return Err(Lag);
        }
        let start = state.tail.partition_point(|event| event.seq <= self.cursor);
        for event in state.tail.iter().skip(start).take(max) {
            self.cursor = event.seq;
            out.push(event.clone());
        }
        Ok(start.saturating_add(max) < state.tail.len())
    }

    /// The number after which the next event is read.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let waker = Arc::downgrade(&self.waker);
        let mut state = lock(&self.channel.state);
        // Only one entry: a reader may have subscribed to the same topic again.
        if let Some(at) = state.readers.iter().position(|reader| reader.ptr_eq(&waker)) {
            state.readers.swap_remove(at);
        }
    }
}

/// A panic while holding one of these locks leaves nothing half done, so the next one goes on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> (Hub, Topic) {
        (Hub::new(Timestamp::from_micros(1_000_000)), Topic::Conversation(ConversationId::new()))
    }

    fn publish(hub: &Hub, topic: Topic, count: usize) -> u64 {
        (0..count).fold(0, |_, _| hub.publish(topic, |seq| ("test", Bytes::from(seq.to_string()))))
    }

    fn read(subscription: &mut Subscription) -> Result<usize, Lag> {
        let mut out = Vec::new();
        while subscription.read(100, &mut out)? {}
        Ok(out.len())
    }

    #[test]
    fn a_reader_gets_what_came_after_its_cursor() {
        let (hub, topic) = hub();
        let cursor = publish(&hub, topic, 3);
        publish(&hub, topic, 250);
        let mut reader =
            hub.subscribe(topic, Some(cursor), &Waker::default()).unwrap_or_else(|_| panic!("lag"));
        assert_eq!(read(&mut reader), Ok(250));
        assert_eq!(read(&mut reader), Ok(0));
        publish(&hub, topic, 1);
        assert_eq!(read(&mut reader), Ok(1));
    }

    #[test]
    fn a_slow_reader_is_told_and_the_tail_stays_bounded() {
        let (hub, topic) = hub();
        let mut reader = hub.subscribe(topic, None, &Waker::default()).unwrap_or_else(|_| panic!("lag"));
        publish(&hub, topic, TAIL_EVENTS * 3);
        assert_eq!(read(&mut reader), Err(Lag));
        assert!(lock(&reader.channel.state).tail.len() <= TAIL_EVENTS);
    }

    #[test]
    fn an_event_larger_than_the_tail_leaves_room_for_those_before_it() {
        let (hub, topic) = hub();
        let mut reader = hub.subscribe(topic, None, &Waker::default()).unwrap_or_else(|_| panic!("lag"));
        let large = || Bytes::from(vec![b'x'; TAIL_BYTES + 1]);
        publish(&hub, topic, 1);
        hub.publish(topic, |_| ("test", large()));
        assert_eq!(read(&mut reader), Ok(2));
        hub.publish(topic, |_| ("test", large()));
        assert_eq!(lock(&reader.channel.state).tail.len(), 1);
    }

    #[test]
    fn a_cursor_of_another_life_or_of_the_future_is_refused() {
        let (hub, topic) = hub();
        assert!(hub.subscribe(topic, Some(999), &Waker::default()).is_err());
        assert!(hub.subscribe(topic, Some(hub.cursor() + 1), &Waker::default()).is_err());
        assert!(hub.subscribe(topic, Some(hub.cursor()), &Waker::default()).is_ok());
    }

    #[test]
    fn a_forgotten_topic_never_passes_for_a_quiet_one() {
        let (hub, topic) = hub();
        let before = hub.cursor();
        publish(&hub, topic, 2);
        hub.sweep(|_| false);
        assert!(hub.subscribe(topic, Some(before), &Waker::default()).is_err());
        assert!(hub.subscribe(topic, Some(hub.cursor()), &Waker::default()).is_ok());
    }

    #[test]
    fn leaving_takes_the_reader_out_of_the_topic() {
        let (hub, topic) = hub();
        let waker = Waker::default();
        let first = hub.subscribe(topic, None, &waker).unwrap_or_else(|_| panic!("lag"));
        let second = hub.subscribe(topic, None, &waker).unwrap_or_else(|_| panic!("lag"));
        drop(first);
        assert_eq!(lock(&second.channel.state).readers.len(), 1);
    }
}
