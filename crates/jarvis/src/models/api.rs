//! `/models`.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::models::{ModelList, Models};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_models))
}

/// The models there are, the one that answers by default, and how their servers are.
#[utoipa::path(get, path = "/models", tag = "models", responses((status = 200, body = ModelList), (status = 401, body = Problem)))]
async fn list_models(State(models): State<Models>) -> Json<ModelList> {
    Json(models.list().await.as_ref().clone())
}
