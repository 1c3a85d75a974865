//! Deny by default: every route needs somebody signed in, but for the few in [`PUBLIC`].

use std::net::IpAddr;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::app::App;
use crate::audit::Origin;
use crate::auth::{Actor, Grant, Scope};
use crate::error::{Error, Forbidden, Result};
use crate::http::client::ClientAddress;
use crate::http::rates::Meter;
use crate::ids::UserId;
use crate::rates::Caller;
use crate::users::Role;

/// What a stranger may call. Each has its own reason:
const PUBLIC: &[(Method, &str)] = &[
    // how one becomes known,
    (Method::GET, "/auth/setup"),
    (Method::GET, "/auth/providers"),
    (Method::POST, "/auth/register"),
    (Method::POST, "/auth/login"),
    (Method::POST, "/auth/token"),
    // with a passkey too, alone or after the password,
    (Method::POST, "/auth/passkeys/login/start"),
    (Method::POST, "/auth/passkeys/login/finish"),
    // or through somebody who vouches for them,
    (Method::GET, "/auth/oidc/{provider}/start"),
    (Method::GET, "/auth/oidc/{provider}/callback"),
    (Method::POST, "/auth/oidc/{provider}/join"),
    (Method::POST, "/auth/oidc/finish"),
    // what must work when the access token has run out,
    (Method::POST, "/auth/refresh"),
    (Method::POST, "/auth/logout"),
    // what looks after itself: the socket asks who is there once it is open, the metrics ask for loopback or their token,
    (Method::GET, "/ws"),
    (Method::GET, "/metrics"),
    // and what tells nothing about anybody.
    (Method::GET, "/health"),
    (Method::GET, "/health/live"),
    (Method::GET, "/health/ready"),
    (Method::GET, "/openapi.json"),
];

/// Of these, what the page calls for somebody who is signed in. When a stranger at the same address has used up its allowance, who shows
/// a session that lives is counted against their own instead.
const RETURNING: &[(Method, &str)] =
    &[(Method::POST, "/auth/refresh"), (Method::POST, "/auth/logout"), (Method::GET, "/ws")];

/// What somebody may call whose role asks for a second factor that they have yet to enrol: enrolling, and what that takes.
const ENROLLING: &[(Method, &str)] = &[
    (Method::GET, "/auth/me"),
    (Method::GET, "/auth/2fa"),
    (Method::POST, "/auth/2fa/totp"),
    (Method::POST, "/auth/2fa/totp/confirm"),
    (Method::POST, "/auth/passkeys/register/start"),
    (Method::POST, "/auth/passkeys/register/finish"),
    (Method::POST, "/auth/prove"),
    (Method::POST, "/auth/oidc/{provider}/prove"),
    (Method::POST, "/auth/password"),
];

/// What a program may call with an API key, and the scope that the key needs. Anything else is for people who are signed in: a new
/// operation is closed to keys until it stands here. No operation that makes a session, a factor, a key or an invitation ever does.
const KEYS: &[(Method, &str, Scope)] = &[
    (Method::GET, "/auth/me", Scope::Read),
    (Method::PATCH, "/auth/me", Scope::Admin),
    (Method::GET, "/models", Scope::Read),
    (Method::POST, "/chat", Scope::Chat),
    (Method::GET, "/conversations", Scope::Read),
    (Method::POST, "/conversations", Scope::Chat),
    (Method::GET, "/conversations/{id}", Scope::Read),
    (Method::PATCH, "/conversations/{id}", Scope::Chat),
    (Method::DELETE, "/conversations/{id}", Scope::Chat),
    (Method::GET, "/conversations/{id}/messages", Scope::Read),
    (Method::POST, "/conversations/{id}/messages", Scope::Chat),
    (Method::POST, "/conversations/{id}/stop", Scope::Chat),
    (Method::POST, "/conversations/{id}/regenerate", Scope::Chat),
    (Method::GET, "/admin/users", Scope::Admin),
    (Method::GET, "/admin/users/{id}", Scope::Admin),
    (Method::DELETE, "/admin/users/{id}/sessions", Scope::Admin),
    (Method::GET, "/admin/invites", Scope::Admin),
    (Method::DELETE, "/admin/invites/{id}", Scope::Admin),
    (Method::GET, "/admin/audit", Scope::Admin),
    (Method::GET, "/admin/audit/export", Scope::Admin),
    (Method::GET, "/admin/audit/status", Scope::Admin),
];

