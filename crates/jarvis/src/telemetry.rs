//! The log and the metrics of this process.

mod lines;

use std::fmt::Debug;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Subscriber;
use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat};

pub const REQUESTS: &str = "jarvis_requests_total";
pub const REQUEST_ERRORS: &str = "jarvis_requests_errors_total";
pub const RESPONSE_TIME: &str = "jarvis_response_time_seconds";
pub const UPTIME: &str = "jarvis_uptime_seconds";
pub const ACTIVE_CONNECTIONS: &str = "jarvis_active_connections";
/// Label `service`: 1 up, 0 down.
pub const SERVICE_STATUS: &str = "jarvis_service_status";
/// Label `state`: `open`, `idle`.
pub const DB_CONNECTIONS: &str = "jarvis_db_connections";
/// Label `outcome`.
pub const AUTH_ATTEMPTS: &str = "jarvis_auth_attempts_total";
/// Label `limit`.
pub const RATE_LIMIT_HITS: &str = "jarvis_rate_limit_hits_total";
/// Label `code`.
pub const VALIDATION_ERRORS: &str = "jarvis_validation_errors_total";
pub const LLM_FIRST_TOKEN: &str = "jarvis_llm_first_token_seconds";
pub const LLM_TOKENS: &str = "jarvis_llm_tokens_total";
pub const LLM_RETRIES: &str = "jarvis_llm_retries_total";
pub const WS_CONNECTIONS: &str = "jarvis_ws_connections";
/// Label `kind`.
pub const AUDIT_EVENTS: &str = "jarvis_audit_events_total";
/// Label `table`.
pub const DAMAGED_RECORDS: &str = "jarvis_damaged_records_total";
pub const LOG_LINES_DROPPED: &str = "jarvis_log_lines_dropped_total";
/// Label `task`: see [`crate::lifecycle::Tasks`].
pub const TASKS: &str = "jarvis_tasks";

const RESPONSE_TIME_BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// A small model on a processor takes tens of seconds to read a long conversation.
const FIRST_TOKEN_BUCKETS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 120.0];

/// Crates whose events follow `LOG_LEVEL`: a prefix, so all of ours.
const OURS: &str = "jarvis";

/// Why the log or the metrics cannot start: something else in this process has set up its own.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log: {0}")]
    Log(#[from] TryInitError),
    #[error("metrics: {0}")]
    Metrics(#[from] BuildError),
}

/// Starts the log on standard error and the metrics of the process. Call once, before anything else.
///
/// # Errors
/// When a log or a recorder was installed before.
pub fn init(log: &Log) -> Result<PrometheusHandle, TelemetryError> {
    subscriber(log, io::stderr).try_init()?;
    panic::set_hook(Box::new(log_panic));
    metrics()
}

/// The metrics of this process, installed at the first call. `render()` is the text for Prometheus;
/// `run_upkeep()` must be called every few seconds, or histograms grow for ever.
///
/// # Errors
/// When another recorder was installed.
pub fn metrics() -> Result<PrometheusHandle, TelemetryError> {
    static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let handle = recorder()?;
    describe();
    Ok(installed.insert(handle).clone())
}

fn recorder() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(RESPONSE_TIME.to_owned()), &RESPONSE_TIME_BUCKETS)?
        .set_buckets_for_metric(Matcher::Full(LLM_FIRST_TOKEN.to_owned()), &FIRST_TOKEN_BUCKETS)?
        .install_recorder()
}

fn describe() {
    describe_counter!(REQUESTS, "HTTP requests answered");
    describe_counter!(REQUEST_ERRORS, "HTTP requests answered with a status of 400 or more");
    describe_histogram!(RESPONSE_TIME, "Seconds from a request to the start of its answer");
    describe_gauge!(UPTIME, "Seconds since the start");
    describe_gauge!(ACTIVE_CONNECTIONS, "Open HTTP connections");
    describe_gauge!(SERVICE_STATUS, "1 when the last probe of a service succeeded, else 0");
    describe_gauge!(DB_CONNECTIONS, "Connections of the database pool");
    describe_counter!(AUTH_ATTEMPTS, "Attempts to sign in");
    describe_counter!(RATE_LIMIT_HITS, "Requests refused by a limit");
    describe_counter!(VALIDATION_ERRORS, "Requests refused for their content");
    describe_histogram!(LLM_FIRST_TOKEN, "Seconds from asking a model to its first text");
    describe_counter!(LLM_TOKENS, "Tokens that models read and wrote");
    describe_counter!(LLM_RETRIES, "Repeated requests to model servers");
    describe_gauge!(WS_CONNECTIONS, "Open WebSockets");
    describe_counter!(AUDIT_EVENTS, "Security events recorded");
    describe_counter!(DAMAGED_RECORDS, "Sealed records that were read and did not open");
    describe_counter!(LOG_LINES_DROPPED, "Log lines that could not be masked or written");
    describe_gauge!(TASKS, "Background tasks that run");
}

