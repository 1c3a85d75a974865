//! `/ws`: one WebSocket connection, from its sign-in to its end.
//!
//! One task a connection, and no queue of its own: what is to be sent waits in the hub's bounded tails. The end of the session is
//! always looked at first, and every frame that asks for something checks again that the session lives.

mod end;
mod frame;
mod pace;
mod seats;

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::SinkExt;
use http::HeaderMap;
use tokio::time::{Instant, interval_at, timeout};

use crate::app::App;
use crate::auth::{Actor, Credential, Scope, SessionWatch};
use crate::chat::Chats;
use crate::error::{Error, Result};
use crate::http::client::ClientAddress;
use crate::http::noted;
use crate::http::problem::{self, Problem};
use crate::ids::{ConnectionId, ConversationId, RequestId};
use crate::live::{Lag, Published, Subscription, Topic, Waker};
use crate::rates::{Caller, Limit};

use end::End;
pub use frame::{ClientFrame, ServerFrame};
use pace::Pace;
pub use seats::Seats;

/// The largest frame and message that is read.
const MAX_FRAME: usize = 64 * 1024;
/// Buffers for reading and writing: the library's defaults are 128 KiB a socket, and truly resident.
const BUFFER: usize = 4096;
/// Time to send the first frame for a client that brings no cookie and no header.
const SIGN_IN: Duration = Duration::from_secs(5);
/// Between two pings; a peer that shows no sign of life for one more of these is gone.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Longest time that a socket stays open while nothing says whether its session lives.
const UNCONFIRMED: Duration = Duration::from_secs(30);
/// A client that does not read for this long is let go; it will find everything when it comes back.
const SEND: Duration = Duration::from_secs(20);
/// Time for a client to hear why its connection ends.
const GOODBYE: Duration = Duration::from_secs(1);
/// Conversations that one socket watches.
const SUBSCRIPTIONS: usize = 32;
/// Events sent before looking again at what the client says.
const BATCH: usize = 64;

/// The handler of the upgrade. Origins were checked by the stack; who is there is asked once the socket is open, because a browser
/// tells a page nothing about a refused upgrade.
pub async fn open(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let credential = app.cookies.credential(&headers);
    let tasks = app.tasks.clone();
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_frame_size(MAX_FRAME)
        .max_message_size(MAX_FRAME)
        .on_upgrade(async move |socket| tasks.spawn("socket", serve(app, credential, address, socket)))
}

async fn serve(app: App, credential: Result<Option<Credential>>, address: IpAddr, mut socket: WebSocket) {
    metrics::gauge!(crate::telemetry::WS_CONNECTIONS).increment(1.0);
    let end = match sign_in(&app, credential, address, &mut socket).await {
        Ok(actor) => match app.seats.take(actor.user) {
            Some(_seat) => Box::pin(Connection::new(&app, actor, &mut socket).talk()).await,
            None => End::TooMany,
        },
        Err(end) => end,
    };
    metrics::gauge!(crate::telemetry::WS_CONNECTIONS).decrement(1.0);
    if let Some((code, reason)) = end.close() {
        let close = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
        let goodbye = async {
            let sent = socket.send(close).await;
            // Left unread, what the peer still says would make the system reset the connection, and the reason would be lost.
            while sent.is_ok() && matches!(socket.recv().await, Some(Ok(_))) {}
        };
        // The peer may be gone already, or not reading; either way the connection ends here.
        drop(timeout(GOODBYE, goodbye).await);
    }
}

/// Who is there: by cookie or header, else by the first frame.
async fn sign_in(
    app: &App,
    credential: Result<Option<Credential>>,
    address: IpAddr,
    socket: &mut WebSocket,
) -> std::result::Result<Actor, End> {
    let credential = match credential {
        Ok(Some(credential)) => credential,
        Ok(None) => {
            let _place = app.seats.wait(address).ok_or(End::TooMany)?;
            match timeout(SIGN_IN, socket.recv()).await {
                Err(_) => return Err(End::SignInTimeout),
                Ok(Some(Ok(Message::Text(text)))) => match frame::parse(&text) {
                    Ok(ClientFrame::Auth { token }) => Credential::AccessToken(token),
                    _ => return Err(End::SignedOut),
                },
                Ok(Some(Ok(_))) => return Err(End::SignedOut),
                Ok(Some(Err(error))) => return Err(End::of(&error)),
                Ok(None) => return Err(End::Gone),
            }
        }
        Err(_) => return Err(End::SignedOut),
    };
    match app.accounts.authenticate(&credential, Some(address)).await {
        Ok(actor) if actor.scopes.cover(Scope::Read) => Ok(actor),
        Ok(_) => Err(End::RightLost),
        Err(Error::Unauthenticated) => Err(End::SignedOut),
        Err(_) => Err(End::GoingAway),
    }
}

