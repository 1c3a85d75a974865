//! An answer as server-sent events (WHATWG HTML, 9.2): `event` is the type, `data` the JSON of the socket.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::auth::{Actor, SessionWatch};
use crate::chat::{Accepted, Chats, Event};
use crate::error::Result;
use crate::ids::ConversationId;
use crate::live::{Lag, Published, Subscription, Topic, Waker};

/// Events written at once.
const BATCH: usize = 64;
/// The type after which nothing more comes.
const LAST: &str = "message.finished";

/// A comment is sent when nothing else was for this long, so that proxies keep the connection and a dead one is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The answer to what was just accepted, from its first event to its last. What was accepted before comes as its end alone.
/// Nothing more is sent once the session has ended.
pub(super) async fn events(
    chats: &Chats,
    actor: &Actor,
    session: SessionWatch,
    accepted: &Accepted,
) -> Result<Response> {
    let waker = Waker::default();
    let topic = Topic::Conversation(accepted.conversation.id);
    let body = match accepted.seq.map(|seq| chats.hub().subscribe(topic, Some(seq), &waker)) {
        Some(Ok(subscription)) => {
            let reader = Reader { conversation: accepted.conversation.id, subscription, waker, session };
            Body::from_stream(stream::unfold(Some(reader), next))
        }
        Some(Err(Lag)) | None => {
            let message = chats.answer(actor, accepted).await?;
            let event = Event::finished(&message, Duration::ZERO);
            let seq = chats.hub().cursor();
            Body::from(write(&[Published { seq, kind: event.kind(), json: event.to_json(seq) }]))
        }
    };
    Ok(([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")], body).into_response())
}

/// Who reads the stream, and how far; None once it has ended.
struct Reader {
    conversation: ConversationId,
    subscription: Subscription,
    waker: Waker,
    session: SessionWatch,
}

async fn next(reader: Option<Reader>) -> Option<(Result<Bytes, Infallible>, Option<Reader>)> {
    let mut reader = reader?;
    let mut events = Vec::new();
    loop {
        if reader.session.has_ended() {
            return None;
        }
        match reader.subscription.read(BATCH, &mut events) {
            // Too slow for the tail: the answer goes on without this reader, who finds it in the conversation.
            Err(Lag) => {
                let id = reader.conversation;
                let resync =
                    format!("event: resync\ndata: {{\"type\":\"resync\",\"conversation_id\":\"{id}\"}}\n\n");
                return Some((Ok(resync.into()), None));
            }
            Ok(_) if events.is_empty() => {
                tokio::select! {
                    () = reader.session.ended() => {}
                    () = reader.waker.notified() => {}
                    () = tokio::time::sleep(KEEP_ALIVE) => {
                        return Some((Ok(Bytes::from_static(b": keep-alive\n\n")), Some(reader)));
                    }
                }
            }
            Ok(_) => break,
        }
    }
    let ended = events.iter().any(|event| event.kind == LAST);
    let bytes = write(&events);
    Some((Ok(bytes), (!ended).then_some(reader)))
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
