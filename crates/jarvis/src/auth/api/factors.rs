//! `/auth/2fa/...`: authenticator programs and recovery codes.

use axum::extract::State;
use http::StatusCode;
use jarvis_crypto::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::gate::{CurrentUser, RecentAuth};
use crate::auth::{Accounts, Device, Factors, NewTotp};
use crate::error::Result;
use crate::http::extract::Json;
use crate::http::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_factors))
        .routes(routes!(begin_totp, remove_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(renew_recovery_codes))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    /// The six digits that the authenticator program shows.
    #[schema(value_type = String, pattern = "^[0-9]{6}$")]
    code: Secret<String>,
}

#[derive(Serialize, ToSchema)]
struct Confirmed {
    /// With the first factor: shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// Shown once.
    recovery_codes: Vec<String>,
}

/// Which second factors are on.
#[utoipa::path(get, path = "/auth/2fa", tag = "factors", responses((status = 200, body = Factors), (status = 401, body = Problem)))]
async fn read_factors(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
) -> Result<Json<Factors>> {
    Ok(Json(accounts.factors(&actor).await?))
}

/// Ask for the secret of an authenticator program. It is on once a code of it was confirmed.
#[utoipa::path(post, path = "/auth/2fa/totp", tag = "factors",
    responses((status = 201, body = NewTotp), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn begin_totp(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
) -> Result<(StatusCode, Json<NewTotp>)> {
    Ok((StatusCode::CREATED, Json(accounts.begin_totp(&actor).await?)))
}

/// Turn the authenticator program on. As the first factor it brings recovery codes and ends the person's other sessions.
#[utoipa::path(post, path = "/auth/2fa/totp/confirm", tag = "factors", request_body = FirstCode,
    responses((status = 200, body = Confirmed), (status = 401, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn confirm_totp(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    device: Device,
    Json(body): Json<FirstCode>,
) -> Result<Json<Confirmed>> {
    let recovery_codes = accounts.confirm_totp(&actor, &body.code, &device).await?;
    Ok(Json(Confirmed { recovery_codes }))
}

/// Turn the authenticator program off. Ends the person's other sessions.
#[utoipa::path(delete, path = "/auth/2fa/totp", tag = "factors",
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn remove_totp(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
) -> Result<StatusCode> {
    accounts.remove_totp(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes, in the place of the old ones.
#[utoipa::path(post, path = "/auth/2fa/recovery-codes", tag = "factors",
    responses((status = 200, body = RecoveryCodes), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn renew_recovery_codes(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
) -> Result<Json<RecoveryCodes>> {
    Ok(Json(RecoveryCodes { recovery_codes: accounts.renew_recovery_codes(&actor).await? }))
}
