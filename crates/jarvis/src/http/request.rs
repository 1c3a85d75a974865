//! One request: its id, its span, its place in the metrics.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{HeaderValue, Method};
use metrics::{Counter, Histogram};
use tokio::time::Instant;
use tracing::Span;

use crate::ids::RequestId;
use crate::telemetry;

/// Methods are what strangers type too: only the known ones become labels.
const METHODS: [(Method, &str); 7] = [
    (Method::GET, "GET"),
    (Method::HEAD, "HEAD"),
    (Method::POST, "POST"),
    (Method::PUT, "PUT"),
    (Method::PATCH, "PATCH"),
    (Method::DELETE, "DELETE"),
    (Method::OPTIONS, "OPTIONS"),
];
const OTHER: &str = "other";

/// The metrics of one route, found once for each method and kept: to find them by their labels takes longer than all
/// the rest of this.
#[derive(Default)]
pub struct Meters([OnceLock<Meter>; METHODS.len() + 1]);

struct Meter {
    method: &'static str,
    route: Arc<str>,
    requests: Counter,
    time: Histogram,
    /// Not there until the first.
    errors: OnceLock<Counter>,
}

impl Meter {
    fn new(method: &'static str, route: Option<&MatchedPath>) -> Self {
        // The route's template, never the path itself: paths hold ids, and what strangers type.
        let route = Arc::from(route.map_or("-", MatchedPath::as_str));
        let labels = labels(method, &route);
        Self {
            method,
            route,
            requests: metrics::counter!(telemetry::REQUESTS, &labels),
            time: metrics::histogram!(telemetry::RESPONSE_TIME, &labels),
            errors: OnceLock::new(),
        }
    }

    fn errors(&self) -> &Counter {
        let labels = || labels(self.method, &self.route);
        self.errors.get_or_init(|| metrics::counter!(telemetry::REQUEST_ERRORS, &labels()))
    }
}

fn labels(method: &'static str, route: &Arc<str>) -> [(&'static str, metrics::SharedString); 2] {
    [("method", method.into()), ("route", Arc::clone(route).into())]
}

impl Meters {
    fn of(&self, method: &Method, route: Option<&MatchedPath>) -> Option<&Meter> {
        let known = METHODS.iter().position(|(known, _)| known == method);
        let name = known.and_then(|at| METHODS.get(at)).map_or(OTHER, |(_, name)| *name);
        let meter = self.0.get(known.unwrap_or(METHODS.len()))?;
        Some(meter.get_or_init(|| Meter::new(name, route)))
    }
}

/// A request on its way.
pub struct Tracked {
    id: RequestId,
    span: Span,
    started: Instant,
    method: Method,
    meters: Arc<Meters>,
}

impl Tracked {
    /// Gives the request an id (never taken from outside: it ends up in logs) and a span.
    pub fn begin(request: &mut Request, meters: Arc<Meters>) -> Self {
        let id = RequestId::new();
        let route = request.extensions().get::<MatchedPath>();
        let meter = meters.of(request.method(), route);
        let (method, route) = meter.map_or((OTHER, "-"), |meter| (meter.method, &*meter.route));
        let span = tracing::info_span!("request", request_id = %id, method, route);
        request.extensions_mut().insert(id);
        Self { id, span, started: Instant::now(), method: request.method().clone(), meters }
    }

    pub fn id(&self) -> RequestId {
        self.id
    }

    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Counts the answer and says its id.
    pub fn end(self, response: &mut Response) {
        let (elapsed, status) = (self.started.elapsed(), response.status());
        if let Some(meter) = self.meters.of(&self.method, None) {
            meter.requests.increment(1);
            meter.time.record(elapsed.as_secs_f64());
            if status.is_client_error() || status.is_server_error() {
                meter.errors().increment(1);
            }
        }
        tracing::info!(status = status.as_u16(), ms = elapsed.as_millis(), "answered");
        let mut text = uuid::Uuid::encode_buffer();
        if let Ok(value) = HeaderValue::from_str(self.id.0.hyphenated().encode_lower(&mut text)) {
            response.headers_mut().insert("x-request-id", value);
        }
    }
}
