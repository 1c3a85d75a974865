//! `/health...` and `/metrics`.

use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::{Error, Forbidden, Result};
use crate::health::{Condition, Health, Report};
use crate::http::client::Caller;
use crate::http::extract::Json;
use crate::http::problem::Problem;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_health))
        .routes(routes!(read_live))
        .routes(routes!(read_ready))
        .routes(routes!(read_metrics))
}

/// A yes.
#[derive(Serialize, ToSchema)]
struct Yes {
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// How everything is. 503 when the database does not answer.
#[utoipa::path(get, path = "/health", tag = "operation", responses((status = 200, body = Report), (status = 503, body = Report)))]
async fn read_health(State(health): State<Health>) -> impl IntoResponse {
    let report = health.report().await;
    let status =
        if report.status == Condition::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(report))
}

/// The process runs.
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 200, body = Yes)))]
async fn read_live() -> Json<Yes> {
    Json(Yes { status: "ok" })
}

/// The process takes requests: it is not stopping and its database answers.
#[utoipa::path(get, path = "/health/ready", tag = "operation", responses((status = 200, body = Yes), (status = 503, body = Problem)))]
async fn read_ready(State(health): State<Health>) -> Result<Json<Yes>> {
    if health.ready().await {
        return Ok(Json(Yes { status: "ok" }));
    }
    Err(Error::Unavailable { what: "server", retry_after: std::time::Duration::from_secs(5) })
}

/// Prometheus text. For this machine itself, or with the metrics token.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "text/plain"), (status = 403, body = Problem)))]
async fn read_metrics(
    State(health): State<Health>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let token = headers.get(AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    if !health.may_read_metrics(caller.is_local, token) {
        return Err(Error::Forbidden(Forbidden::Metrics));
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], health.metrics()))
}

impl Health {
    fn may_read_metrics(&self, local: bool, authorization: &[u8]) -> bool {
        let given = authorization.strip_prefix(b"Bearer ").unwrap_or_default();
        local || self.metrics_token.as_ref().is_some_and(|token| token.ct_eq(given))
    }

    fn metrics(&self) -> String {
        self.metrics.render()
    }
}
