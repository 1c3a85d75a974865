//! A good token where none is read, or where it is not clear which one is meant.

use reqwest::Method;
use serde_json::{Value, json};

use super::lanes::Said;

/// One request with a good token in it.
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) method: Method,
    /// With `/auth/me` for the path that is asked for.
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Option<Value>,
    pub(super) expected: Said,
}

fn placed(name: impl Into<String>, headers: &[(&'static str, String)]) -> Placed {
    Placed {
        name: name.into(),
        method: Method::GET,
        query: String::new(),
        headers: headers.iter().map(|(name, value)| (*name, value.clone().into_bytes())).collect(),
        body: None,
        expected: Said::Refused(401),
    }
}

/// What must be refused. `bad` is a token that is not good.
pub(super) fn refused(good: &str, bad: &str) -> Vec<Placed> {
    let mut all = schemes(good);
    all.extend(doubled(good, bad));
    all.extend(elsewhere(good));
    all
}

/// What must be let in: so it is seen that the others are refused for what they are.
pub(super) fn accepted(good: &str, bad: &str) -> Vec<Placed> {
    let mut all = vec![
        placed("bearer", &[("authorization", format!("bearer {good}"))]),
        placed("BEARER", &[("authorization", format!("BEARER {good}"))]),
        placed("a good header beside a bad cookie", &[bearer(good), cookie(bad)]),
        placed(
            "a good header beside another's scheme elsewhere",
            &[bearer(good), ("proxy-authorization", format!("Bearer {bad}"))],
        ),
        placed("a cookie among others", &[("cookie", format!("a=b; jarvis_access={good}; c=d"))]),
    ];
    for placed in &mut all {
        placed.expected = Said::Accepted;
    }
    all
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

fn cookie(token: &str) -> (&'static str, String) {
    ("cookie", format!("jarvis_access={token}"))
}

fn schemes(good: &str) -> Vec<Placed> {
    let values = [
        good.to_owned(),
        format!("Bearer{good}"),
        format!("Bearer\t{good}"),
        format!("Bearer  {good}"),
        format!("Bearer \t{good}"),
        format!("Bearer:{good}"),
        format!("Bearer: {good}"),
        format!("Bearer={good}"),
        format!("Bearer, {good}"),
        format!("Bearer {good},"),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer {good},{good}"),
        format!("Bearer {good} {good}"),
        format!("Bearer token={good}"),
        format!("Bearer \"{good}\""),
        format!("Bearer Bearer {good}"),
        format!("Bearer realm=\"jarvis\", token=\"{good}\""),
        format!("Basic {good}"),
        format!("Basic YWRhOng=, Bearer {good}"),
        format!("Bearer {good}, Basic YWRhOng="),
        format!("Digest {good}"),
        format!("Token {good}"),
        format!("JWT {good}"),
        format!("OAuth {good}"),
        format!("DPoP {good}"),
        format!("Negotiate {good}"),
        format!("ApiKey {good}"),
        format!("Bearer\u{a0}{good}"),
        format!("Bearer \u{200b}{good}"),
        format!("Ｂearer {good}"),
        format!("bearer\u{131} {good}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        " ".to_owned(),
        String::new(),
        ",".to_owned(),
    ];
    let name = |value: &str| format!("Authorization: {:?}", value.replace(good, "TOKEN"));
    values.map(|value| placed(name(&value), &[("authorization", value)])).into()
}

fn doubled(good: &str, bad: &str) -> Vec<Placed> {
    let basic = || ("authorization", "Basic YWRhOng=".to_owned());
    vec![
        placed("the same header twice", &[bearer(good), bearer(good)]),
        placed("a good header and a bad one", &[bearer(good), bearer(bad)]),
        placed("a bad header and a good one", &[bearer(bad), bearer(good)]),
        placed("Basic and a good header", &[basic(), bearer(good)]),
        placed("a good header and Basic", &[bearer(good), basic()]),
        placed("an empty header and a good one", &[("authorization", String::new()), bearer(good)]),
        placed("a bad header beside a good cookie", &[bearer(bad), cookie(good)]),
        placed("Basic beside a good cookie", &[basic(), cookie(good)]),
        placed("an empty header beside a good cookie", &[("authorization", String::new()), cookie(good)]),
        placed("two headers beside a good cookie", &[bearer(good), bearer(good), cookie(good)]),
        placed("the same cookie twice", &[("cookie", format!("jarvis_access={good}; jarvis_access={good}"))]),
        placed(
            "a good cookie and a bad one",
            &[("cookie", format!("jarvis_access={good}; jarvis_access={bad}"))],
        ),
        placed(
            "a bad cookie and a good one",
            &[("cookie", format!("jarvis_access={bad}; jarvis_access={good}"))],
        ),
        placed("a cookie in each of two lines", &[cookie(good), cookie(good)]),
    ]
}

/// Everywhere that some product or other reads a token.
fn elsewhere(good: &str) -> Vec<Placed> {
    let mut all = Vec::new();
    for query in [
        "token",
        "access_token",
        "jwt",
        "authorization",
        "Authorization",
        "bearer",
        "key",
        "api_key",
        "auth",
        "t",
    ] {
        all.push(Placed { query: format!("?{query}={good}"), ..placed(format!("query {query}"), &[]) });
    }
    let url = Placed { query: format!("?authorization=Bearer%20{good}"), ..placed("query with Bearer", &[]) };
    all.push(url);
    for header in [
        "x-access-token",
        "x-auth-token",
        "x-api-key",
        "x-authorization",
        "x-forwarded-access-token",
        "x-forwarded-user",
        "x-remote-user",
        "x-jarvis-token",
        "proxy-authorization",
        "authentication",
        "www-authenticate",
        "token",
        "referer",
    ] {
        all.push(placed(format!("header {header}"), &[(header, format!("Bearer {good}"))]));
        all.push(placed(format!("header {header}, bare"), &[(header, good.to_owned())]));
    }
    for name in [
        "access_token",
        "token",
        "jwt",
        "Authorization",
        "session",
        "JARVIS_ACCESS",
        "jarvis-access",
        "jarvis_access ",
        "jarvis_refresh",
        "__Host-jarvis_access",
        "__Secure-jarvis_access",
        "$jarvis_access",
        "jarvis%5Faccess",
    ] {
        all.push(placed(format!("cookie {name:?}"), &[("cookie", format!("{name}={good}"))]));
    }
    for (name, value) in [
        ("in quotes", format!("jarvis_access=\"{good}\"")),
        ("with Bearer", format!("jarvis_access=Bearer {good}")),
        ("after a comma", format!("a=b, jarvis_access={good}")),
        ("with spaces", format!("jarvis_access = {good}")),
        ("in another's value", format!("a=\"jarvis_access={good}\"")),
    ] {
        all.push(placed(format!("cookie {name}"), &[("cookie", value)]));
    }
    for field in ["token", "access_token", "authorization", "jwt"] {
        let mut body = placed(format!("body {field}"), &[]);
        (body.method, body.body) = (Method::PATCH, Some(json!({ field: good, "preferences": {} })));
        all.push(body);
    }
    for method in [Method::POST, Method::PATCH, Method::DELETE] {
        // A page of another site can make a browser send the cookie: its own header is what tells.
        let cross = [cookie(good), ("sec-fetch-site", "cross-site".to_owned())];
        let mut forged = placed(format!("{method} with the cookie from another site"), &cross);
        (forged.method, forged.expected) = (method, Said::Refused(403));
        all.push(forged);
    }
    all
}
