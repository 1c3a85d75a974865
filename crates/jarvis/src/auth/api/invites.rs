//! `/admin/invites`.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit::{Audit, Event, Kind};
use crate::auth::gate::{Admin, RecentAuth};
use crate::auth::{Accounts, Invite, NewInvite};
use crate::error::{Error, Result};
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::Problem;
use crate::ids::InviteId;
use crate::users::{Email, Role};

const DAY: Duration = Duration::from_secs(60 * 60 * 24);
/// Days that an invitation can be used when nothing else is said, and at most.
const DAYS: u32 = 7;
const MAX_DAYS: u32 = 30;
/// Entries of a list when nothing else is asked for, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_invites, create_invite)).routes(routes!(delete_invite))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InviteQuery {
    /// `next` of the page before.
    after: Option<InviteId>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct InvitePage {
    /// The newest first.
    items: Vec<Invite>,
    #[schema(required)]
    next: Option<InviteId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteForm {
    /// The one address that it is for; none means anybody.
    #[schema(max_length = 254)]
    email: Option<String>,
    role: Role,
    /// 7 when nothing is said.
    #[schema(minimum = 1, maximum = 30)]
    expires_in_days: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct MadeInvite {
    #[serde(flatten)]
    invite: Invite,
    /// The code itself, this once.
    code: String,
    /// Where to use it; without scheme and host where `PUBLIC_URL` is not set. The code is behind the `#`, which no browser sends.
    link: String,
}

/// The invitations that you may give: open, used and run out.
#[utoipa::path(get, path = "/admin/invites", tag = "admin", params(InviteQuery),
    responses((status = 200, body = InvitePage), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_invites(
    State(accounts): State<Accounts>,
    State(audit): State<Audit>,
    Admin(actor): Admin,
    Query(query): Query<InviteQuery>,
) -> Result<Json<InvitePage>> {
    let limit = match query.limit.unwrap_or(PAGE) {
        limit @ 1..=PAGE_MAX => limit,
        _ => {
            let detail = format!("A limit is between 1 and {PAGE_MAX}.");
            return Err(Error::invalid("limit", "out_of_range", detail));
        }
    };
    audit.note(Event::new(Kind::InvitesRead));
    let (items, next) = accounts.invites(&actor, query.after, limit).await?;
    Ok(Json(InvitePage { items, next }))
}

/// Invite somebody. The code is shown this once.
#[utoipa::path(post, path = "/admin/invites", tag = "admin", request_body = InviteForm,
    responses((status = 201, body = MadeInvite), (status = 403, body = Problem), (status = 409, body = Problem),
              (status = 422, body = Problem)))]
async fn create_invite(
    State(accounts): State<Accounts>,
    Admin(actor): Admin,
    _: RecentAuth,
    Json(body): Json<InviteForm>,
) -> Result<(StatusCode, Json<MadeInvite>)> {
    let (invite, code) = accounts.invite(&actor, body.try_into()?).await?;
    let link = accounts.join_link(&code);
    Ok((StatusCode::CREATED, Json(MadeInvite { invite, code: code.expose().to_owned(), link })))
}

/// Take an invitation back.
#[utoipa::path(delete, path = "/admin/invites/{id}", tag = "admin", params(("id" = InviteId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_invite(
    State(accounts): State<Accounts>,
    Admin(actor): Admin,
    Path(id): Path<InviteId>,
) -> Result<StatusCode> {
    accounts.revoke_invite(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl TryFrom<InviteForm> for NewInvite {
    type Error = Error;

    fn try_from(form: InviteForm) -> Result<Self> {
        let life = match form.expires_in_days.unwrap_or(DAYS) {
            days @ 1..=MAX_DAYS => DAY * days,
            _ => {
                let detail = format!("An invitation can be used for 1 to {MAX_DAYS} days.");
                return Err(Error::invalid("expires_in_days", "out_of_range", detail));
            }
        };
        let email = form.email.as_deref().map(Email::parse).transpose()?;
        Ok(Self { email, role: form.role, life })
    }
}
