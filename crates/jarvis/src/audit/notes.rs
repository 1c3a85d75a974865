//! Events without a change of their own: counted together, bounded, written soon.
//!
//! The first of its like is written at once; those that follow within a minute become one more, with their number. Of one kind, only so
//! many different ones are told apart in a minute: somebody who floods the server from a thousand networks fills neither the memory nor
//! the disk.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use super::event::{Event, Kind};
use crate::clock::Timestamp;
use crate::ids::UserId;

/// How long equal ones are counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// Different ones of one kind that are told apart within the window.
const TOLD_APART: usize = 30;
/// Events that wait to be written: some seconds' worth, should the database be away. More are counted and dropped.
const WAITING: usize = 1_000;
/// Events written in one transaction.
pub(super) const BATCH: usize = 200;

/// What was noted and is not written yet.
#[derive(Default)]
pub(super) struct Desk {
    waiting: Vec<(Timestamp, Event)>,
    seen: HashMap<String, Seen>,
    kinds: HashMap<Kind, usize>,
    dropped: i64,
}

struct Seen {
    event: Event,
    since: Timestamp,
    again: i64,
}

impl Desk {
    pub(super) fn note(&mut self, event: Event, now: Timestamp) {
        let mut key = key_of(&event);
        let told_apart = self.kinds.get(&event.kind).copied().unwrap_or_default();
        let event = if told_apart >= TOLD_APART && !self.seen.contains_key(&key) {
            // One of many: only their number is kept.
            key = event.kind.name().to_owned();
            Event { actor: None, subject: None, data: None, ..event }
        } else {
            event
        };
        match self.seen.entry(key) {
            Entry::Occupied(mut seen) => seen.get_mut().again = seen.get().again.saturating_add(event.times),
            Entry::Vacant(place) => {
                place.insert(Seen { event: event.clone(), since: now, again: 0 });
                *self.kinds.entry(event.kind).or_default() += 1;
                self.put(event, now);
            }
        }
    }

    fn put(&mut self, event: Event, now: Timestamp) {
        if self.waiting.len() < WAITING {
            self.waiting.push((now, event));
        } else {
            self.dropped = self.dropped.saturating_add(event.times);
        }
    }

    /// Takes what is to be written now, in the order in which it came. `all`: also what is still being counted.
    pub(super) fn take(&mut self, now: Timestamp, all: bool) -> Vec<(Timestamp, Event)> {
        let over = |seen: &Seen| all || now.since(seen.since) >= WINDOW || now < seen.since;
        let counted: Vec<Seen> = self.seen.extract_if(|_, seen| over(seen)).map(|(_, seen)| seen).collect();
        for Seen { event, again, .. } in counted {
            if let Entry::Occupied(mut count) = self.kinds.entry(event.kind) {
                *count.get_mut() = count.get().saturating_sub(1);
            }
            if again > 0 {
                self.put(Event { times: again, ..event }, now);
            }
        }
        if self.dropped > 0 && self.waiting.len() < WAITING {
            let event = Event::failed(Kind::EventsDropped).bare();
            self.waiting.push((now, Event { times: self.dropped, ..event }));
            self.dropped = 0;
        }
        self.waiting.drain(..self.waiting.len().min(BATCH)).collect()
    }

    /// Puts back what could not be written.
    pub(super) fn put_back(&mut self, mut events: Vec<(Timestamp, Event)>) {
        events.append(&mut self.waiting);
        self.waiting = events;
    }

    /// Forgets what is known of a person who is being erased: that it happened stays.
    pub(super) fn forget(&mut self, person: UserId) {
        let seen = self.seen.values_mut().map(|seen| &mut seen.event);
        for event in self.waiting.iter_mut().map(|(_, event)| event).chain(seen) {
            if event.actor.or(event.subject) == Some(person) {
                event.data = None;
            }
        }
    }
}

