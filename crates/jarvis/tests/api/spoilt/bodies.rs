//! Bodies: each field spoilt, and the whole.

use reqwest::RequestBuilder;

use super::operations::{Body, Operation};
use super::values::{self, Expected};
use super::{Battery, answer};

/// Members that somebody might hope to be read.
const EXTRA: [(&str, &str); 8] = [
    ("is_admin", "true"),
    ("is_superuser", "true"),
    ("id", "\"x\""),
    ("is_verified", "true"),
    ("password_hash", "\"x\""),
    ("__proto__", "{}"),
    ("constructor", "{}"),
    ("two_factor", "false"),
];

/// Whole bodies that are no object of ours. What is empty is right where nothing is needed.
fn wholes() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", b"".to_vec()),
        ("spaces", b" \n ".to_vec()),
        ("an opened object", b"{".to_vec()),
        ("an array", b"[]".to_vec()),
        ("an array of an object", b"[{}]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("a number", b"1".to_vec()),
        ("true", b"true".to_vec()),
        ("a word", b"foo".to_vec()),
        ("NaN", b"NaN".to_vec()),
        ("two objects", b"{}{}".to_vec()),
        ("an object and a comma", b"{},".to_vec()),
        ("single quotes", b"{'a':'b'}".to_vec()),
        ("a comment", b"{/* */}".to_vec()),
        ("a comma too many", b"{\"a\":1,}".to_vec()),
        ("a name without quotes", b"{a:1}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("not UTF-8", b"{\"\xff\":\"\xc3\x28\"}".to_vec()),
        ("a NUL", b"\0".to_vec()),
        ("64 deep", deep(64)),
        ("200 deep", deep(200)),
        ("100,000 deep", deep(100_000)),
        ("objects 100,000 deep", "{\"a\":".repeat(40_000).into_bytes()),
        ("300,000 bytes", format!("{{\"a\":\"{}\"}}", "a".repeat(300_000)).into_bytes()),
        ("a form", b"username=root&password=x".to_vec()),
        (
            "XML",
            b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"
                .to_vec(),
        ),
    ]
}

fn deep(levels: usize) -> Vec<u8> {
    format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels)).into_bytes()
}

/// Kinds of content that are not ours; none leaves the header out.
const KINDS: [Option<&str>; 9] = [
    None,
    Some(""),
    Some("text/plain"),
    Some("text/json; charset=x"),
    Some("json"),
    Some("application/xml"),
    Some("application/octet-stream"),
    Some("multipart/form-data; boundary=x"),
    Some("application/jsonx"),
];

impl Battery {
    /// The operation's object, with one value replaced or left out, and with more members.
    fn object(&self, operation: &Operation, body: &Body, spoilt: Option<(&str, Option<&str>)>) -> String {
        let mut members = Vec::new();
        for field in &body.fields {
            let json = match spoilt {
                Some((name, json)) if name == field.name => json.map(str::to_owned),
                _ => Some(self.good(operation, &field.name)).filter(|json| json != "null"),
            };
            members.extend(json.map(|json| format!("\"{}\":{json}", field.name)));
        }
        format!("{{{}}}", members.join(","))
    }

    fn sent(
        &self,
        operation: &Operation,
        kind: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> RequestBuilder {
        let request = self.caller(operation).request(operation.method.clone(), &self.path(operation));
        let request = request.body(body);
        match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        }
    }

    async fn fields(&mut self, operation: &Operation, body: &Body) {
        for field in &body.fields {
            for spoilt in values::of(field) {
                let json = self.object(operation, body, Some((&field.name, spoilt.json.as_deref())));
                let what = format!("{} {}: {} {}", operation.method, operation.path, field.name, spoilt.name);
                let request = self.sent(operation, Some("application/json"), json);
                self.tries(what, request, spoilt.expected, &field.name).await;
            }
        }
        let whole = self.object(operation, body, None);
        for (name, json) in EXTRA {
            let more = match whole.as_str() {
                "{}" => format!("{{\"{name}\":{json}}}"),
                members => members.replacen('{', &format!("{{\"{name}\":{json},"), 1),
            };
            let what = format!("{} {}: with {name}", operation.method, operation.path);
            let request = self.sent(operation, Some("application/json"), more);
            self.tries(what, request, Expected::Named, name).await;
        }
        for field in &body.fields {
            let json = self.good(operation, &field.name);
            let twice = format!("{{\"{0}\":{json},\"{0}\":{json}}}", field.name);
            let what = format!("{} {}: {} twice", operation.method, operation.path, field.name);
            let request = self.sent(operation, Some("application/json"), twice);
            self.tries(what, request, Expected::Named, &field.name).await;
        }
    }

