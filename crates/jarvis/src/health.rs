//! Is everything there? Each dependency is really asked, with a time limit.

pub mod api;

use std::time::Duration;

use jarvis_crypto::{Secret, Shielded};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::{Clock, Timestamp};
use crate::db::Db;
use crate::lifecycle::Tasks;
use crate::models::{Models, ServerStatus};
use crate::telemetry;

/// Time for a dependency to answer.
const PROBE: Duration = Duration::from_secs(3);

/// How the whole is, or one part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    Healthy,
    /// It works, with something missing.
    Degraded,
    /// It cannot do its job.
    Unhealthy,
}

/// One dependency.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceHealth {
    pub status: Condition,
    #[schema(value_type = String)]
    pub detail: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Services {
    pub database: ServiceHealth,
    pub cache: ServiceHealth,
    pub llm: ServiceHealth,
}

/// Everything at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    pub status: Condition,
    #[schema(value_type = String)]
    pub version: &'static str,
    pub uptime_seconds: u64,
    pub services: Services,
}

/// Asks the dependencies and shows the metrics.
#[derive(Clone)]
pub struct Health {
    db: Db,
    models: Models,
    tasks: Tasks,
    clock: Clock,
    started: Timestamp,
    metrics: PrometheusHandle,
    metrics_token: Option<Shielded<Vec<u8>>>,
}

impl Health {
    pub fn new(
        db: Db,
        models: Models,
        tasks: Tasks,
        clock: Clock,
        metrics: PrometheusHandle,
        metrics_token: Option<Secret<String>>,
    ) -> Self {
        let started = clock.now();
        let metrics_token =
            metrics_token.map(|token| Shielded::new(&Secret::new(token.expose().as_bytes().to_vec())));
        Self { db, models, tasks, clock, started, metrics, metrics_token }
    }

    /// Asks each dependency now.
    pub async fn report(&self) -> Report {
        let database = async { matches!(tokio::time::timeout(PROBE, self.db.probe()).await, Ok(Ok(()))) };
        let models = tokio::time::timeout(PROBE, self.models.list());
        let (database, models) = futures_util::future::join(database, models).await;
        let database = if database {
            ServiceHealth { status: Condition::Healthy, detail: self.db.kind() }
        } else {
            ServiceHealth { status: Condition::Unhealthy, detail: "does not answer" }
        };
        let llm = match models {
            Ok(list) if !list.items.is_empty() => {
                ServiceHealth { status: Condition::Healthy, detail: "a model is ready" }
            }
            Ok(list) if list.providers.iter().any(|provider| provider.status == ServerStatus::Up) => {
                ServiceHealth { status: Condition::Degraded, detail: "a server answers but has no model" }
            }
            Ok(_) | Err(_) => {
                ServiceHealth { status: Condition::Degraded, detail: "no model server answers" }
            }
        };
        let cache = ServiceHealth { status: Condition::Healthy, detail: "memory" };
        for (name, service) in [("database", &database), ("cache", &cache), ("llm", &llm)] {
            let up = if service.status == Condition::Healthy { 1.0 } else { 0.0 };
            metrics::gauge!(telemetry::SERVICE_STATUS, "service" => name).set(up);
        }
        let status = match (database.status, llm.status) {
            (Condition::Unhealthy, _) => Condition::Unhealthy,
            (_, Condition::Healthy) => Condition::Healthy,
            _ => Condition::Degraded,
        };
        let version = env!("CARGO_PKG_VERSION");
        let services = Services { database, cache, llm };
        Report { status, version, uptime_seconds: self.uptime().as_secs(), services }
    }

    /// Whether to send requests here: not while stopping, not without a database.
    pub async fn ready(&self) -> bool {
        !self.tasks.stopping().is_cancelled()
            && matches!(tokio::time::timeout(PROBE, self.db.probe()).await, Ok(Ok(())))
    }

    /// Keeps the metrics' own bookkeeping small; call every few seconds.
    pub fn upkeep(&self) {
        metrics::gauge!(telemetry::UPTIME).set(self.uptime().as_secs_f64());
        self.metrics.run_upkeep();
    }

    fn uptime(&self) -> Duration {
        self.clock.now().since(self.started)
    }
}