/// What makes two notes equal: all but the moment, the program and the request.
fn key_of(event: &Event) -> String {
    let (address, details) = match &event.data {
        Some(data) => (data.address.as_str(), serde_json::to_string(&data.details).unwrap_or_default()),
        None => ("", String::new()),
    };
    let id = |user: Option<UserId>| user.map(|user| user.to_string()).unwrap_or_default();
    let (kind, outcome) = (event.kind.name(), event.outcome.name());
    format!("{kind}|{outcome}|{}|{}|{address}|{details}", id(event.actor), id(event.subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn counts(events: Vec<(Timestamp, Event)>) -> Vec<(Kind, i64)> {
        events.into_iter().map(|(_, event)| (event.kind, event.times)).collect()
    }

    #[test]
    fn equal_ones_within_a_minute_become_one_with_their_number() {
        let mut desk = Desk::default();
        for second in 0..50 {
            desk.note(Event::failed(Kind::OriginRefused), after(second));
        }
        desk.note(Event::failed(Kind::OriginRefused).with("route", "/chat"), START);
        let kind = Kind::OriginRefused;
        assert_eq!(counts(desk.take(after(50), false)), [(kind, 1), (kind, 1)], "the first is told at once");
        assert_eq!(counts(desk.take(after(59), false)), []);
        assert_eq!(counts(desk.take(after(60), false)), [(kind, 49)]);
        desk.note(Event::failed(kind), after(61));
        assert_eq!(counts(desk.take(after(61), false)), [(kind, 1)], "another minute");
    }

    #[test]
    fn a_flood_of_different_ones_fills_nothing_and_is_counted_to_the_last() {
        let mut desk = Desk::default();
        for number in 0..1_000_000 {
            desk.note(Event::failed(Kind::LimitReached).with("from", number), START);
        }
        desk.note(Event::failed(Kind::HostRefused), START);
        let told = [desk.take(START, false), desk.take(START, true)].concat();
        assert!(told.len() <= TOLD_APART + 4, "{}", told.len());
        let all: i64 = told.iter().filter(|(_, e)| e.kind == Kind::LimitReached).map(|(_, e)| e.times).sum();
        assert_eq!(all, 1_000_000);
        assert!(told.iter().any(|(_, event)| event.kind == Kind::HostRefused), "one kind drowns no other");
        assert!(desk.seen.is_empty() && desk.kinds.values().all(|count| *count == 0));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_told() {
        let mut desk = Desk::default();
        for minute in 0..60 {
            for number in 0..TOLD_APART {
                let now = after(minute * 60);
                desk.note(Event::failed(Kind::LimitReached).with("from", number), now);
            }
            // Nobody writes: the database is away.
            let batch = desk.take(after(minute * 60 + 59), true);
            desk.put_back(batch);
        }
        assert!(desk.waiting.len() <= WAITING);
        let mut told = Vec::new();
        loop {
            let batch = desk.take(after(3_600), true);
            if batch.is_empty() {
                break;
            }
            told.extend(counts(batch));
        }
        let dropped: i64 = told.iter().filter(|(kind, _)| *kind == Kind::EventsDropped).map(|(_, n)| n).sum();
        let written: i64 = told.iter().filter(|(kind, _)| *kind == Kind::LimitReached).map(|(_, n)| n).sum();
        assert!(dropped > 0);
        assert_eq!(dropped + written, 60 * i64::try_from(TOLD_APART).unwrap());
    }

    #[test]
    fn a_clock_that_jumps_back_holds_nothing_up() {
        let mut desk = Desk::default();
        desk.note(Event::failed(Kind::HostRefused), after(3_600));
        desk.note(Event::failed(Kind::HostRefused), after(3_600));
        assert_eq!(counts(desk.take(START, false)).len(), 2);
    }

    #[test]
    fn the_erased_are_forgotten_before_they_are_written_down() {
        let (ada, bob) = (UserId::new(), UserId::new());
        let mut desk = Desk::default();
        for person in [ada, bob] {
            desk.note(Event::failed(Kind::SignInFailed).about(person).with("why", "wrong"), START);
            desk.note(Event::failed(Kind::SignInFailed).about(person).with("why", "wrong"), START);
        }
        desk.forget(ada);
        let told = desk.take(START, true);
        assert_eq!(told.len(), 4);
        assert!(told.iter().all(|(_, event)| event.data.is_none() == (event.subject == Some(ada))));
    }
}
