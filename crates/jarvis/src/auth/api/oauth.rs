//! `POST /auth/token`: signing in as OAuth2 clients do it (RFC 6749, 4.3 and 6). A form comes in, tokens go out in the body, never as
//! cookies; refusals have the form of section 5.2 and not that of our other operations.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, PRAGMA, RETRY_AFTER};
use jarvis_crypto::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::{Accounts, Credentials, Device, Scopes, Tokens};
use crate::error::{Error, Result};
use crate::http::extract::Json;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create_token))
}

/// What is not known is left out, as section 3.2 asks: clients also send `client_id`, `scope` and their own.
#[derive(Deserialize, ToSchema)]
struct TokenRequest {
    /// `password` or `refresh_token`.
    #[schema(required)]
    grant_type: Option<String>,
    /// Name or e-mail address.
    username: Option<String>,
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
    /// Of the second factor, where one is on.
    #[schema(value_type = Option<String>)]
    otp: Option<Secret<String>>,
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret<String>>,
}

/// RFC 6749, 5.1.
#[derive(Serialize, ToSchema)]
struct TokenAnswer {
    access_token: String,
    #[schema(value_type = String, example = "bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
    /// Words with a space between them.
    scope: String,
}

/// RFC 6749, 5.2.
#[derive(Serialize, ToSchema)]
struct TokenError {
    #[schema(value_type = String, example = "invalid_grant")]
    error: &'static str,
    #[schema(value_type = String)]
    error_description: &'static str,
}

/// Get tokens with a password, or with a refresh token.
#[utoipa::path(post, path = "/auth/token", tag = "accounts",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenAnswer), (status = 400, body = TokenError), (status = 429, body = TokenError), (status = 503, body = TokenError)))]
async fn create_token(
    State(accounts): State<Accounts>,
    device: Device,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let granted = match form {
        Ok(Form(request)) => grant(&accounts, device, request).await,
        Err(_) => Err(Refusal::Request("Send a form, each field once.")),
    };
    let mut response = match granted {
        Ok(tokens) => Json(TokenAnswer::from(tokens)).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Why no token is given.
enum Refusal {
    Request(&'static str),
    GrantType,
    Domain(Error),
}

async fn grant(
    accounts: &Accounts,
    device: Device,
    request: TokenRequest,
) -> std::result::Result<Tokens, Refusal> {
    let TokenRequest { grant_type, username, password, otp, refresh_token } = request;
    match grant_type.as_deref() {
        Some("password") => {
            let (Some(login), Some(password)) = (username, password) else {
                return Err(Refusal::Request("This grant needs `username` and `password`."));
            };
            // It keeps no cookies, so it gets no mark either.
            let device = Device { keeps_marks: false, ..device };
            let credentials = Credentials { login: &login, password, otp };
            accounts.login(credentials, device).await.map_err(Refusal::Domain)
        }
        Some("refresh_token") => {
            let token = refresh_token.ok_or(Refusal::Request("This grant needs `refresh_token`."))?;
            accounts.refresh(token.expose(), device.address).await.map_err(Refusal::Domain)
        }
        Some(_) => Err(Refusal::GrantType),
        None => Err(Refusal::Request("`grant_type` is missing.")),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, error_description, wait) = match self {
            Self::Request(description) => (StatusCode::BAD_REQUEST, "invalid_request", description, None),
            Self::GrantType => {
                let description = "The grants are `password` and `refresh_token`.";
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", description, None)
            }
            Self::Domain(Error::InvalidCredentials) => {
                (StatusCode::BAD_REQUEST, "invalid_grant", "The name or the password is not right.", None)
            }
            Self::Domain(Error::SecondFactorRequired { .. }) => {
                let description = "The password is right. Send the code of your second factor as `otp`.";
                (StatusCode::BAD_REQUEST, "invalid_grant", description, None)
            }
            Self::Domain(Error::InvalidCode) => {
                (StatusCode::BAD_REQUEST, "invalid_grant", "The code is not right.", None)
            }
            Self::Domain(Error::Unauthenticated) => {
                (StatusCode::BAD_REQUEST, "invalid_grant", "The refresh token is not valid.", None)
            }
            Self::Domain(Error::RateLimited { retry_after }) => {
                let description = "Too many attempts.";
                (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", description, Some(retry_after))
            }
            Self::Domain(Error::Unavailable { retry_after, .. }) => {
                let description = "Try again shortly.";
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description, Some(retry_after))
            }
            // What is left is not about the grant: a problem like any other, logged where those are.
            Self::Domain(other) => return other.into_response(),
        };
        let mut response = (status, Json(TokenError { error, error_description })).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

impl From<Tokens> for TokenAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access,
            token_type: "bearer",
            expires_in: tokens.access_life.as_secs(),
            refresh_token: tokens.refresh.expose().to_owned(),
            scope: Scopes::ALL.to_string(),
        }
    }
}