fn subscriber<W>(log: &Log, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // Libraries write SQL and headers at their lower levels.
    let levels = Targets::new().with_default(log.level.min(LevelFilter::WARN)).with_target(OURS, log.level);
    // A complaint about a line that was not written would go to standard error beside the writer.
    let lines =
        fmt::layer().with_ansi(false).with_writer(lines::Lines::new(writer)).log_internal_errors(false);
    let layer = match log.format {
        LogFormat::Text => lines.fmt_fields(typed_fields()).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    };
    tracing_subscriber::registry().with(layer.with_filter(levels))
}

/// As the library writes fields, but for those whose name promises a secret: the text alone does not show where a value
/// with spaces ends. JSON has quotes for that.
fn typed_fields() -> impl for<'w> FormatFields<'w> + 'static {
    let field = |writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| match field.name() {
        "message" => write!(writer, "{value:?}"),
        name if jarvis_redact::is_secret_name(name) => write!(writer, "{name}=***"),
        name => write!(writer, "{name}={value:?}"),
    };
    debug_fn(field).delimited(" ")
}

/// A panic becomes an event like any other: one line, in the same form and place.
fn log_panic(info: &PanicHookInfo<'_>) {
    // Logging it could only fail again, and a panic within a panic ends the process. It is counted.
    if lines::is_masking() {
        return;
    }
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic: {text}");
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use jarvis_redact::forges;

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, format: LogFormat, act: impl FnOnce()) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber = subscriber(&Log { level, format }, move || writer.clone());
        tracing::subscriber::with_default(subscriber, act);
        let bytes = memory.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    const HOSTILE: &str = "x\r\n2026-01-01 INFO jarvis: owner signed in\u{1b}[2J\u{2028}\u{202e}";

    #[test]
    fn an_event_is_one_line_of_visible_text_in_both_forms() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(LevelFilter::INFO, format, || {
                tracing::info!(target: "jarvis::test", field = %HOSTILE, "about {HOSTILE}");
            });
            assert_eq!(text.matches('\n').count(), 1, "{text:?}");
            assert!(text.ends_with('\n'), "{text:?}");
            assert!(!text.trim_end_matches('\n').contains(forges), "{text:?}");
            assert!(text.contains("owner signed in"), "{text:?}");
        }
    }

    #[test]
    fn what_must_not_be_read_is_masked_in_both_forms() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(LevelFilter::INFO, format, || {
                let span =
                    tracing::info_span!(target: "jarvis::test", "request", new_password = %"in the span");
                let _inside = span.enter();
                let header = "Authorization: Bearer 5up3r";
                tracing::info!(target: "jarvis::test", password = %"with two spaces", header, "from ada@example.org");
                tracing::warn!(target: "sqlx::query", "a library says token=5up3r");
                tracing::info!(target: "jarvis::test", otp = 123_456, max_tokens = 4096, "{}", "{\"secret\":\"5up3r\"}");
            });
            for secret in ["5up3r", "two", "spaces", "in the", "ada", "123456"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
            assert_eq!(text.lines().count(), 3, "{text}");
            assert!(text.contains("***@example.org") && text.contains("4096"), "{text}");
            if format == LogFormat::Json {
                text.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
            }
        }
    }

    #[test]
    fn a_json_event_keeps_its_value_exactly() {
        let text = logged(LevelFilter::INFO, LogFormat::Json, || {
            tracing::info!(target: "jarvis::test", field = "tab\tnew\nline", "hello");
        });
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(event["field"], "tab\tnew\nline");
        assert_eq!(event["message"], "hello");
    }

    #[test]
    fn libraries_are_never_more_talkative_than_warn() {
        let text = logged(LevelFilter::TRACE, LogFormat::Text, || {
            tracing::trace!(target: "jarvis_llm::ollama", "ours");
            tracing::info!(target: "sqlx::query", "SELECT secret");
            tracing::warn!(target: "sqlx::query", "slow");
        });
        assert!(text.contains("ours") && text.contains("slow") && !text.contains("SELECT"), "{text}");
        let quiet = logged(LevelFilter::ERROR, LogFormat::Text, || {
            tracing::warn!(target: "sqlx::query", "slow");
        });
        assert_eq!(quiet, "");
    }

    #[test]
    fn metrics_are_rendered_with_their_buckets_and_meaning() {
        let handle = metrics().unwrap();
        metrics().unwrap();
        ::metrics::histogram!(RESPONSE_TIME).record(0.02);
        ::metrics::histogram!(LLM_FIRST_TOKEN).record(20.0);
        handle.run_upkeep();
        let text = handle.render();
        assert!(text.contains("jarvis_response_time_seconds_bucket{le=\"0.025\"} 1"), "{text}");
        assert!(text.contains("jarvis_llm_first_token_seconds_bucket{le=\"60\"} 1"), "{text}");
        assert!(text.contains("# HELP jarvis_response_time_seconds Seconds from a request"), "{text}");
    }
}
