//! The web app, embedded in the binary.

use std::borrow::Cow;
use std::fmt::Write;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, VARY,
};
use http::{Method, StatusCode, Uri};
use rust_embed::RustEmbed;

use crate::error::{Error, What};

const INDEX: &str = "index.html";
/// The build puts a hash of the content in the names below this folder.
const HASHED: &str = "assets/";

/// What is served; source maps, for one, are not.
const KINDS: [(&str, &str); 16] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("txt", "text/plain; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("webp", "image/webp"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("wasm", "application/wasm"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
];

/// The build leaves compressed siblings beside the files; the first that the client takes is served.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Jarvis</title>\n\
     <h1>The web app is not in this binary</h1>\n\
     <p>Build it with <code>make web</code>, then build the server again. The API works without it: see \
     <a href=\"/docs\">/docs</a>.</p>\n</html>\n";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Dist;

struct File {
    bytes: Cow<'static, [u8]>,
    /// SHA-256 of `bytes`.
    hash: [u8; 32],
}

fn embedded(name: &str) -> Option<File> {
    Dist::get(name).map(|file| File { hash: file.metadata.sha256_hash(), bytes: file.data })
}

/// The files of the web app.
#[derive(Clone, Copy)]
pub struct Assets {
    find: fn(&str) -> Option<File>,
    /// First parts of paths that are the API's, such as `auth`: never answered with the page.
    api: &'static [&'static str],
}

impl Assets {
    pub fn embedded(api: &'static [&'static str]) -> Self {
        Self { find: embedded, api }
    }

    /// Answers any path that no route took: a file, the page, or a 404.
    pub fn serve(self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
        let path = uri.path().trim_start_matches('/');
        let wanted = if path.is_empty() { INDEX } else { path };
        let (name, kind) = match kind_of(wanted) {
            Some(kind) if (self.find)(wanted).is_some() => (wanted, kind),
            _ if path.is_empty() || self.is_page(path, headers) => (INDEX, "text/html; charset=utf-8"),
            _ => return Error::NotFound(What::Path).into_response(),
        };
        if !matches!(*method, Method::GET | Method::HEAD) {
            let is_known = path.is_empty() || name == wanted;
            let allow = [(ALLOW, HeaderValue::from_static("GET, HEAD"))];
            return if is_known {
                (allow, Error::MethodNotAllowed).into_response()
            } else {
                Error::NotFound(What::Path).into_response()
            };
        }
        let response = self.file(name, kind, headers);
        if *method == Method::HEAD { response.map(|_body| Body::empty()) } else { response }
    }

    /// Whether a person opened a path of the web app's own router.
    fn is_page(self, path: &str, headers: &HeaderMap) -> bool {
        let first = path.split('/').next().unwrap_or_default();
        let accepts_page =
            headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| {
                value.split([',', ';']).any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
            });
        accepts_page && !self.api.contains(&first) && !path.starts_with(HASHED)
    }

    fn file(self, name: &str, kind: &'static str, headers: &HeaderMap) -> Response {
        let compressed = ENCODINGS
            .iter()
            .filter(|(encoding, _)| takes(headers, encoding))
            .find_map(|(encoding, suffix)| Some(((self.find)(&format!("{name}{suffix}"))?, Some(*encoding))));
        let found = compressed.or_else(|| Some(((self.find)(name)?, None)));
        let Some((file, encoding)) = found else {
            return page_not_built();
        };
        let tag = tag(&file);
        let is_fresh = headers.get_all(IF_NONE_MATCH).iter().any(|given| matches_tag(given, &tag));
        let length = file.bytes.len();
        let mut response = if is_fresh {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(match file.bytes {
                Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            })
            .into_response()
        };
        let answer = response.headers_mut();
        let caching =
            if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
        answer.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
        insert(answer, ETAG, &tag);
        if !is_fresh {
            answer.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            answer.insert(CONTENT_LENGTH, HeaderValue::from(length));
            if let Some(encoding) = encoding {
                answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        response
    }
}

/// The media type of a file that may be served: known extension, no hidden part, no way out of the folder.
fn kind_of(path: &str) -> Option<&'static str> {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let (_, extension) = path.rsplit_once('.').filter(|_| path.split('/').all(is_plain))?;
    KINDS.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind)
}

/// Whether `Accept-Encoding` names the encoding with a weight above zero (RFC 9110 section 12.5.3).
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        is_named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

/// A strong validator: each encoding of a file has its own.
fn tag(file: &File) -> String {
    let mut tag = String::from("\"");
    for byte in file.hash.iter().take(16) {
        // Writing to a String cannot fail.
        write!(tag, "{byte:02x}").unwrap_or_default();
    }
    tag.push('"');
    tag
}

fn matches_tag(given: &HeaderValue, tag: &str) -> bool {
    let given = given.to_str().unwrap_or_default();
    given.split(',').map(str::trim).any(|entry| entry == "*" || entry.trim_start_matches("W/") == tag)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn page_not_built() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (StatusCode::OK, headers, NOT_BUILT).into_response()
}

#[cfg(test)]
mod tests;
