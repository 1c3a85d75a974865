//! The top: every feature's routes, the one middleware stack, and the listener.

mod document;
mod places;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::http::assets::Assets;
use crate::http::client::Peer;
use crate::http::limits;
use crate::http::stack::Stack;
use crate::tls::Tls;
use crate::{auth, chat, health, live, models, people};

use places::Places;
use wire::Wire;

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

/// All routes within the stack: [`Stack`], then the gate, then the handler.
pub fn router(app: App) -> Router {
    let (api, document) = described();
    let document = Arc::<str>::from(document.to_json().unwrap_or_default());
    let openapi = async move || ([(http::header::CONTENT_TYPE, "application/json")], document.to_string());
    let assets = Assets::embedded(API);
    let stack = Stack::new(Arc::clone(&app.borders));
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

/// Takes connections until the process stops. Each is served by a task of its own, with deadlines for its handshake and its headers.
pub async fn listen(listener: TcpListener, app: App) {
    let (tasks, router) = (app.tasks.clone(), router(app.clone()));
    let places = Places::new(app.connections, Arc::clone(&app.borders));
    let tls = app.tls.as_ref().map(Tls::acceptor);
    while let Some(accepted) = tasks.stopping().run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, address)) => {
                let Some(place) = places.take(address.ip()) else { continue };
                let (tls, router, stopping) = (tls.clone(), router.clone(), tasks.stopping().clone());
                let peer = Peer { address, tls: tls.is_some() };
                tasks.spawn("connection", async move {
                    let opened = stopping.run_until_cancelled(Wire::open(stream, tls.as_ref(), place)).await;
                    match opened {
                        Some(Ok(wire)) => serve(wire, peer, router, &stopping).await,
                        Some(Err(error)) => tracing::debug!(%error, "no connection came about"),
                        None => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(wire: Wire, peer: Peer, router: Router, stopping: &CancellationToken) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIME)
        .max_headers(limits::HEADERS)
        .max_buf_size(limits::HEADER_BYTES)
        .serve_connection(TokioIo::new(wire), service)
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
}
