//! Paths that lead elsewhere, in all the ways to write one.

use super::{Case, Expect, case, signed_in, survive};
use crate::support::TestApp;

/// Ways to write `../`.
const UP: [&str; 30] = [
    "../",
    "..%2f",
    "..%2F",
    "%2e%2e/",
    "%2e%2e%2f",
    "%2E%2E%2F",
    ".%2e/",
    "%2e./",
    "..%252f",
    "%252e%252e%252f",
    "%25252e%25252e%25252f",
    "..%c0%af",
    "%c0%ae%c0%ae%c0%af",
    "..%e0%80%af",
    "..%f0%80%80%af",
    "..%c1%9c",
    "..%5c",
    "..%255c",
    "..\\",
    "..;/",
    "..%00/",
    "..%0d%0a/",
    "....//",
    "..//",
    ".../",
    "..%u2215",
    "%uff0e%uff0e%u2215",
    "..%ef%bc%8f",
    "%ef%bc%8e%ef%bc%8e/",
    "..%09/",
];

const ROOTS: [&str; 6] = ["/", "/assets/", "/conversations/", "/auth/", "/docs/", "/assets/..%2f"];
const GOALS: [&str; 3] = ["etc/passwd", "data/secrets/jarvis_secret_key", "Cargo.toml"];

/// Files that careless servers hand out, and names that careless routers mistake.
const NAMES: [&str; 44] = [
    "/.git/HEAD",
    "/.git/config",
    "/.env",
    "/.env.local",
    "/.htpasswd",
    "/.DS_Store",
    "/.well-known/../.env",
    "/jarvis.toml",
    "/data/jarvis.db",
    "/jarvis.db",
    "/Cargo.lock",
    "/package.json",
    "/src/main.tsx",
    "/assets/",
    "/assets",
    "/assets/index.js.map",
    "/server-status",
    "/actuator/env",
    "/debug/pprof",
    "/metrics/../auth/me",
    "/auth/me/",
    "/auth//me",
    "//auth/me",
    "/./auth/me",
    "/auth/./me",
    "/AUTH/me",
    "/auth/me%20",
    "/auth/me%00",
    "/auth/me;x=y",
    "/auth/me%2f",
    "/auth%2fme",
    "/auth/me.json",
    "/auth/me/..;/me",
    "/%61uth/me",
    "/auth/%6de",
    "/health/live/../../auth/me",
    "/conversations/%00",
    "/conversations/' OR 1=1--",
    "/conversations/1",
    "/conversations/..",
    "/conversations/%ff",
    "/conversations/zQ9kX7%3Csvg%2Fonload%3Dk(1)%3E",
    "/zQ9kX7%0d%0aSet-Cookie:%20a=b",
    "/file:///etc/passwd",
];

const QUERIES: [&str; 15] = [
    "?zQ9kX7%3Csvg=1",
    "?limit=zQ9kX7",
    "?limit=-1",
    "?limit=99999999999999999999",
    "?limit=1&limit=2",
    "?limit[]=1",
    "?limit=%00",
    "?after=%ff",
    "?after=zQ9kX7",
    "?%",
    "?%zz=1",
    "?=",
    "?limit=1;after=2",
    "?limit=0x10",
    "?__proto__[x]=1",
];

fn cases(token: &str) -> Vec<Case> {
    let get = |path: &str, more: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n")
    };
    let mut cases = Vec::new();
    for up in UP {
        for (number, root) in ROOTS.iter().enumerate() {
            let goal = GOALS[number % GOALS.len()];
            let path = format!("{root}{}{goal}", up.repeat(8));
            cases.push(case(path.clone(), get(&path, token), Expect::Refused));
        }
    }
    for name in NAMES {
        cases.push(case(name, get(name, "Accept: */*\r\n"), Expect::Refused));
    }
    for query in QUERIES {
        let path = format!("/conversations{query}");
        cases.push(case(path.clone(), get(&path, token), Expect::Only(&[422, 400])));
    }
    cases
}

#[tokio::test]
async fn no_path_leads_out_of_the_page_or_past_the_gate() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    survive(&app, &ada, cases(&signed_in(&ada)), 200).await;
    app.stop().await;
}
