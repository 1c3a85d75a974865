//! `/auth/...`: set-up, registration, sign-in and who am I.

mod device;
mod factors;
mod invites;
mod keys;
mod me;
mod oauth;
mod oidc;
mod passkeys;
mod sessions;

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE};
use jarvis_crypto::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::{Accounts, Cookies, Credentials, Device, Registration, Tokens};
use crate::config;
use crate::error::{Error, Result};
use crate::http::client::ClientAddress;
use crate::http::extract::{Json, JsonOrForm};
use crate::http::problem::Problem;
use crate::users::User;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_setup))
        .routes(routes!(list_providers))
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .merge(keys::routes())
        .merge(invites::routes())
        .merge(factors::routes())
        .merge(passkeys::routes())
        .merge(oauth::routes())
        .merge(oidc::routes())
        .merge(me::routes())
        .merge(sessions::routes())
}

/// What the sign-in page needs to know before anybody is signed in.
#[derive(Serialize, ToSchema)]
struct SetupState {
    /// No account exists yet: the set-up link in the server's log makes the owner's.
    setup_required: bool,
    registration: config::Registration,
}

/// How one may sign in without a password.
#[derive(Serialize, ToSchema)]
struct Providers {
    /// Services that vouch for people (OpenID Connect).
    items: Vec<Provider>,
    /// Whether this server knows passkeys.
    passkeys: bool,
}

#[derive(Serialize, ToSchema)]
struct Provider {
    id: String,
    /// For the button.
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    #[schema(max_length = 254)]
    email: String,
    #[schema(min_length = 3, max_length = 50, pattern = "^[a-zA-Z0-9][a-zA-Z0-9_-]+$")]
    username: String,
    #[schema(value_type = String, min_length = 15, max_length = 128)]
    password: Secret<String>,
    /// From the set-up link in the server's log; makes the first account the owner's.
    setup_code: Option<String>,
    /// The code of an invitation.
    #[schema(value_type = Option<String>)]
    invite: Option<Secret<String>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginForm {
    /// Name or e-mail address.
    username: String,
    #[schema(value_type = String)]
    password: Secret<String>,
    /// Of the second factor, where one is on: the six digits, or a recovery code.
    #[schema(value_type = Option<String>)]
    otp: Option<Secret<String>>,
}

/// RFC 6749, 5.1, and who signed in.
#[derive(Serialize, ToSchema)]
struct SignedIn {
    access_token: String,
    #[schema(value_type = String, example = "bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// Only where the one before it came in the body: a browser's is in its cookie, out of reach of scripts.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    user: User,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshForm {
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret<String>>,
}

/// Whether there is an account yet, and who may register.
#[utoipa::path(get, path = "/auth/setup", tag = "accounts", responses((status = 200, body = SetupState)))]
async fn read_setup(State(accounts): State<Accounts>) -> Result<Json<SetupState>> {
    Ok(Json(SetupState {
        setup_required: accounts.setup_code().await?.is_some(),
        registration: accounts.registration(),
    }))
}

/// How one may sign in without a password.
#[utoipa::path(get, path = "/auth/providers", tag = "accounts", responses((status = 200, body = Providers)))]
async fn list_providers(State(accounts): State<Accounts>) -> Json<Providers> {
    let items = accounts.providers().map(|(id, name)| Provider { id: id.to_owned(), name: name.to_owned() });
    Json(Providers { items: items.collect(), passkeys: crate::auth::PASSKEYS_BUILT_IN })
}

/// Make an account.
#[utoipa::path(post, path = "/auth/register", tag = "accounts", request_body = NewAccount,
    responses((status = 201, body = User), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn register(
    State(accounts): State<Accounts>,
    ClientAddress(address): ClientAddress,
    Json(body): Json<NewAccount>,
) -> Result<(StatusCode, Json<User>)> {
    let NewAccount { email, username, password, setup_code, invite } = body;
    let new = Registration { username, email, password, setup_code, invite, address };
    let user = accounts.register(new).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Sign in with a name or e-mail address and a password.
#[utoipa::path(post, path = "/auth/login", tag = "accounts", request_body = LoginForm,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn login(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    device: Device,
    headers: HeaderMap,
    JsonOrForm(body): JsonOrForm<LoginForm>,
) -> Result<impl IntoResponse> {
    let LoginForm { username, password, otp } = body;
    let tokens = accounts.login(Credentials { login: &username, password, otp }, device).await?;
    // Whoever signs in anew leaves no session behind that nobody can see any more (ASVS 7.2.4).
    for token in cookies.refresh_tokens(&headers) {
        accounts.logout_by_refresh(token.expose()).await?;
    }
    Ok(signed_in(cookies, tokens))
}

/// Renew the tokens with the refresh cookie; or with a refresh token in the body, and then the new one comes in the body too.
#[utoipa::path(post, path = "/auth/refresh", tag = "accounts", request_body = Option<RefreshForm>,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn refresh(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Option<Json<RefreshForm>>,
) -> Result<Response> {
    if let Some(token) = body.and_then(|Json(body)| body.refresh_token) {
        return Ok(
            Json(SignedIn::with_refresh(accounts.refresh(token.expose(), address).await?)).into_response()
        );
    }
    let token = cookies.refresh_token(&headers).ok_or(Error::Unauthenticated)?;
    Ok(signed_in(cookies, accounts.refresh(token.expose(), address).await?).into_response())
}

/// Sign out: the session ends on the server and its sockets close. Works with an access token that has run out.
#[utoipa::path(post, path = "/auth/logout", tag = "accounts", responses((status = 204)))]
async fn logout(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    if let Some(credential) = cookies.credential(&headers)? {
        match accounts.authenticate(&credential, Some(address)).await {
            Ok(actor) => accounts.logout(&actor).await?,
            Err(Error::Unauthenticated) => (),
            Err(other) => return Err(other),
        }
    }
    // All of them: a cookie planted beside ours must not keep the session alive.
    for token in cookies.refresh_tokens(&headers) {
        accounts.logout_by_refresh(token.expose()).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies.clear().map(|line| (SET_COOKIE, line)))))
}

fn signed_in(cookies: Cookies, tokens: Tokens) -> impl IntoResponse {
    let lines: Vec<_> = cookies.set(&tokens).map(|line| (SET_COOKIE, line)).collect();
    (AppendHeaders(lines), Json(SignedIn::from(tokens)))
}

impl SignedIn {
    fn with_refresh(tokens: Tokens) -> Self {
        let refresh_token = Some(tokens.refresh.expose().to_owned());
        Self { refresh_token, ..Self::from(tokens) }
    }
}

impl From<Tokens> for SignedIn {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access,
            token_type: "bearer",
            expires_in: tokens.access_life.as_secs(),
            refresh_token: None,
            user: tokens.user,
        }
    }
}