struct Connection<'a> {
    app: &'a App,
    chats: &'a Chats,
    actor: Actor,
    session: SessionWatch,
    socket: &'a mut WebSocket,
    waker: Waker,
    /// What concerns all of this person's pages.
    own: Option<Subscription>,
    watched: HashMap<ConversationId, Subscription>,
    pace: Pace,
    /// Since when the database does not say whether the session lives.
    unconfirmed: Option<Instant>,
}

impl<'a> Connection<'a> {
    fn new(app: &'a App, actor: Actor, socket: &'a mut WebSocket) -> Self {
        let waker = Waker::default();
        let own = app.chats.hub().subscribe(Topic::User(actor.user), None, &waker).ok();
        Self {
            app,
            chats: &app.chats,
            actor,
            session: app.accounts.watch(&actor),
            socket,
            waker,
            own,
            watched: HashMap::new(),
            pace: Pace::new(),
            unconfirmed: None,
        }
    }

    async fn talk(mut self) -> End {
        match self.talk_on().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn talk_on(&mut self) -> std::result::Result<std::convert::Infallible, End> {
        // The session may have ended between the sign-in and the watch.
        self.check().await?;
        let user = self.app.accounts.user(&self.actor).await.map_err(|_| End::SignedOut)?;
        let connection_id = ConnectionId::new();
        self.send(&ServerFrame::Connected {
            connection_id,
            user: &user,
            heartbeat_seconds: HEARTBEAT.as_secs(),
        })
        .await?;
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut alive = true;
        loop {
            tokio::select! {
                biased;
                () = self.session.ended() => return Err(End::RightLost),
                () = self.app.tasks.stopping().cancelled() => return Err(End::GoingAway),
                message = self.socket.recv() => {
                    alive = true;
                    self.pace.frame()?;
                    match message {
                        Some(Ok(Message::Text(text))) => self.hear(&text).await?,
                        Some(Ok(Message::Binary(_))) => self.fault(&not_text(), None, None).await?,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
                        Some(Err(error)) => return Err(End::of(&error)),
                    }
                }
                () = self.waker.notified() => self.tell().await?,
                _ = heartbeat.tick() => {
                    if !std::mem::replace(&mut alive, false) {
                        return Err(End::Gone);
                    }
                    self.check().await?;
                    self.write(Message::Ping(bytes::Bytes::new())).await?;
                }
            }
        }
    }

    /// Still signed in? Asked of the database and not of memory.
    async fn check(&mut self) -> std::result::Result<(), End> {
        let asked = Instant::now();
        match self.app.accounts.alive(&self.actor).await {
            Ok(actor) if actor.must_enrol => Err(End::RightLost),
            Ok(actor) => {
                (self.actor, self.unconfirmed) = (actor, None);
                Ok(())
            }
            Err(Error::Unauthenticated) => Err(End::RightLost),
            // The database is away: nothing is allowed on a guess, and the socket need not fall at once either.
            Err(_) if self.unconfirmed.get_or_insert(asked).elapsed() < UNCONFIRMED => Ok(()),
            Err(_) => Err(End::GoingAway),
        }
    }

    async fn hear(&mut self, text: &str) -> std::result::Result<(), End> {
        let frame = match frame::parse(text) {
            Ok(frame) => frame,
            Err(error) => return self.fault(&error, None, None).await,
        };
        if matches!(frame, ClientFrame::Ping {}) {
            return self.send(&ServerFrame::Pong).await;
        }
        if let Err(error) = self.app.rates.take(Limit::Requests, Caller::Person(self.actor.user)) {
            return self.fault(&error, frame.client_id(), frame.conversation_id()).await;
        }
        match self.app.accounts.alive(&self.actor).await {
            Ok(actor) if actor.must_enrol => return Err(End::RightLost),
            Ok(actor) => (self.actor, self.unconfirmed) = (actor, None),
            Err(Error::Unauthenticated) => return Err(End::RightLost),
            Err(error) => return self.fault(&error, frame.client_id(), frame.conversation_id()).await,
        }
        if let Err(error) = self.actor.needs(frame.scope()) {
            return self.fault(&error, frame.client_id(), frame.conversation_id()).await;
        }
        let (client_id, conversation) = (frame.client_id().map(str::to_owned), frame.conversation_id());
        match self.act(frame).await {
            Ok(done) => {
                self.pace.done();
                done
            }
            Err(error) => self.fault(&error, client_id.as_deref(), conversation).await,
        }
    }

    /// Does what a frame asks. The outer result is what the client did wrong; the inner one is the connection's end.
    async fn act(&mut self, frame: ClientFrame) -> Result<std::result::Result<(), End>> {
        Ok(match frame {
            ClientFrame::Message(sent) => {
                let client_id = sent.client_id.clone();
                let question = sent.question(self.chats.message_policy())?;
                let accepted = self.chats.send(&self.actor, question).await?;
                let id = accepted.conversation.id;
                let done = self.send(&ServerFrame::accepted(&accepted, client_id.as_deref())).await;
                if self.watched.len() >= SUBSCRIPTIONS && !self.watched.contains_key(&id) {
                    // What was asked last is what is watched: the quietest conversation gives way.
                    let quietest =
                        self.watched.iter().min_by_key(|(_, watched)| watched.cursor()).map(|(id, _)| *id);
                    quietest.map(|id| self.watched.remove(&id));
                }
                if done.is_ok() && !self.watched.contains_key(&id) {
                    match accepted.seq.map(|seq| self.watch(id, Some(seq))) {
                        Some(Ok(true)) => done,
                        // Accepted in another life of this socket: the page reads what it has missed.
                        _ => self.send(&ServerFrame::Resync { conversation_id: id }).await,
                    }
                } else {
                    done
                }
            }
            ClientFrame::Subscribe { conversation_id, after_seq } => {
                self.chats.read(&self.actor, conversation_id).await?;
                let seq = after_seq.unwrap_or_else(|| self.chats.hub().cursor());
                if self.watch(conversation_id, Some(seq))? {
                    self.send(&ServerFrame::Subscribed { conversation_id, seq }).await
                } else {
                    self.send(&ServerFrame::Resync { conversation_id }).await
                }
            }
            ClientFrame::Unsubscribe { conversation_id } => {
                self.watched.remove(&conversation_id);
                Ok(())
            }
            ClientFrame::Stop { conversation_id } => {
                self.chats.stop(&self.actor, conversation_id).await?;
                Ok(())
            }
            ClientFrame::Auth { .. } | ClientFrame::Ping {} => Ok(()),
        })
    }

    /// Watches a conversation from a cursor; false when the cursor is too old.
    fn watch(&mut self, id: ConversationId, cursor: Option<u64>) -> Result<bool> {
        if self.watched.len() >= SUBSCRIPTIONS && !self.watched.contains_key(&id) {
            let detail =
                format!("A socket watches at most {SUBSCRIPTIONS} conversations: unsubscribe from one.");
            return Err(Error::invalid("conversation_id", "too_many_subscriptions", detail));
        }
        self.watched.remove(&id);
        match self.chats.hub().subscribe(Topic::Conversation(id), cursor, &self.waker) {
            Ok(subscription) => {
                self.watched.insert(id, subscription);
                Ok(true)
            }
            Err(Lag) => Ok(false),
        }
    }

    /// Sends what has happened, one batch of each topic.
    async fn tell(&mut self) -> std::result::Result<(), End> {
        let (mut events, mut more, mut lagging) = (Vec::new(), false, Vec::new());
        for (id, subscription) in &mut self.watched {
            match subscription.read(BATCH, &mut events) {
                Ok(rest) => more |= rest,
                Err(Lag) => lagging.push(*id),
            }
        }
        if let Some(own) = &mut self.own {
            match own.read(BATCH, &mut events) {
                Ok(rest) => more |= rest,
                Err(Lag) => {
                    let topic = Topic::User(self.actor.user);
                    self.own = self.chats.hub().subscribe(topic, None, &self.waker).ok();
                }
            }
        }
        for Published { json, .. } in events {
            // The hub's text was made by serde: it is UTF-8.
            let Ok(text) = Utf8Bytes::try_from(json) else { continue };
            self.bounded(async |socket| socket.feed(Message::Text(text)).await).await?;
        }
        self.bounded(async |socket| socket.flush().await).await?;
        for conversation_id in lagging {
            self.watched.remove(&conversation_id);
            self.send(&ServerFrame::Resync { conversation_id }).await?;
        }
        if more {
            self.waker.notify_one();
        }
        Ok(())
    }

    async fn fault(
        &mut self,
        error: &Error,
        client_id: Option<&str>,
        conversation_id: Option<ConversationId>,
    ) -> std::result::Result<(), End> {
        if matches!(error, Error::RateLimited { .. }) {
            self.pace.refused()?;
        }
        let request_id = RequestId::new();
        if let Error::Internal(cause) = error {
            tracing::error!(%request_id, cause, "internal error");
        }
        let problem = Problem::new(error, request_id);
        noted::refusal(&self.app.audit, Some(self.actor.user), error, &problem.code, "/ws");
        let retry_after = problem::retry_after(error);
        self.send(&ServerFrame::error(&problem, client_id, conversation_id, retry_after)).await
    }

    async fn send(&mut self, frame: &ServerFrame<'_>) -> std::result::Result<(), End> {
        self.write(Message::Text(frame.to_text())).await
    }

    async fn write(&mut self, message: Message) -> std::result::Result<(), End> {
        self.bounded(async |socket| socket.send(message).await).await
    }

    /// A write that a client who does not read cannot hold up: not for long, and not past the end of its session.
    async fn bounded(
        &mut self,
        write: impl AsyncFnOnce(&mut WebSocket) -> std::result::Result<(), axum::Error>,
    ) -> std::result::Result<(), End> {
        tokio::select! {
            biased;
            () = self.session.ended() => Err(End::RightLost),
            done = timeout(SEND, write(self.socket)) => match done {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(End::Gone),
            },
        }
    }
}

fn not_text() -> Error {
    Error::BadRequest { detail: "Send JSON in text frames; binary frames mean nothing here." }
}
