//! Our own `Json`, `Query` and `Path`: what does not fit is answered with a problem that says what, why and what to do.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::marker::PhantomData;

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::error::{Error, Result, What};
use crate::http::depth::{DEPTH, is_too_deep};
use crate::http::limits::is_too_slow;

/// A JSON body, or a JSON answer.
pub struct Json<T>(pub T);

/// A JSON body or a form's, for the operations that OAuth2 clients call.
pub struct JsonOrForm<T>(pub T);

/// The query string. Unknown names are refused by the type (`deny_unknown_fields`).
pub struct Query<T>(pub T);

/// The parts of the path. One that is not of its type names nothing that exists.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    #[expect(clippy::disallowed_types, reason = "the wrapper itself")]
    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType);
        }
        let read = Bytes::from_request(request, state).await;
        let body = read.map_err(|rejection| body_fault(&rejection, rejection.status()))?;
        if is_too_deep(&body) {
            return Err(Error::MalformedJson { detail: format!("it is nested deeper than {DEPTH} levels") });
        }
        match axum::Json::<Object<T>>::from_bytes(&body) {
            Ok(axum::Json(Object(value))) => Ok(Self(value)),
            Err(rejection) => Err(json_fault(&rejection)),
        }
    }
}

/// The media type of a body, without what follows it; and what follows it.
fn media_type(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut given = headers.get_all(CONTENT_TYPE).iter();
    let value = given.next()?;
    // Said twice is no lie; two different ones are.
    if given.any(|other| other != value) {
        return None;
    }
    // What is compressed or otherwise encoded would be read as what it is not.
    let is_plain = headers.get_all(CONTENT_ENCODING).iter().all(|encoding| encoding == "identity");
    let value = value.to_str().ok().filter(|_| is_plain)?;
    let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
    Some((kind.trim(), parameters))
}

/// JSON, in UTF-8 (RFC 8259, section 8.1): another charset would let somebody between read another text than we do.
fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|(kind, parameters)| {
        let kind = kind.to_ascii_lowercase();
        let is_json = kind.strip_prefix("application/").is_some_and(|kind| {
            kind == "json"
                || kind
                    .strip_suffix("+json")
                    .is_some_and(|name| !name.is_empty() && !name.contains([' ', '/']))
        });
        is_json && parameters.split(';').all(is_utf8)
    })
}

fn is_utf8(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    }
}

/// A body that may be left out: without one, and without a content type, there is nothing.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>> {
        if !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// A value that was written as a JSON object: serde would also take an array for a struct, field by field.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonOrForm<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_form = media_type(request.headers()).is_some_and(|(kind, parameters)| {
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
                && parameters.split(';').all(is_utf8)
        });
        if !is_form {
            let json = <Json<T> as FromRequest<S>>::from_request(request, state).await;
            return json.map(|Json(value)| Self(value));
        }
        match Form::<T>::from_request(request, state).await {
            Ok(Form(value)) => Ok(Self(value)),
            Err(FormRejection::FailedToDeserializeFormBody(fault)) => Err(shape_fault(&fault.body_text())),
            Err(rejection) => Err(body_fault(&rejection, rejection.status())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    #[expect(clippy::disallowed_types, reason = "the wrapper itself")]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(shape_fault(&rejection.body_text())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    #[expect(clippy::disallowed_types, reason = "the wrapper itself")]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::NotFound(What::Path)),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn json_fault(rejection: &JsonRejection) -> Error {
    match rejection {
        JsonRejection::JsonDataError(fault) => shape_fault(&fault.body_text()),
        JsonRejection::JsonSyntaxError(fault) => {
            Error::MalformedJson { detail: cause(after_preface(&fault.body_text())) }
        }
        _ => Error::UnsupportedMediaType,
    }
}

/// A body that did not arrive whole.
fn body_fault(rejection: &(dyn StdError + 'static), status: StatusCode) -> Error {
    if is_too_slow(rejection) {
        Error::TooSlow
    } else if status == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge
    } else {
        Error::BadRequest { detail: "The body could not be read to its end." }
    }
}

/// JSON of the wrong shape. Serde's sentence names the field and the type; the input itself is not echoed beyond that.
fn shape_fault(text: &str) -> Error {
    let text = after_preface(text);
    let named = text.split_once(": ").filter(|(path, _)| is_plain(path) && !path.contains(' '));
    let detail = match named {
        Some((path, fault)) => cause(&format!("{path}: {}", told_of_shape(fault))),
        None => cause(&told_of_shape(text)),
    };
    let field = detail.split('`').nth(1).filter(|_| detail.contains("field `")).map(str::to_owned);
    let path = detail.split_once(": ").map(|(path, _)| path.to_owned()).filter(|path| !path.contains(' '));
    // A name that is empty names nothing.
    let named = path.or(field).filter(|name| !name.is_empty());
    Error::invalid(named.unwrap_or_else(|| "body".to_owned()), "invalid_shape", detail)
}

/// Serde repeats a value of the wrong type, as in "invalid type: integer `7`, expected a string": it may be a password.
fn without_value(text: &str) -> Cow<'_, str> {
    match (text.split_once(['`', '"']), text.rsplit_once(", expected ")) {
        (Some((before, _)), Some((_, after))) if before.contains("invalid ") => {
            format!("{}, expected {after}", before.trim_end()).into()
        }
        _ => text.into(),
    }
}

/// What serde says of a value of the wrong shape, for the one who sent it: without the value, and without a name that could be
/// anything else than the name of a field. None of what came goes back unless it is a plain word.
pub fn told_of_shape(text: &str) -> String {
    let text = without_value(text);
    if is_plain(&text) {
        return text.into_owned();
    }
    let expected =
        text.rsplit_once("`, expected ").map(|(_, expected)| expected).filter(|text| is_plain(text));
    match expected {
        Some(expected) if text.starts_with("unknown ") => format!("unknown here, expected {expected}"),
        _ => "a name or a value does not fit".to_owned(),
    }
}

fn is_plain(text: &str) -> bool {
    const PLAIN: &[u8] = b" `,._-:;()'[]/+^$@*?!=|{}~#%";
    const LONGEST: usize = 1_000;
    text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || PLAIN.contains(&byte))
}

/// What follows axum's own words.
fn after_preface(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, cause)| cause)
}

/// At most 200 characters, without control characters.
fn cause(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