/// Whether what a caller came with reaches this operation. A session reaches all of them.
fn reach(actor: &Actor, method: &Method, path: &str) -> Result<()> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    match actor.grant {
        Grant::Session(_) => Ok(()),
        Grant::Key(_) => match KEYS.iter().find(|(m, p, _)| m == method && *p == path) {
            Some((_, _, scope)) => actor.needs(*scope),
            None => Err(Error::Forbidden(Forbidden::SessionRequired)),
        },
    }
}

/// Whether a stranger may call this operation. `path` is the route's template.
pub fn is_public(method: &Method, path: &str) -> bool {
    among(PUBLIC, method, path)
}

fn among(operations: &[(Method, &str)], method: &Method, path: &str) -> bool {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    operations.iter().any(|(m, p)| m == method && *p == path)
}

/// The middleware on every route: puts an [`Actor`] in the request, or refuses it. Who is turned away is counted too, by address.
pub async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let ClientAddress(address) = ClientAddress::of(request.extensions());
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let method = request.method();
    let actor = if is_public(method, path) {
        Ok(None)
    } else {
        identify(&app, request.headers(), address).await.map(Some)
    };
    let caller = match &actor {
        Ok(Some(actor)) => Caller::Person(actor.user),
        Ok(None) | Err(_) => Caller::Address(address),
    };
    let mut meter = Meter::new(&app.rates, method, path, caller);
    let mut counted = meter.count();
    if counted.is_err()
        && among(RETURNING, method, path)
        && let Some(user) = returning(&app, request.headers(), address).await
    {
        meter = Meter::new(&app.rates, method, path, Caller::Person(user));
        counted = meter.count();
    }
    let admitted = counted.and(actor).and_then(|actor| admit(actor, method, path));
    let mut response = match admitted {
        Ok(actor) => {
            actor.and_then(|actor| request.extensions_mut().insert(actor));
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    meter.tell(response.headers_mut());
    response
}

async fn identify(app: &App, headers: &HeaderMap, address: IpAddr) -> Result<Actor> {
    let credential = app.cookies.credential(headers)?.ok_or(Error::Unauthenticated)?;
    app.accounts.authenticate(&credential, Some(address)).await
}

/// Whose living session or key the request shows: by its credential, or by its refresh cookie once the access token has run out. Asked only
/// when the address has nothing left. It changes nothing, so that guessing here costs no more than it does at any other operation.
async fn returning(app: &App, headers: &HeaderMap, address: IpAddr) -> Option<UserId> {
    if let Ok(actor) = identify(app, headers, address).await {
        return Some(actor.user);
    }
    let token = app.cookies.refresh_token(headers)?;
    app.accounts.holder_of_refresh(token.expose()).await.ok().flatten()
}

/// Whether somebody may call this operation.
fn admit(actor: Option<Actor>, method: &Method, path: &str) -> Result<Option<Actor>> {
    if let Some(actor) = &actor {
        if actor.must_enrol && !among(ENROLLING, method, path) {
            return Err(Error::Forbidden(Forbidden::EnrolmentRequired));
        }
        Origin::is_by(actor.user, if let Grant::Key(key) = actor.grant { Some(key) } else { None });
        reach(actor, method, path)?;
    }
    Ok(actor)
}

/// Somebody who is signed in.
pub struct CurrentUser(pub Actor);

/// Somebody who is at least an admin.
pub struct Admin(pub Actor);

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get::<Actor>().copied().map(Self).ok_or(Error::Unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let CurrentUser(actor) = CurrentUser::from_request_parts(parts, state).await?;
        if actor.role < Role::Admin {
            return Err(Error::Forbidden(Forbidden::Role));
        }
        Ok(Self(actor))
    }
}

/// Somebody who proved who they are a few minutes ago at most: by signing in, or by `POST /auth/prove`.
pub struct RecentAuth;

impl FromRequestParts<App> for RecentAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let CurrentUser(actor) = CurrentUser::from_request_parts(parts, app).await?;
        app.accounts.recently_proved(&actor).await.map(|()| Self)
    }
}
