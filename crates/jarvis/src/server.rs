//! The top: every feature's routes, the one middleware stack, and the listener.

mod document;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::error::Error;
use crate::http::assets::Assets;
use crate::http::{limits, problem, request, security};
use crate::{audit, auth, chat, health, live, models, people};

/// First parts of paths that are the API's: never answered with the page.
const API: &[&str] = &[
    "admin",
    "audio",
    "auth",
    "chat",
    "conversations",
    "docs",
    "export",
    "health",
    "import",
    "messages",
    "metrics",
    "models",
    "openapi.json",
    "search",
    "v1",
    "ws",
];
/// A pause when the system has no more file descriptors, instead of asking for one in a tight loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jarvis",
        description = "A personal assistant that people host themselves.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(
        live::socket::ClientFrame,
        live::socket::ServerFrame,
        chat::event::Numbered,
        chat::event::Event
    ))
)]
struct Document;

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(auth::api::routes())
        .merge(people::api::routes())
        .merge(audit::api::routes())
        .merge(chat::api::routes())
        .merge(models::api::routes())
        .merge(health::api::routes())
}

/// The OpenAPI document of everything.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().1
}

/// The routes, and their description.
fn described() -> (Router<App>, utoipa::openapi::OpenApi) {
    let (api, mut document) = api().split_for_parts();
    document::describe_security(&mut document);
    (api, document)
}

/// All routes within the stack. Read it from top to bottom: so a request passes.
pub fn router(app: App) -> Router {
    let (api, document) = described();
    let document = Arc::<str>::from(document.to_json().unwrap_or_default());
    let openapi = async move || ([(http::header::CONTENT_TYPE, "application/json")], document.to_string());
    let assets = Assets::embedded(API);
    let borders = Arc::clone(&app.borders);
    let stack = ServiceBuilder::new()
        .layer(from_fn(request::track))
        .layer(from_fn(security::headers))
        .layer(from_fn_with_state(app.audit.clone(), problem::render))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(security::shape))
        .layer(from_fn_with_state(Arc::clone(&borders), security::hosts))
        .layer(from_fn_with_state(Arc::clone(&borders), security::cors))
        .layer(from_fn_with_state(borders, security::origins))
        .layer(from_fn(limits::body_deadline))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES));
    api.route("/ws", get(live::socket::open))
        .route("/openapi.json", get(openapi))
        // Deny by default: on every route above, whoever wrote it.
        .route_layer(from_fn_with_state(app.clone(), auth::gate::gate))
        .fallback(async move |request: Request| {
            assets.serve(request.method(), request.uri(), request.headers())
        })
        .layer(stack)
        .with_state(app)
}

fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let cause =
        cause.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| cause.downcast_ref().cloned());
    Error::Internal(format!("panic: {}", cause.unwrap_or_default())).into_response()
}

/// Takes connections until the process stops. Each is served by a task of its own, with deadlines for its headers.
pub async fn listen(listener: TcpListener, app: App) {
    let (tasks, router) = (app.tasks.clone(), router(app));
    while let Some(accepted) = tasks.stopping().run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                let serving = serve(stream, peer, router.clone(), tasks.stopping().clone());
                tasks.spawn("connection", serving);
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stopping: tokio_util::sync::CancellationToken,
) {
    // Without it a token may wait for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(limits::WRITE_TIME));
    metrics::gauge!(crate::telemetry::ACTIVE_CONNECTIONS).increment(1.0);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIME)
        .max_headers(limits::HEADERS)
        .max_buf_size(limits::HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
    metrics::gauge!(crate::telemetry::ACTIVE_CONNECTIONS).decrement(1.0);
}
