//! Events, live: whoever is subscribed watches a conversation from a cursor.
//!
//! A topic keeps the tail of its events, and each subscriber keeps only how far it has read. Publishing therefore never waits for
//! anybody and holds nothing per subscriber: a slow reader falls behind in a bounded tail and is told to resync, no more.

mod hub;
pub mod socket;

pub use hub::{Hub, Lag, Published, Subscription, Topic, Waker};
