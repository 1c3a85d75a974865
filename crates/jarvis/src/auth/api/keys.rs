//! `/auth/keys`.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::gate::{CurrentUser, RecentAuth};
use crate::auth::{Accounts, Addresses, Key, KeyName, NewKey, Scopes};
use crate::error::{Error, Result};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::ids::KeyId;

const DAY: Duration = Duration::from_secs(60 * 60 * 24);
/// Days that a key may live, where it does not live until it is deleted.
const MAX_DAYS: u32 = 366;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_keys, create_key, delete_keys)).routes(routes!(delete_key))
}

#[derive(Serialize, ToSchema)]
struct KeyList {
    /// The newest first; 50 at most.
    items: Vec<Key>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyForm {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    scopes: Scopes,
    /// None: until it is deleted.
    #[schema(minimum = 1, maximum = 366)]
    expires_in_days: Option<u32>,
    /// Networks from which it may be used, such as `192.0.2.0/24`; none means from everywhere.
    #[serde(default)]
    #[schema(max_items = 20)]
    addresses: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct MadeKey {
    #[serde(flatten)]
    key_info: Key,
    /// The key itself, this once.
    key: String,
}

/// Your API keys.
#[utoipa::path(get, path = "/auth/keys", tag = "keys", responses((status = 200, body = KeyList), (status = 401, body = Problem)))]
async fn list_keys(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
) -> Result<Json<KeyList>> {
    Ok(Json(KeyList { items: accounts.keys(&actor).await? }))
}

/// Make an API key for a program. It is shown this once.
#[utoipa::path(post, path = "/auth/keys", tag = "keys", request_body = KeyForm,
    responses((status = 201, body = MadeKey), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_key(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
    Json(body): Json<KeyForm>,
) -> Result<(StatusCode, Json<MadeKey>)> {
    let (key_info, secret) = accounts.create_key(&actor, body.try_into()?).await?;
    Ok((StatusCode::CREATED, Json(MadeKey { key_info, key: secret.expose().to_owned() })))
}

/// Delete every API key of yours: they stop working, and what they opened closes. Signing out and a new password leave keys as they are.
#[utoipa::path(delete, path = "/auth/keys", tag = "keys", responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn delete_keys(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
) -> Result<StatusCode> {
    accounts.revoke_keys(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete an API key: it stops working, and what it opened closes.
#[utoipa::path(delete, path = "/auth/keys/{id}", tag = "keys", params(("id" = KeyId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_key(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
    Path(id): Path<KeyId>,
) -> Result<StatusCode> {
    accounts.revoke_key(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl TryFrom<KeyForm> for NewKey {
    type Error = Error;

    fn try_from(form: KeyForm) -> Result<Self> {
        let life = match form.expires_in_days {
            None => None,
            Some(days @ 1..=MAX_DAYS) => Some(DAY * days),
            Some(_) => {
                let detail = format!("A key lives 1 to {MAX_DAYS} days, or until it is deleted.");
                return Err(Error::invalid("expires_in_days", "out_of_range", detail));
            }
        };
        let (name, addresses) = (KeyName::parse(&form.name)?, Addresses::parse(&form.addresses)?);
        Ok(Self { name, scopes: form.scopes, life, addresses })
    }
}
