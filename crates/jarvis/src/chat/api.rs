//! `/chat` and `/conversations/...`.

mod stream;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::Accounts;
use crate::auth::gate::CurrentUser;
use crate::chat::history::ListCursor;
use crate::chat::{
    Accepted, Changes, ChatText, Chats, ClientId, Conversation, Message, Question, Run, Status, Title,
};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::Problem;
use crate::ids::{ConversationId, MessageId, UserId};

/// Entries of a list when nothing else is asked for, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;
/// The header that makes a repeated POST harmless (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(chat))
        .routes(routes!(list_conversations, create_conversation))
        .routes(routes!(read_conversation, update_conversation, delete_conversation))
        .routes(routes!(list_messages, send_message))
        .routes(routes!(stop_run))
        .routes(routes!(regenerate_message))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChatQuestion {
    #[schema(min_length = 1, max_length = 10_000)]
    message: String,
    /// Kept for older clients: `^[a-zA-Z0-9_-]+$`, echoed in the answer. Who is asking is known from the credential.
    #[schema(max_length = 100, pattern = "^[a-zA-Z0-9_-]+$")]
    user_id: Option<String>,
    conversation_id: Option<ConversationId>,
    model: Option<String>,
}

/// A whole answer.
#[derive(Serialize, ToSchema)]
struct ChatAnswer {
    response: String,
    timestamp: Timestamp,
    user_id: String,
    conversation_id: ConversationId,
    message_id: MessageId,
    #[schema(required)]
    model: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    #[schema(min_length = 1, max_length = 10_000)]
    message: String,
    model: Option<String>,
    /// The same key again is the same message.
    #[schema(max_length = 100)]
    client_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SentMessage {
    message: Message,
    run: Run,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct ConversationChanges {
    #[schema(max_length = 200)]
    title: Option<String>,
    model: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct Regeneration {
    model: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConversationQuery {
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessageQuery {
    /// `next` of the page before: older messages than this one.
    before: Option<MessageId>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct ConversationPage {
    /// Newest first.
    items: Vec<Conversation>,
    #[schema(required)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MessagePage {
    /// Oldest first.
    items: Vec<Message>,
    /// Pass as `before` for older ones.
    #[schema(required)]
    next: Option<MessageId>,
    /// Subscribe after this to miss nothing.
    seq: u64,
}

/// Ask, and get the whole answer; or, with `Accept: text/event-stream`, the events of the socket as they come.
///
/// The answer is written to its end even if the connection is lost: it is in the conversation.
#[utoipa::path(post, path = "/chat", tag = "chat", request_body = ChatQuestion,
    responses((status = 200, body = ChatAnswer), (status = 401, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn chat(
    State(chats): State<Chats>,
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    headers: HeaderMap,
    Json(body): Json<ChatQuestion>,
) -> Result<Response> {
    let user_id = parse_user_id(body.user_id, actor.user)?;
    let question = Question {
        text: ChatText::parse(&body.message, chats.message_policy())?,
        conversation: body.conversation_id,
        model: body.model,
        key: idempotency_key(&headers)?,
    };
    let session = accounts.watch(&actor);
    let accepted = match wants_events(&headers) {
        true => chats.send_watched(&actor, question).await?,
        false => chats.send(&actor, question).await?,
    };
    // The session may have ended between the gate and the watch.
    accounts.still_in(&actor).await?;
    if wants_events(&headers) {
        return stream::events(&chats, &actor, session, &accepted).await;
    }
    let message = tokio::select! {
        biased;
        () = session.ended() => return Err(Error::Unauthenticated),
        message = chats.answer(&actor, &accepted) => message?,
    };
    Ok(Json(whole(message, user_id)?).into_response())
}

/// Your conversations, the last used first.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ConversationQuery),
    responses((status = 200, body = ConversationPage), (status = 422, body = Problem)))]
async fn list_conversations(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Query(page): Query<ConversationQuery>,
) -> Result<Json<ConversationPage>> {
    let after = page.after.as_deref().map(parse_cursor).transpose()?;
    let found = chats.list(&actor, after, limit(page.limit)?).await?;
    let next = found.next.map(|(time, id)| format!("{}_{id}", time.micros()));
    Ok(Json(ConversationPage { items: found.items, next }))
}

/// An empty conversation.
#[utoipa::path(post, path = "/conversations", tag = "conversations", request_body = ConversationChanges,
    responses((status = 201, body = Conversation), (status = 422, body = Problem)))]
async fn create_conversation(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Json(body): Json<ConversationChanges>,
) -> Result<(StatusCode, Json<Conversation>)> {
    let made = chats.create(&actor, body.try_into()?).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = ConversationId, Path)),
    responses((status = 200, body = Conversation), (status = 404, body = Problem)))]
async fn read_conversation(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
) -> Result<Json<Conversation>> {
    Ok(Json(chats.read(&actor, id).await?))
}

/// Rename, or choose the model that answers from now on.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", params(("id" = ConversationId, Path)),
    request_body = ConversationChanges,
    responses((status = 200, body = Conversation), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_conversation(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
    Json(body): Json<ConversationChanges>,
) -> Result<Json<Conversation>> {
    Ok(Json(chats.update(&actor, id, body.try_into()?).await?))
}

/// Delete a conversation with all its messages.
#[utoipa::path(delete, path = "/conversations/{id}", tag = "conversations", params(("id" = ConversationId, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn delete_conversation(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    chats.delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The branch that is shown, with what has come so far of an answer that is being written.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "conversations",
    params(("id" = ConversationId, Path), MessageQuery),
    responses((status = 200, body = MessagePage), (status = 404, body = Problem)))]
