//! [`Error`] as an HTTP answer: RFC 9457 `application/problem+json`. The only place that knows status codes.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, FieldFault, Forbidden, Unvouched, What, Why};
use crate::ids::RequestId;

/// What went wrong, for programs (`code`) and for people (`detail`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` says which problem it is.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    #[schema(value_type = String)]
    pub title: &'static str,
    pub status: u16,
    /// Stable, in snake_case.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
    /// Quote it when asking for help: the server's log has the same.
    pub request_id: RequestId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
    /// Of `second_factor_required`: what was begun by the right password, for the second step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Of `second_factor_required`: how the second step can be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub methods: Vec<&'static str>,
}

impl Problem {
    /// The problem that an error means. The text of an internal one stays inside.
    pub fn new(error: &Error, request_id: RequestId) -> Self {
        let (status, code, detail) = describe(error);
        let errors = match error {
            Error::Invalid(faults) => faults.clone(),
            Error::ActiveContent(fault) => vec![fault.clone()],
            _ => Vec::new(),
        };
        let (flow, methods) = match error {
            Error::SecondFactorRequired { flow, methods } => (Some(flow.clone()), methods.clone()),
            _ => (None, Vec::new()),
        };
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail,
            request_id,
            errors,
            flow,
            methods,
        }
    }
}

impl IntoResponse for Error {
    /// Status now, body later: [`rendered`] writes it, where the request's id is known.
    fn into_response(self) -> Response {
        let mut response = describe(&self).0.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Turns every refusal into a problem: ours, the router's and the toolkit's.
pub fn rendered(mut response: Response, id: RequestId) -> Response {
    let error = match response.extensions_mut().remove::<Arc<Error>>() {
        Some(error) => error,
        None => match foreign(response.status(), response.headers()) {
            Some(error) => Arc::new(error),
            None => return response,
        },
    };
    if let Error::Internal(cause) = error.as_ref() {
        tracing::error!(request_id = %id, cause, "internal error");
    }
    write(&mut response, &error, id);
    response
}

fn write(answer: &mut Response, error: &Error, id: RequestId) {
    let problem = Problem::new(error, id);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = answer.headers_mut();
    headers.remove(http::header::CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(wait) = retry_after(error) {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    if problem.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"jarvis\""));
    }
    *answer.body_mut() = Body::from(body);
}

/// Refusals that our own code did not make: an unknown path, a wrong method, a body over the limit.
fn foreign(status: StatusCode, headers: &HeaderMap) -> Option<Error> {
    let ours = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    if ours || status.is_success() || status.is_redirection() || status.is_informational() {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Error::NotFound(What::Path),
        StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::UnsupportedMediaType,
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Error::TooSlow,
        status if status.is_client_error() => {
            Error::BadRequest { detail: "The request could not be understood." }
        }
        status => Error::Internal(format!("status {status} from {:?}", headers.get(ALLOW))),
    })
}

/// After how many seconds another try is worth it: rounded up, for who comes early is refused again.
pub fn retry_after(error: &Error) -> Option<u64> {
    match error {
        Error::RateLimited { retry_after } | Error::Unavailable { retry_after, .. } => {
            Some(seconds(*retry_after))
        }
        _ => None,
    }
}

fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

