//! `/auth/sessions`: where one is signed in.

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::gate::CurrentUser;
use crate::auth::{Accounts, Session};
use crate::error::Result;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::ids::SessionId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_sessions, revoke_other_sessions)).routes(routes!(revoke_session))
}

#[derive(Serialize, ToSchema)]
struct SessionList {
    /// The last used first.
    items: Vec<Session>,
}

/// Where you are signed in.
#[utoipa::path(get, path = "/auth/sessions", tag = "accounts",
    responses((status = 200, body = SessionList), (status = 401, body = Problem)))]
async fn list_sessions(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
) -> Result<Json<SessionList>> {
    Ok(Json(SessionList { items: accounts.sessions(&actor).await? }))
}

/// Sign out everywhere else.
#[utoipa::path(delete, path = "/auth/sessions", tag = "accounts",
    responses((status = 204), (status = 401, body = Problem)))]
async fn revoke_other_sessions(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
) -> Result<StatusCode> {
    accounts.revoke_others(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign one device out.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "accounts", params(("id" = SessionId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn revoke_session(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    Path(id): Path<SessionId>,
) -> Result<StatusCode> {
    accounts.revoke(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
