//! `/admin/users/...`.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit::{Audit, Event, Kind};
use crate::auth::gate::{Admin, RecentAuth};
use crate::chat::Chats;
use crate::error::{Error, Result};
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::Problem;
use crate::ids::UserId;
use crate::people::{By, Changes, People};
use crate::users::Role;
use crate::users::directory::{Person, Search};

/// Entries of a list when nothing else is asked for, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users))
        .routes(routes!(read_user, update_user, delete_user))
        .routes(routes!(reset_user_factors))
        .routes(routes!(end_user_sessions))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PeopleQuery {
    /// A part of a name or of an e-mail address.
    #[param(max_length = 100)]
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct PeoplePage {
    /// By name.
    items: Vec<Person>,
    #[schema(required)]
    next: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct UserChanges {
    role: Option<Role>,
    is_active: Option<bool>,
}

/// Who has an account.
#[utoipa::path(get, path = "/admin/users", tag = "admin", params(PeopleQuery),
    responses((status = 200, body = PeoplePage), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_users(
    State(people): State<People>,
    State(audit): State<Audit>,
    _: Admin,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<PeoplePage>> {
    let limit = match query.limit.unwrap_or(PAGE) {
        limit @ 1..=PAGE_MAX => limit,
        _ => {
            let detail = format!("A limit is between 1 and {PAGE_MAX}.");
            return Err(Error::invalid("limit", "out_of_range", detail));
        }
    };
    audit.note(Event::new(Kind::PeopleRead));
    let found = people.list(&Search::new(query.q.as_deref(), query.after, limit)?).await?;
    Ok(Json(PeoplePage { items: found.items, next: found.next }))
}

#[utoipa::path(get, path = "/admin/users/{id}", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 200, body = Person), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn read_user(
    State(people): State<People>,
    State(audit): State<Audit>,
    _: Admin,
    Path(id): Path<UserId>,
) -> Result<Json<Person>> {
    let person = people.read(id).await?;
    audit.note(Event::new(Kind::PeopleRead).about(id));
    Ok(Json(person))
}

/// Give another role, enable or disable. The person's sessions end.
#[utoipa::path(patch, path = "/admin/users/{id}", tag = "admin", params(("id" = UserId, Path)), request_body = UserChanges,
    responses((status = 200, body = Person), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_user(
    State(people): State<People>,
    Admin(actor): Admin,
    _: RecentAuth,
    Path(id): Path<UserId>,
    Json(UserChanges { role, is_active }): Json<UserChanges>,
) -> Result<Json<Person>> {
    Ok(Json(people.update(By::Actor(&actor), id, Changes { role, is_active }).await?))
}

/// Delete an account with everything that is its own.
#[utoipa::path(delete, path = "/admin/users/{id}", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_user(
    State(people): State<People>,
    State(chats): State<Chats>,
    Admin(actor): Admin,
    _: RecentAuth,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    people.delete(By::Actor(&actor), id).await?;
    chats.stop_all(id);
    Ok(StatusCode::NO_CONTENT)
}

/// Take every second factor away, for somebody who has lost theirs. They are signed out everywhere.
#[utoipa::path(post, path = "/admin/users/{id}/reset-2fa", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn reset_user_factors(
    State(people): State<People>,
    Admin(actor): Admin,
    _: RecentAuth,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    people.reset_factors(By::Actor(&actor), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign somebody out everywhere. Their API keys stay: they are their own to delete, and stop while the account is disabled.
#[utoipa::path(delete, path = "/admin/users/{id}/sessions", tag = "admin", params(("id" = UserId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end_user_sessions(
    State(people): State<People>,
    Admin(actor): Admin,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    people.end_sessions(By::Actor(&actor), id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
