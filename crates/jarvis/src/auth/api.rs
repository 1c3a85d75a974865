//! `/auth/...`: set-up, registration, sign-in and who am I.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE, USER_AGENT};
use jarvis_crypto::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::gate::CurrentUser;
use crate::auth::{Accounts, Cookies, Device, Registration, Tokens};
use crate::config;
use crate::error::{Error, Result};
use crate::http::client::ClientAddress;
use crate::http::extract::{Json, JsonOrForm};
use crate::http::problem::Problem;
use crate::users::User;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_setup))
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(read_me))
}

/// What the sign-in page needs to know before anybody is signed in.
#[derive(Serialize, ToSchema)]
struct SetupState {
    /// No account exists yet: the set-up link in the server's log makes the owner's.
    setup_required: bool,
    registration: config::Registration,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    #[schema(max_length = 254)]
    email: String,
    #[schema(min_length = 3, max_length = 50, pattern = "^[a-zA-Z0-9_-]+$")]
    username: String,
    #[schema(value_type = String, min_length = 15, max_length = 128)]
    password: Secret<String>,
    /// From the set-up link in the server's log; makes the first account the owner's.
    setup_code: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginForm {
    /// Name or e-mail address.
    username: String,
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// RFC 6749, 5.1, and who signed in.
#[derive(Serialize, ToSchema)]
struct SignedIn {
    access_token: String,
    #[schema(value_type = String, example = "bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    user: User,
}

/// Whether there is an account yet, and who may register.
#[utoipa::path(get, path = "/auth/setup", tag = "accounts", responses((status = 200, body = SetupState)))]
async fn read_setup(State(accounts): State<Accounts>) -> Result<Json<SetupState>> {
    Ok(Json(SetupState {
        setup_required: accounts.setup_code().await?.is_some(),
        registration: accounts.registration(),
    }))
}

/// Make an account.
#[utoipa::path(post, path = "/auth/register", tag = "accounts", request_body = NewAccount,
    responses((status = 201, body = User), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn register(
    State(accounts): State<Accounts>,
    Json(body): Json<NewAccount>,
) -> Result<(StatusCode, Json<User>)> {
    let NewAccount { email, username, password, setup_code } = body;
    let user = accounts.register(Registration { username, email, password, setup_code }).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Sign in with a name or e-mail address and a password.
#[utoipa::path(post, path = "/auth/login", tag = "accounts", request_body = LoginForm,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn login(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    JsonOrForm(body): JsonOrForm<LoginForm>,
) -> Result<impl IntoResponse> {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let device =
        Device { agent: agent.chars().take(Device::AGENT_MAX).collect(), address: address.to_string() };
    let tokens = accounts.login(&body.username, body.password, device).await?;
    // Whoever signs in anew leaves no session behind that nobody can see any more (ASVS 7.2.4).
    for token in cookies.refresh_tokens(&headers) {
        accounts.logout_by_refresh(token.expose()).await?;
    }
    Ok(signed_in(cookies, tokens))
}

/// Renew the tokens with the refresh cookie.
#[utoipa::path(post, path = "/auth/refresh", tag = "accounts",
    responses((status = 200, body = SignedIn), (status = 401, body = Problem)))]
async fn refresh(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let token = cookies.refresh_token(&headers).ok_or(Error::Unauthenticated)?;
    Ok(signed_in(cookies, accounts.refresh(token.expose()).await?))
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

/// The account that is signed in.
#[utoipa::path(get, path = "/auth/me", tag = "accounts", responses((status = 200, body = User), (status = 401, body = Problem)))]
async fn read_me(State(accounts): State<Accounts>, CurrentUser(actor): CurrentUser) -> Result<Json<User>> {
    Ok(Json(accounts.user(&actor).await?))
}

fn signed_in(cookies: Cookies, tokens: Tokens) -> impl IntoResponse {
    let lines = cookies.set(&tokens).map(|line| (SET_COOKIE, line));
    let body = SignedIn {
        access_token: tokens.access,
        token_type: "bearer",
        expires_in: tokens.access_life.as_secs(),
        user: tokens.user,
    };
    (AppendHeaders(lines), Json(body))
}
