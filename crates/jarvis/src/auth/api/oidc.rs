//! `/auth/oidc/...`: signing in through others. A provider sends the person's browser back with a plain GET, so what goes wrong there is
//! told to the page, behind the `#`.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::{HOST, HeaderMap, LOCATION, SET_COOKIE};
use jarvis_crypto::Secret;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{SignedIn, signed_in};
use crate::app::App;
use crate::auth::gate::{CurrentUser, RecentAuth};
use crate::auth::{
    Accounts, Answer, Arrival, Cookies, Departure, Device, Door, ERRAND_LIFE, Identities, is_own_path,
};
use crate::error::{Error, Result};
use crate::http::extract::{Json, Path, Query};
use crate::http::problem::Problem;
use crate::ids::{IdentityId, RequestId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(go_to_provider))
        .routes(routes!(return_from_provider))
        .routes(routes!(join_with_provider))
        .routes(routes!(link_provider))
        .routes(routes!(prove_with_provider))
        .routes(routes!(finish_provider_login))
        .routes(routes!(list_identities))
        .routes(routes!(remove_identity))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Going {
    /// The page to go on with: a path of this server.
    #[param(max_length = 512)]
    return_to: Option<String>,
}

/// RFC 6749, 4.1.2 and RFC 9207. Providers add more than that.
#[derive(Deserialize, IntoParams)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JoinStart {
    /// The code of an invitation.
    #[schema(value_type = String)]
    invite: Secret<String>,
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkStart {
    /// The page to go on with: a path of this server.
    #[schema(max_length = 512)]
    return_to: Option<String>,
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProofStart {
    /// Where a second factor is on: the six digits, or a recovery code.
    #[schema(value_type = Option<String>)]
    otp: Option<Secret<String>>,
    /// The page to go on with: a path of this server.
    #[schema(max_length = 512)]
    return_to: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecondStep {
    /// From behind the `#` of the page that asks for it.
    flow: String,
    /// The six digits, or a recovery code.
    #[schema(value_type = String)]
    otp: Secret<String>,
}

/// Where to send the person.
#[derive(Serialize, ToSchema)]
struct Way {
    url: String,
}

/// Go to a provider to sign in, or to make an account where anybody may.
#[utoipa::path(get, path = "/auth/oidc/{provider}/start", tag = "providers", params(("provider" = String, Path), Going),
    responses((status = 302), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn go_to_provider(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    Path(provider): Path<String>,
    Query(going): Query<Going>,
    device: Device,
    headers: HeaderMap,
) -> Result<Response> {
    if is_foreign(&headers) {
        // Another site sends people to our door, not through it: who is signed in here is not exchanged behind their back.
        return Ok(go("/sign-in", Vec::new()));
    }
    let before = match cookies.credential(&headers)? {
        Some(credential) => accounts.authenticate(&credential, Some(device.address)).await.ok(),
        None => None,
    };
    let here = here(&headers);
    let door = door(&provider, going.return_to.as_deref(), &here, &device);
    match accounts.begin_with_provider(door, before.as_ref(), None).await {
        Ok(Departure { url, kept }) => Ok(go(&url, vec![cookies.set_flow(&kept, ERRAND_LIFE)])),
        Err(Error::Unvouched(why)) => Ok(go(&faulty("/sign-in", &Error::Unvouched(why)), Vec::new())),
        Err(other) => Err(other),
    }
}

/// Where a provider sends people back to.
#[utoipa::path(get, path = "/auth/oidc/{provider}/callback", tag = "providers", params(("provider" = String, Path), Back),
    responses((status = 302), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn return_from_provider(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    Path(provider): Path<String>,
    Query(back): Query<Back>,
    device: Device,
    headers: HeaderMap,
) -> Result<Response> {
    let errand = match accounts.errand(&provider, cookies.flow(&headers).as_ref(), back.state.as_deref()) {
        Ok(errand) => errand,
        Err(Error::NotFound(what)) => return Err(Error::NotFound(what)),
        // The cookie stays: it may be of an errand that is still under way.
        Err(fault) => return Ok(go(&faulty("/sign-in", &fault), Vec::new())),
    };
    let place = errand.place_of_faults().to_owned();
    let answer =
        Answer { code: back.code.as_deref(), iss: back.iss.as_deref(), error: back.error.as_deref() };
    let mut lines = vec![cookies.clear_flow()];
    Ok(match Box::pin(accounts.arrive(&provider, errand, answer, device)).await {
        Ok(Arrival::SignedIn { tokens, return_to }) => {
            lines.extend(cookies.set(&tokens));
            go(&return_to, lines)
        }
        Ok(Arrival::Halfway { flow, methods, return_to }) => {
            go(&second_step(&flow, &methods, &return_to), lines)
        }
        Ok(Arrival::Done { return_to }) => go(&return_to, lines),
        Err(fault) => go(&faulty(&place, &fault), lines),
    })
}

/// Go to a provider to make an account with an invitation.
#[utoipa::path(post, path = "/auth/oidc/{provider}/join", tag = "providers", request_body = JoinStart, params(("provider" = String, Path)),
    responses((status = 200, body = Way), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn join_with_provider(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    Path(provider): Path<String>,
    device: Device,
    headers: HeaderMap,
    Json(body): Json<JoinStart>,
) -> Result<impl IntoResponse> {
    let here = here(&headers);
    let door = door(&provider, None, &here, &device);
    Ok(way(cookies, accounts.begin_with_provider(door, None, Some(body.invite)).await?))
}

/// Go to a provider to sign in with it from now on too.
#[utoipa::path(post, path = "/auth/oidc/{provider}/link", tag = "providers", request_body = Option<LinkStart>, params(("provider" = String, Path)),
    responses((status = 200, body = Way), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn link_provider(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Option<Json<LinkStart>>,
) -> Result<impl IntoResponse> {
    let (body, here) = (body.map(|Json(body)| body).unwrap_or_default(), here(&headers));
    page_of_ours(body.return_to.as_deref())?;
    let door = Door { provider: &provider, return_to: body.return_to.as_deref(), here: &here, mark: None };
    Ok(way(cookies, accounts.begin_link(&actor, door).await?))
}

/// Go to a provider to prove that it is you, for the changes that answer `recent_proof_required`.
#[utoipa::path(post, path = "/auth/oidc/{provider}/prove", tag = "providers", request_body = Option<ProofStart>, params(("provider" = String, Path)),
    responses((status = 200, body = Way), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
async fn prove_with_provider(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    CurrentUser(actor): CurrentUser,
    Path(provider): Path<String>,
    device: Device,
    headers: HeaderMap,
    body: Option<Json<ProofStart>>,
) -> Result<impl IntoResponse> {
    let (body, here) = (body.map(|Json(body)| body).unwrap_or_default(), here(&headers));
    page_of_ours(body.return_to.as_deref())?;
    let door = door(&provider, body.return_to.as_deref(), &here, &device);
    Ok(way(cookies, accounts.begin_proof_with_provider(&actor, door, body.otp, &device).await?))
}

/// The second step, after a provider's word: a code. `POST /auth/passkeys/login/start` takes the same flow.
#[utoipa::path(post, path = "/auth/oidc/finish", tag = "providers", request_body = SecondStep,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn finish_provider_login(
    State(accounts): State<Accounts>,
    State(cookies): State<Cookies>,
    device: Device,
    headers: HeaderMap,
    Json(body): Json<SecondStep>,
) -> Result<impl IntoResponse> {
    let tokens = accounts.finish_with_code(&body.flow, &body.otp, &device).await?;
    // As after a password: no session is left behind that nobody can see any more (ASVS 7.2.4).
    for token in cookies.refresh_tokens(&headers) {
        accounts.logout_by_refresh(token.expose()).await?;
    }
    Ok(signed_in(cookies, tokens))
}

/// Through whom you may sign in.
#[utoipa::path(get, path = "/auth/identities", tag = "providers", responses((status = 200, body = Identities), (status = 401, body = Problem)))]
async fn list_identities(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
) -> Result<Json<Identities>> {
    Ok(Json(accounts.identities(&actor).await?))
}

/// Sign in through it no more. Every other device is signed out.
#[utoipa::path(delete, path = "/auth/identities/{id}", tag = "providers", params(("id" = IdentityId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn remove_identity(
    State(accounts): State<Accounts>,
    CurrentUser(actor): CurrentUser,
    _: RecentAuth,
    Path(id): Path<IdentityId>,
) -> Result<StatusCode> {
    accounts.remove_identity(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses to promise a way back that will not be taken.
fn page_of_ours(asked: Option<&str>) -> Result<()> {
    match asked {
        Some(asked) if !is_own_path(asked) => {
            let detail = "A path of this server, such as /settings, of at most 512 characters.";
            Err(Error::invalid("return_to", "not_a_path", detail))
        }
        _ => Ok(()),
    }
}

fn door<'a>(provider: &'a str, return_to: Option<&'a str>, here: &'a str, device: &Device) -> Door<'a> {
    Door { provider, return_to, here, mark: device.mark() }
}

fn way(cookies: Cookies, Departure { url, kept }: Departure) -> impl IntoResponse {
    (AppendHeaders([(SET_COOKIE, cookies.set_flow(&kept, ERRAND_LIFE))]), Json(Way { url }))
}

/// The address that the browser has of us; we speak plain http, and behind a proxy with TLS the operator says the public one.
fn here(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("http://{host}")
}

/// Whether a page of another site made the browser come here. Browsers say it on https and on loopback.
fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().any(|site| site != "same-origin" && site != "none")
}

fn go(to: &str, cookies: Vec<String>) -> Response {
    let cookies = AppendHeaders(cookies.into_iter().map(|line| (SET_COOKIE, line)).collect::<Vec<_>>());
    (StatusCode::FOUND, [(LOCATION, to.to_owned())], cookies).into_response()
}

/// The page that says what went wrong.
fn faulty(place: &str, fault: &Error) -> String {
    let id = RequestId::new();
    let problem = Problem::new(fault, id);
    if let Error::Internal(cause) = fault {
        tracing::error!(request_id = %id, cause, "internal error");
    }
    format!("{place}#error={}", problem.code)
}

/// The page that asks for the second step.
fn second_step(flow: &Secret<String>, methods: &[&str], return_to: &str) -> String {
    let next = Serializer::new(String::new()).append_pair("next", return_to).finish();
    format!("/sign-in?{next}#step={}&methods={}", flow.expose(), methods.join(","))
}
