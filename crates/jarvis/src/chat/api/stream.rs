//! An answer as server-sent events (WHATWG HTML, 9.2): `event` is the type, `data` the JSON of the socket.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::auth::Actor;
use crate::chat::{Accepted, Chats, Event};
use crate::error::Result;
use crate::live::{Lag, Published, Subscription, Topic, Waker};

/// Events written at once.
const BATCH: usize = 64;
/// The type after which nothing more comes.
const LAST: &str = "message.finished";

/// A comment is sent when nothing else was for this long, so that proxies keep the connection and a dead one is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The answer to what was just accepted, from its first event to its last. What was accepted before comes as its end alone.
pub(super) async fn events(chats: &Chats, actor: &Actor, accepted: &Accepted) -> Result<Response> {
    let waker = Waker::default();
    let topic = Topic::Conversation(accepted.conversation.id);
    let body = match accepted.seq.map(|seq| chats.hub().subscribe(topic, Some(seq), &waker)) {
        Some(Ok(subscription)) => Body::from_stream(stream::unfold(Some((subscription, waker)), next)),
        Some(Err(Lag)) | None => {
            let message = chats.answer(actor, accepted).await?;
            let event = Event::finished(&message, Duration::ZERO);
            let seq = chats.hub().cursor();
            Body::from(write(&[Published { seq, kind: event.kind(), json: event.to_json(seq) }]))
        }
    };
    Ok(([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")], body).into_response())
}

type State = Option<(Subscription, Waker)>;

async fn next(state: State) -> Option<(Result<Bytes, Infallible>, State)> {
    let (mut subscription, waker) = state?;
    let mut events = Vec::new();
    loop {
        match subscription.read(BATCH, &mut events) {
            // Too slow for the tail: the answer goes on without this reader, who finds it in the conversation.
            Err(Lag) => {
                return Some((
                    Ok(Bytes::from_static(b"event: resync\ndata: {\"type\":\"resync\"}\n\n")),
                    None,
                ));
            }
            Ok(_) if events.is_empty() => {
                if tokio::time::timeout(KEEP_ALIVE, waker.notified()).await.is_err() {
                    return Some((Ok(Bytes::from_static(b": keep-alive\n\n")), Some((subscription, waker))));
                }
            }
            Ok(_) => break,
        }
    }
    let ended = events.iter().any(|event| event.kind == LAST);
    let bytes = write(&events);
    Some((Ok(bytes), (!ended).then_some((subscription, waker))))
}

fn write(events: &[Published]) -> Bytes {
    let size = events.iter().map(|event| event.json.len() + event.kind.len() + 18).sum();
    let mut out = BytesMut::with_capacity(size);
    for event in events {
        for part in [b"event: ", event.kind.as_bytes(), b"\ndata: ", &event.json, b"\n\n"] {
            out.put_slice(part);
        }
    }
    out.freeze()
}