    async fn whole(&mut self, operation: &Operation, body: &Body) {
        let right = if body.form { "application/x-www-form-urlencoded" } else { "application/json" };
        for (name, bytes) in wholes() {
            let what = format!("{} {}: the body {name}", operation.method, operation.path);
            let request = self.sent(operation, Some(right), bytes);
            self.tries(what, request, Expected::Refused, "").await;
        }
        let json = self.object(operation, body, None);
        for kind in KINDS {
            // Where nothing need be said, nothing was said.
            let expected = if body.optional && kind.is_none() { Expected::Sane } else { Expected::Refused };
            let what = format!("{} {}: content type {kind:?}", operation.method, operation.path);
            let request = self.sent(operation, kind, json.clone());
            self.tries(what, request, expected, "").await;
        }
    }

    /// A form's fields: everything in it is text.
    async fn form(&mut self, operation: &Operation, body: &Body) {
        let good = |field: &str| match field {
            "grant_type" => "password".to_owned(),
            "username" => "root".to_owned(),
            _ => "x".to_owned(),
        };
        for field in &body.fields {
            for value in [
                None,
                Some(String::new()),
                Some("+".to_owned()),
                Some("%00".to_owned()),
                Some("a%00b".to_owned()),
                Some("%".to_owned()),
                Some("%zz".to_owned()),
                Some("%ff%fe".to_owned()),
                Some("%ed%a0%80".to_owned()),
                Some("%e2%80%aeabc".to_owned()),
                Some("%0d%0aset-cookie:%20a=b".to_owned()),
                Some("%27%20OR%201=1%20--".to_owned()),
                Some("[]".to_owned()),
                Some("{}".to_owned()),
                Some("a".repeat(5_000)),
                Some("a".repeat(200_000)),
                Some(format!("x&{}=x", field.name)),
                Some(format!("x&{}[]=x", field.name)),
            ] {
                let pairs = body.fields.iter().filter_map(|other| {
                    let value =
                        if other.name == field.name { value.clone() } else { Some(good(&other.name)) };
                    value.map(|value| format!("{}={value}", other.name))
                });
                let form = pairs.collect::<Vec<_>>().join("&");
                let shown: String = value.unwrap_or("missing".to_owned()).chars().take(40).collect();
                let what = format!("{} {}: {} {shown}", operation.method, operation.path, field.name);
                let request = self.sent(operation, Some("application/x-www-form-urlencoded"), form);
                self.tries(what, request, Expected::Refused, "").await;
            }
        }
    }
}

#[tokio::test]
async fn a_field_of_any_wrong_value_is_named() {
    let (mut battery, script) = Battery::start().await;
    let all = async {
        for operation in &super::operations::all() {
            match &operation.body {
                Some(body) if body.form => battery.form(operation, body).await,
                Some(body) => battery.fields(operation, body).await,
                None => {}
            }
        }
    };
    tokio::select! {
        () = all => {}
        () = answer(script) => {}
    }
    battery.finish(2000).await;
}

#[tokio::test]
async fn a_body_of_any_wrong_form_is_refused() {
    let (mut battery, script) = Battery::start().await;
    let all = async {
        for operation in &super::operations::all() {
            if let Some(body) = &operation.body {
                battery.whole(operation, body).await;
            }
        }
    };
    tokio::select! {
        () = all => {}
        () = answer(script) => {}
    }
    battery.finish(500).await;
}
