//! `/auth/me`, `/auth/password`, `/auth/prove`: one's own account.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::StatusCode;
use http::header::SET_COOKIE;
use jarvis_crypto::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::gate::{CurrentUser, RecentAuth};
use crate::auth::{Accounts, Cookies, Device, OwnChanges};
use crate::chat::Chats;
use crate::error::Result;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::users::{Email, User};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_me, update_me, delete_me))
        .routes(routes!(change_password))
        .routes(routes!(prove))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeChanges {
    /// What the page wants to remember: an object of at most 16 KiB, kept as it is.
    #[schema(value_type = Option<Object>)]
    preferences: Option<Map<String, Value>>,
    /// Needs a recent proof of who is there.
    #[schema(max_length = 254)]
    email: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    /// Left out where the account has none yet; that needs a recent proof of who is there.
    #[schema(value_type = Option<String>)]
    current_password: Option<Secret<String>>,
    #[schema(value_type = String, min_length = 15, max_length = 128)]
    new_password: Secret<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Proof {
    #[schema(value_type = String)]
    password: Secret<String>,
    /// Where a second factor is on: the six digits, or a recovery code.
    #[schema(value_type = Option<String>)]
    otp: Option<Secret<String>>,
}

/// The account that is signed in.
#[utoipa::path(get, path = "/auth/me", tag = "accounts",
    responses((status = 200, body = User), (status = 401, body = Problem)))]
async fn read_me(State(accounts): State<Accounts>, CurrentUser(actor): CurrentUser) -> Result<Json<User>> {
    Ok(Json(accounts.user(&actor).await?))
}

/// Change your preferences, or your address.
#[utoipa::path(patch, path = "/auth/me", tag = "accounts", request_body = MeChanges,
    responses((status = 200, body = User), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_me(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    Json(body): Json<MeChanges>,
) -> Result<Json<User>> {
    let email = body.email.as_deref().map(Email::parse).transpose()?;
    let changes = OwnChanges { email, preferences: body.preferences };
    Ok(Json(accounts.update_own(&actor, changes).await?))
}

/// Delete your account with everything in it. There is no way back.
#[utoipa::path(delete, path = "/auth/me", tag = "accounts",
    responses((status = 204), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn delete_me(
    State(accounts): State<Accounts>,
    State(chats): State<Chats>,
    State(cookies): State<Cookies>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
) -> Result<impl IntoResponse> {
    accounts.delete_own(&actor).await?;
    chats.stop_all(actor.user);
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies.clear().map(|line| (SET_COOKIE, line)))))
}

/// Change your password. Every other device is signed out.
#[utoipa::path(post, path = "/auth/password", tag = "accounts", request_body = PasswordChange,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn change_password(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    device: Device,
    Json(body): Json<PasswordChange>,
) -> Result<StatusCode> {
    accounts.change_password(&actor, body.current_password, body.new_password, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Prove that it is you, for the changes that answer `recent_proof_required`. Good for five minutes.
#[utoipa::path(post, path = "/auth/prove", tag = "accounts", request_body = Proof,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn prove(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    device: Device,
    Json(body): Json<Proof>,
) -> Result<StatusCode> {
    accounts.prove(&actor, body.password, body.otp, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}