fn describe(error: &Error) -> (StatusCode, Cow<'static, str>, Cow<'static, str>) {
    let (status, code, detail): (_, &'static str, Cow<'static, str>) = match error {
        Error::Invalid(faults) => {
            let first = faults.first().map(|fault| fault.detail.clone());
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                first.unwrap_or_else(|| "The input does not fit.".into()),
            )
        }
        Error::ActiveContent(fault) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "dangerous_content", fault.detail.clone())
        }
        Error::BadRequest { detail } => (StatusCode::BAD_REQUEST, "bad_request", (*detail).into()),
        Error::MalformedJson { detail } => (
            StatusCode::BAD_REQUEST,
            "malformed_json",
            format!("The body is not valid JSON: {detail}").into(),
        ),
        Error::UnsupportedMediaType => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body as `Content-Type: application/json`.".into(),
        ),
        Error::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large.".into())
        }
        Error::TooSlow => {
            (StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request took too long.".into())
        }
        Error::MethodNotAllowed => (
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This path does not know that method.".into(),
        ),
        Error::HostRefused => (
            StatusCode::BAD_REQUEST,
            "host_refused",
            "This server does not answer to that host name. Add it to TRUSTED_HOSTS if it should.".into(),
        ),
        Error::OriginRefused => (
            StatusCode::FORBIDDEN,
            "origin_refused",
            "This came from another site. Add its origin to CORS_ORIGINS if it should be allowed.".into(),
        ),
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first.".into()),
        Error::InvalidCredentials => {
            (StatusCode::UNAUTHORIZED, "invalid_credentials", "The name or the password is not right.".into())
        }
        Error::SecondFactorRequired { .. } => (
            StatusCode::UNAUTHORIZED,
            "second_factor_required",
            "The password is right. Now show your second factor.".into(),
        ),
        Error::InvalidCode => (StatusCode::UNAUTHORIZED, "invalid_code", "The code is not right.".into()),
        Error::PasskeyRefused => {
            (StatusCode::UNAUTHORIZED, "passkey_refused", "This passkey does not open this account.".into())
        }
        Error::Unvouched(why) => return unvouched(*why),
        Error::Forbidden(reason) => return forbidden(*reason),
        Error::NotFound(what) => (StatusCode::NOT_FOUND, "not_found", missing(*what).into()),
        Error::Conflict(why) => return conflict(*why),
        Error::UnknownModel { model } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown_model",
            format!("No model server offers `{model}`. GET /models lists what there is.").into(),
        ),
        Error::NoModel => (
            StatusCode::SERVICE_UNAVAILABLE,
            "no_model",
            "No model server answers. Start one, for example with `ollama serve`.".into(),
        ),
        Error::Model { code, detail } => {
            return (StatusCode::BAD_GATEWAY, code.clone().into(), detail.clone().into());
        }
        Error::RateLimited { retry_after } => (
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            format!("Too many requests. Try again in {} s.", seconds(*retry_after)).into(),
        ),
        Error::Unavailable { what, .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            format!("The {what} is not available at the moment. Try again shortly.").into(),
        ),
        Error::Internal(_) | Error::Misconfigured(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong inside. The log has it under this request id.".into(),
        ),
    };
    (status, code.into(), detail)
}

fn forbidden(reason: Forbidden) -> (StatusCode, Cow<'static, str>, Cow<'static, str>) {
    let (code, detail) = match reason {
        Forbidden::Role => ("forbidden", "Your role does not allow this."),
        Forbidden::SetupCode => ("setup_code_invalid", "This is not the set-up code in the server's log."),
        Forbidden::RegistrationClosed => ("registration_closed", "New accounts are made by invitation only."),
        Forbidden::InviteInvalid => (
            "invite_invalid",
            "This invitation cannot be used: it is wrong, was used, ran out, or is for another address.",
        ),
        Forbidden::NotYourself => {
            ("not_yourself", "Nobody does this to their own account. Ask somebody else.")
        }
        Forbidden::SessionRequired => {
            ("session_required", "An API key cannot do this: it needs a person who is signed in.")
        }
        Forbidden::Scope(scope) => {
            return (
                StatusCode::FORBIDDEN,
                "insufficient_scope".into(),
                format!("This needs a key with the scope `{scope}`.").into(),
            );
        }
        Forbidden::Metrics => ("forbidden", "Metrics are for this machine, or for holders of METRICS_TOKEN."),
        Forbidden::RecentProof => ("recent_proof_required", "Prove first that it is you: POST /auth/prove."),
        Forbidden::EnrolmentRequired => (
            "second_factor_enrolment_required",
            "Your role needs a second factor. Enrol one before anything else.",
        ),
        Forbidden::AroundProxy => {
            ("around_proxy", "This server speaks to its proxies only. Use its public address, by https.")
        }
    };
    (StatusCode::FORBIDDEN, code.into(), detail.into())
}

