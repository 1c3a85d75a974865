//! `/auth/passkeys/...`: making passkeys, signing in with one, proving again who is there.

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::{HeaderMap, ORIGIN};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{SignedIn, signed_in};
use crate::app::App;
use crate::auth::gate::{CurrentUser, RecentAuth};
use crate::auth::{Accounts, Begun, Cookies, Device, NewPasskey, Passkey, PasskeyName};
use crate::error::Result;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::ids::PasskeyId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin_passkey))
        .routes(routes!(finish_passkey))
        .routes(routes!(begin_passkey_login))
        .routes(routes!(finish_passkey_login))
        .routes(routes!(begin_passkey_proof))
        .routes(routes!(finish_passkey_proof))
        .routes(routes!(rename_passkey, remove_passkey))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Naming {
    /// How its owner calls it: "telephone", "blue key".
    #[schema(min_length = 1, max_length = 60)]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginStart {
    /// Of a `second_factor_required`; without one, the passkey alone says who signs in.
    flow: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// As the first half gave it.
    flow: String,
    /// What the browser made: `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    credential: Map<String, Value>,
}

/// Begin to make a passkey.
#[utoipa::path(post, path = "/auth/passkeys/register/start", tag = "factors", request_body = Naming,
    responses((status = 200, body = Begun), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn begin_passkey(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
    headers: HeaderMap,
    Json(body): Json<Naming>,
) -> Result<Json<Begun>> {
    let name = PasskeyName::parse(&body.name)?;
    Ok(Json(accounts.begin_passkey(&actor, name, origin(&headers)).await?))
}

/// Keep the passkey that the browser has made. As the first factor it brings recovery codes and ends the person's other sessions.
#[utoipa::path(post, path = "/auth/passkeys/register/finish", tag = "factors", request_body = Answer,
    responses((status = 201, body = NewPasskey), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn finish_passkey(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    Json(body): Json<Answer>,
) -> Result<(StatusCode, Json<NewPasskey>)> {
    let made = accounts.finish_passkey(&actor, &body.flow, Value::Object(body.credential)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Begin to sign in with a passkey: as the second step after a password, or alone.
#[utoipa::path(post, path = "/auth/passkeys/login/start", tag = "accounts", request_body = LoginStart,
    responses((status = 200, body = Begun), (status = 409, body = Problem)))]
async fn begin_passkey_login(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    Json(body): Json<LoginStart>,
) -> Result<Json<Begun>> {
    Ok(Json(accounts.begin_passkey_login(body.flow.as_deref(), origin(&headers)).await?))
}

/// Sign in with what the passkey answered.
#[utoipa::path(post, path = "/auth/passkeys/login/finish", tag = "accounts", request_body = Answer,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn finish_passkey_login(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    device: Device,
    headers: HeaderMap,
    Json(body): Json<Answer>,
) -> Result<impl IntoResponse> {
    let tokens = accounts.finish_passkey_login(&body.flow, Value::Object(body.credential), &device).await?;
    // As after a password: no session is left behind that nobody can see any more (ASVS 7.2.4).
    for token in cookies.refresh_tokens(&headers) {
        accounts.logout_by_refresh(token.expose()).await?;
    }
    Ok(signed_in(cookies, tokens))
}

/// Begin to prove with a passkey who is there.
#[utoipa::path(post, path = "/auth/passkeys/prove/start", tag = "factors",
    responses((status = 200, body = Begun), (status = 401, body = Problem), (status = 409, body = Problem)))]
async fn begin_passkey_proof(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    headers: HeaderMap,
) -> Result<Json<Begun>> {
    Ok(Json(accounts.begin_passkey_proof(&actor, origin(&headers)).await?))
}

/// Prove with what the passkey answered who is there: for five minutes this session may change what matters.
#[utoipa::path(post, path = "/auth/passkeys/prove/finish", tag = "factors", request_body = Answer,
    responses((status = 204), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn finish_passkey_proof(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    Json(body): Json<Answer>,
) -> Result<StatusCode> {
    accounts.finish_passkey_proof(&actor, &body.flow, Value::Object(body.credential)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a passkey another name.
#[utoipa::path(patch, path = "/auth/passkeys/{id}", tag = "factors", request_body = Naming, params(("id" = PasskeyId, Path)),
    responses((status = 200, body = Passkey), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn rename_passkey(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<PasskeyId>,
    Json(body): Json<Naming>,
) -> Result<Json<Passkey>> {
    let name = PasskeyName::parse(&body.name)?;
    Ok(Json(accounts.rename_passkey(&actor, id, name).await?))
}

/// Remove a passkey. Ends the person's other sessions.
#[utoipa::path(delete, path = "/auth/passkeys/{id}", tag = "factors", params(("id" = PasskeyId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn remove_passkey(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
    Path(id): Path<PasskeyId>,
) -> Result<StatusCode> {
    accounts.remove_passkey(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the page was loaded from, as the browser says.
fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN).and_then(|value| value.to_str().ok())
}
