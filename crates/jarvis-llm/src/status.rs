//! What a response that is not a success means.

use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;

use crate::ModelError;
use crate::error::brief;

/// No server is believed that asks for more.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Classifies a response by its status, helped by its body.
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ModelError {
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let detail =
        said(&body).unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    match status {
        StatusCode::TOO_MANY_REQUESTS => ModelError::RateLimited { retry_after: retry_after(headers) },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ModelError::Unauthorized,
        _ if status.is_server_error() => ModelError::Server { status: status.as_u16(), detail },
        _ if names_unknown_model(status, &body) => ModelError::ModelNotFound { detail },
        _ if status.is_success() => ModelError::bad("a success without an answer"),
        _ if status.is_redirection() => ModelError::Refused {
            status: status.as_u16(),
            detail: "a redirect, which is not followed".to_owned(),
        },
        _ => ModelError::Refused { status: status.as_u16(), detail },
    }
}

/// An error object as the servers write it: `{"error": ".."}`, `{"error": {"message": ".."}}`, `{"detail": ".."}`, or
/// the inner part alone.
pub(crate) fn said(error: &Value) -> Option<String> {
    match error {
        Value::String(text) => Some(brief(text)),
        Value::Object(fields) => {
            ["error", "message", "detail"].iter().find_map(|name| said(fields.get(*name)?))
        }
        _ => None,
    }
}

/// A 404 counts only if it carries a JSON error: any other one means that the address is wrong.
fn names_unknown_model(status: StatusCode, body: &Value) -> bool {
    let code = body.pointer("/error/code").and_then(Value::as_str);
    code == Some("model_not_found") || (status == StatusCode::NOT_FOUND && body.get("error").is_some())
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). A date is compared with the response's own `Date`,
/// so that it does not matter whether our clocks agree.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let value = text(RETRY_AFTER)?;
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = httpdate::parse_http_date(value).ok()?;
            let now = httpdate::parse_http_date(text(DATE)?).ok()?;
            until.duration_since(now).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// The error that a server sent in place of (more of) the answer.
pub(crate) fn upstream(body: &[u8]) -> ModelError {
    let error = serde_json::from_slice::<Value>(body).unwrap_or_default();
    ModelError::Upstream { detail: said(&error).unwrap_or_else(|| "no reason given".to_owned()) }
}