async fn list_messages(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
    Query(query): Query<MessageQuery>,
) -> Result<Json<MessagePage>> {
    let (page, seq) = chats.messages(&actor, id, query.before, limit(query.limit)?).await?;
    Ok(Json(MessagePage { items: page.items, next: page.next, seq }))
}

/// Ask in a conversation. The answer is watched on the socket.
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "conversations", params(("id" = ConversationId, Path)),
    request_body = NewMessage,
    responses((status = 202, body = SentMessage), (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
async fn send_message(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
    headers: HeaderMap,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, Json<SentMessage>)> {
    let key = match body.client_id {
        Some(key) => Some(ClientId::parse(&key)?),
        None => idempotency_key(&headers)?,
    };
    let text = ChatText::parse(&body.message, chats.message_policy())?;
    let sent = chats.send(&actor, Question { text, conversation: Some(id), model: body.model, key }).await?;
    Ok((StatusCode::ACCEPTED, Json(sent.into())))
}

/// Stop the answer that is being written, if there is one.
#[utoipa::path(post, path = "/conversations/{id}/stop", tag = "conversations", params(("id" = ConversationId, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn stop_run(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
) -> Result<StatusCode> {
    chats.stop(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answer the last question again.
#[utoipa::path(post, path = "/conversations/{id}/regenerate", tag = "conversations", params(("id" = ConversationId, Path)),
    request_body = Regeneration,
    responses((status = 202, body = SentMessage), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn regenerate_message(
    State(chats): State<Chats>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<ConversationId>,
    Json(body): Json<Regeneration>,
) -> Result<(StatusCode, Json<SentMessage>)> {
    let sent = chats.regenerate(&actor, id, body.model).await?;
    Ok((StatusCode::ACCEPTED, Json(sent.into())))
}

impl From<Accepted> for SentMessage {
    fn from(Accepted { message, run, .. }: Accepted) -> Self {
        Self { message, run }
    }
}

impl TryFrom<ConversationChanges> for Changes {
    type Error = Error;

    fn try_from(body: ConversationChanges) -> Result<Self> {
        let title = body.title.as_deref().map(Title::parse).transpose()?;
        Ok(Self { title, model: body.model })
    }
}

fn whole(message: Message, user_id: String) -> Result<ChatAnswer> {
    match (message.status, message.error) {
        (Status::Failed, Some(error)) => Err(Error::Model { code: error.code, detail: error.detail }),
        (Status::Interrupted | Status::Streaming, _) => Err(Error::Model {
            code: "interrupted".to_owned(),
            detail: "The server stopped in the middle of the answer. What had come is in the conversation."
                .to_owned(),
        }),
        _ => Ok(ChatAnswer {
            response: message.content,
            timestamp: message.finished_at.unwrap_or(message.created_at),
            user_id,
            conversation_id: message.conversation_id,
            message_id: message.id,
            model: message.model,
        }),
    }
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|kind| kind.trim().to_ascii_lowercase().starts_with("text/event-stream"))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<ClientId>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    ClientId::parse(value.to_str().unwrap_or_default()).map(Some)
}

fn parse_user_id(given: Option<String>, user: UserId) -> Result<String> {
    let Some(given) = given else { return Ok(user.to_string()) };
    let plain = given.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if given.is_empty() || given.len() > 100 || !plain {
        let detail = "A user_id has 1 to 100 characters: letters without accents, digits, _ and -.";
        return Err(Error::invalid("user_id", "user_id_invalid", detail));
    }
    Ok(given)
}

fn limit(given: Option<u32>) -> Result<u32> {
    match given.unwrap_or(PAGE) {
        limit @ 1..=PAGE_MAX => Ok(limit),
        _ => Err(Error::invalid("limit", "out_of_range", format!("A limit is between 1 and {PAGE_MAX}."))),
    }
}

fn parse_cursor(text: &str) -> Result<ListCursor> {
    let parts = text.split_once('_').and_then(|(time, id)| Some((time.parse().ok()?, id.parse().ok()?)));
    let (time, id) =
        parts.ok_or_else(|| Error::invalid("after", "cursor_invalid", "Use `next` of the page before."))?;
    Ok((Timestamp::from_micros(time), ConversationId(id)))
}
