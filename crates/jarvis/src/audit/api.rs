//! `/admin/audit...`.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit::{Audit, Event, Filter, Kind, Outcome, Page, Span, Status};
use crate::auth::gate::Admin;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::extract::{Json, Query};
use crate::http::problem::Problem;
use crate::ids::UserId;

/// Events of a page when nothing else is asked for, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_audit_events))
        .routes(routes!(export_audit_events))
        .routes(routes!(read_audit_status))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Kinds of events with a comma between them: `sign_in_failed,limit_reached`.
    #[param(max_length = 1000)]
    kinds: Option<String>,
    /// Who did it.
    actor: Option<UserId>,
    /// Whose account it is about.
    subject: Option<UserId>,
    /// `success` or `failure`.
    #[param(value_type = Option<Outcome>)]
    outcome: Option<String>,
    /// Not before this moment (RFC 3339).
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before this moment (RFC 3339).
    #[param(format = DateTime)]
    until: Option<String>,
    /// `next` of the page before: older ones.
    #[param(minimum = 1)]
    before: Option<i64>,
    /// `latest` of the page before: newer ones. Not with `before`.
    #[param(minimum = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Kinds of events with a comma between them.
    #[param(max_length = 1000)]
    kinds: Option<String>,
    /// Who did it.
    actor: Option<UserId>,
    /// Whose account it is about.
    subject: Option<UserId>,
    /// `success` or `failure`.
    #[param(value_type = Option<Outcome>)]
    outcome: Option<String>,
    /// Not before this moment (RFC 3339).
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before this moment (RFC 3339).
    #[param(format = DateTime)]
    until: Option<String>,
    /// The `seq` of the last event that is there already.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// What happened that matters to security, the newest first. Ask again with `after` for what has come since.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", params(AuditQuery),
    responses((status = 200, body = Page), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_audit_events(
    State(audit): State<Audit>,
    _: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page>> {
    let limit = match query.limit.unwrap_or(PAGE) {
        limit @ 1..=PAGE_MAX => limit,
        _ => {
            let detail = format!("A limit is between 1 and {PAGE_MAX}.");
            return Err(Error::invalid("limit", "out_of_range", detail));
        }
    };
    let span = match (query.before, query.after) {
        (None, None) => Span::Newest,
        (Some(before @ 1..), None) => Span::Before(before),
        (None, Some(after @ 0..)) => Span::After(after),
        _ => {
            return Err(Error::invalid(
                "after",
                "cursor_invalid",
                "Use `next` as `before`, or `latest` as `after`.",
            ));
        }
    };
    let (kinds, outcome) = (query.kinds.as_deref(), query.outcome.as_deref());
    let wanted = filter(kinds, outcome, [query.from.as_deref(), query.until.as_deref()])?;
    let wanted = Filter { actor: query.actor, subject: query.subject, ..wanted };
    let page = audit.page(&wanted, span, limit).await?;
    audit.note(Event::new(Kind::AuditRead));
    Ok(Json(page))
}

/// The same as lines of JSON, the oldest first, with the hashes: all that there is at this moment.
#[utoipa::path(get, path = "/admin/audit/export", tag = "admin", params(ExportQuery),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn export_audit_events(
    State(audit): State<Audit>,
    _: Admin,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let (kinds, outcome) = (query.kinds.as_deref(), query.outcome.as_deref());
    let wanted = filter(kinds, outcome, [query.from.as_deref(), query.until.as_deref()])?;
    let wanted = Filter { actor: query.actor, subject: query.subject, ..wanted };
    let after = match query.after {
        Some(after @ 0..) => after,
        None => 0,
        Some(_) => return Err(Error::invalid("after", "cursor_invalid", "Use the `seq` of an event.")),
    };
    let last = audit.status().await?.size;
    audit.note(Event::new(Kind::AuditExported));
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CONTENT_DISPOSITION, "attachment; filename=\"jarvis-audit.jsonl\""),
    ];
    // A page at a time, as fast as it is read, and no connection is held in between.
    let lines = stream::try_unfold((audit, wanted, after), move |(audit, wanted, after)| async move {
        let page = audit.lines(&wanted, after, last).await?;
        let Some(end) = page.last().map(super::Line::seq) else { return Ok::<_, Error>(None) };
        let mut text = Vec::new();
        for line in &page {
            serde_json::to_writer(&mut text, line).map_err(|error| Error::internal("audit export", error))?;
            text.push(b'\n');
        }
        Ok(Some((Bytes::from(text), (audit, wanted, end))))
    });
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// How long the trail is, and how much of it is vouched for by a signed checkpoint.
#[utoipa::path(get, path = "/admin/audit/status", tag = "admin",
    responses((status = 200, body = Status), (status = 403, body = Problem)))]
async fn read_audit_status(State(audit): State<Audit>, _: Admin) -> Result<Json<Status>> {
    Ok(Json(audit.status().await?))
}

fn filter(kinds: Option<&str>, outcome: Option<&str>, times: [Option<&str>; 2]) -> Result<Filter> {
    let names = kinds.unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let known = |name: &str| Kind::ALL.iter().copied().find(|kind| kind.name() == name);
    let kinds: Option<Vec<Kind>> = names.map(known).collect();
    let kinds =
        kinds.ok_or_else(|| Error::invalid("kinds", "kind_unknown", "There is no such kind of event."))?;
    let outcome = match outcome {
        None => None,
        Some("success") => Some(Outcome::Success),
        Some("failure") => Some(Outcome::Failure),
        Some(_) => return Err(Error::invalid("outcome", "outcome_unknown", "It is success or failure.")),
    };
    let [from, until] = times;
    Ok(Filter { outcome, from: moment("from", from)?, until: moment("until", until)?, ..Filter::default() }
        .kinds(&kinds))
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let moment: jiff::Timestamp = text
        .parse()
        .map_err(|_| Error::invalid(field, "time_invalid", "Write a moment as 2026-11-22T18:30:00Z."))?;
    Ok(Some(Timestamp::from_micros(moment.as_microsecond())))
}