fn conflict(why: Why) -> (StatusCode, Cow<'static, str>, Cow<'static, str>) {
    let (code, detail) = match why {
        Why::UsernameTaken => ("username_taken", "This name is taken."),
        Why::EmailTaken => ("email_taken", "There is an account with this address already."),
        Why::RunInProgress => ("run_in_progress", "An answer is still being written in this conversation."),
        Why::AlreadySent => ("already_sent", "This message has been sent already."),
        Why::NothingToRegenerate => ("nothing_to_regenerate", "There is no question to answer again."),
        Why::QuestionDamaged => (
            "question_damaged",
            "This question was damaged in the database and cannot be answered again. Ask anew.",
        ),
        Why::KeyDamaged => (
            "key_damaged",
            "The key of what you write is damaged, so nothing can be stored. Tell whoever runs this Jarvis: a backup has it.",
        ),
        Why::TooManyKeys => ("too_many_keys", "You have 50 keys. Delete one that is not used any more."),
        Why::TooManyInvites => ("too_many_invites", "You have 100 open invitations. Take one back first."),
        Why::SetupDone => ("setup_done", "The owner's account exists already. Sign in instead."),
        Why::LastSuperuser => ("last_superuser", "The last superuser has to stay."),
        Why::TotpOn => ("totp_on", "An authenticator program is in use already. Remove it first."),
        Why::TotpNotBegun => {
            ("totp_not_begun", "Ask for a new secret first; one waits for a quarter of an hour.")
        }
        Why::NoFactor => ("no_factor", "Recovery codes stand in for a second factor, and there is none yet."),
        Why::FactorRequired => {
            ("factor_required", "Your role needs a second factor: set up another before you remove this one.")
        }
        Why::PasskeyKnown => ("passkey_known", "This passkey is in use already."),
        Why::TooManyPasskeys => {
            ("too_many_passkeys", "There are as many passkeys as there may be. Remove one first.")
        }
        Why::FlowOver => ("flow_over", "This took too long, or was done already. Begin again."),
        Why::PasskeysNeedAName => (
            "passkeys_need_a_name",
            "Browsers keep passkeys for a name, not for an address of digits. Open this page as http://localhost with \
             the same port, or set PUBLIC_URL to the address that people use.",
        ),
        Why::NoPasskeys => ("no_passkeys", "This Jarvis was built without passkeys."),
        Why::IdentityTaken => ("identity_taken", "This is how another account signs in."),
        Why::TooManyIdentities => {
            ("too_many_identities", "There are as many as there may be. Remove one first.")
        }
        Why::LastWayIn => ("last_way_in", "This is the only way into the account: set a password first."),
        Why::NoPassword => {
            ("no_password", "This account has no password: prove through its provider, or set one.")
        }
    };
    (StatusCode::CONFLICT, code.into(), detail.into())
}

fn unvouched(why: Unvouched) -> (StatusCode, Cow<'static, str>, Cow<'static, str>) {
    let (status, code, detail) = match why {
        Unvouched::Denied => {
            (StatusCode::FORBIDDEN, "provider_denied", "You were not let in there, or said no.")
        }
        Unvouched::Away => (
            StatusCode::SERVICE_UNAVAILABLE,
            "provider_unavailable",
            "The provider does not answer. Try again.",
        ),
        Unvouched::Distrusted => {
            (StatusCode::BAD_GATEWAY, "provider_distrusted", "What the provider said cannot be relied on.")
        }
        Unvouched::NotRecent => (
            StatusCode::FORBIDDEN,
            "provider_not_recent",
            "The provider did not ask who is there. Sign in again.",
        ),
        Unvouched::AnotherPerson => {
            (StatusCode::FORBIDDEN, "provider_another_person", "There you are somebody else than here.")
        }
        Unvouched::NoEmail => (
            StatusCode::FORBIDDEN,
            "provider_no_email",
            "The provider does not say what your e-mail address is.",
        ),
        Unvouched::Disabled => (StatusCode::FORBIDDEN, "account_disabled", "This account is disabled."),
    };
    (status, code.into(), detail.into())
}

fn missing(what: What) -> &'static str {
    match what {
        What::Path => "There is nothing at this path.",
        What::Conversation => "There is no such conversation.",
        What::Message => "There is no such message.",
        What::Session => "There is no such session.",
        What::Person => "There is no such account.",
        What::Invite => "There is no such invitation.",
        What::Key => "There is no such key.",
        What::Passkey => "There is no such passkey.",
        What::Provider => "There is no such provider.",
        What::Identity => "There is no such identity.",
    }
}
