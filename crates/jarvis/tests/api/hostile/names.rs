//! Whom a request is for, and from which page it comes.

use super::{Case, Expect, case, survive};
use crate::support::TestApp;

const HOSTS: [&str; 40] = [
    "",
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "evil-localhost",
    "evillocalhost",
    "localhost.",
    "localhost..",
    ".localhost",
    "localhost:",
    "localhost:x",
    "localhost:-1",
    "localhost:65536",
    "localhost:80:80",
    "localhost:80@evil.example",
    "localhost@evil.example",
    "user@localhost",
    "localhost/",
    "localhost/x",
    "localhost?x",
    "localhost#x",
    "localhost,evil.example",
    "localhost evil.example",
    "127.0.0.1.nip.io",
    "127.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f000001",
    "127.0.0.2",
    "0.0.0.0",
    "[::2]",
    "[::ffff:127.0.0.1]",
    "::1",
    "[::1",
    "[::1]x",
    "[fe80::1%lo]",
    "lo\u{441}alhost",
    "zQ9kX7.example",
    "local\thost",
    "xn--localhost-",
];

/// `https://app.example` is listed.
const ORIGINS: [&str; 33] = [
    "null",
    "NULL",
    "*",
    "",
    " ",
    "undefined",
    "https://app.example.evil.example",
    "https://evil.example",
    "https://evilapp.example",
    "https://evil-app.example",
    "https://evil.app.example",
    "https://app.example:443",
    "https://app.example:8443",
    "http://app.example",
    "https://app.example/",
    "https://app.example.",
    "https://app.exampleevil.example",
    "https://app.example_.evil.example",
    "https://app.example%60.evil.example",
    "https://app.example`.evil.example",
    "https://app.example\\.evil.example",
    "https://app.example@evil.example",
    "https://app.example#evil.example",
    "https://APP.example",
    "HTTPS://app.example",
    "https:app.example",
    "https://app.example https://evil.example",
    "https://app.example,https://evil.example",
    "file://",
    "chrome-extension://app.example",
    "app.example",
    "https://zQ9kX7.example",
    "https://app\u{2024}example",
];

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for host in HOSTS {
        for (line, more) in [
            ("GET /health/live", ""),
            ("POST /auth/login", "Content-Length: 0\r\n"),
            ("GET /ws", UPGRADE),
            ("GET /", "Accept: text/html\r\n"),
        ] {
            let bytes =
                format!("{line} HTTP/1.1\r\nHost: {host}\r\n{more}X-Forwarded-Host: localhost\r\n\r\n");
            cases.push(case(format!("{line} at {host:?}"), bytes, Expect::Only(&[400])));
        }
    }
    for hosts in [
        "Host: localhost\r\nHost: localhost",
        "Host: localhost\r\nHost: evil.example",
        "host: evil.example\r\nHOST: localhost",
        "X: y",
    ] {
        cases.push(case(
            hosts,
            format!("GET /health/live HTTP/1.1\r\n{hosts}\r\n\r\n"),
            Expect::Only(&[400]),
        ));
    }
    for origin in ORIGINS {
        let asked = "Access-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: zQ9kX7\r\n";
        for (line, more, expect) in [
            ("OPTIONS /conversations", asked, Expect::Refused),
            ("GET /auth/me", "Cookie: jarvis_access=x\r\n", Expect::Only(&[401, 400])),
            ("POST /auth/logout", "Cookie: jarvis_access=x\r\nContent-Length: 0\r\n", Expect::Refused),
            ("POST /auth/login", "Content-Type: application/json\r\nContent-Length: 2\r\n", Expect::Refused),
            ("GET /ws", UPGRADE, Expect::Refused),
        ] {
            let body = if line == "POST /auth/login" { "{}" } else { "" };
            // A second origin must not hide behind the first.
            let listed = "Origin: https://app.example";
            for origins in [
                format!("Origin: {origin}"),
                format!("Origin: {origin}\r\n{listed}"),
                format!("{listed}\r\nOrigin: {origin}"),
            ] {
                let end = if more == UPGRADE { "" } else { "Connection: close\r\n" };
                let bytes =
                    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{end}{origins}\r\n{more}\r\n{body}");
                cases.push(case(format!("{line} from {origins:?}"), bytes, expect));
            }
        }
    }
    for site in ["cross-site", "same-site", "none", "same-origin, cross-site", "zQ9kX7"] {
        let bytes = format!(
            "POST /auth/logout HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: a=b\r\nSec-Fetch-Site: {site}\r\nContent-Length: 0\r\n\r\n"
        );
        cases.push(case(format!("Sec-Fetch-Site {site}"), bytes, Expect::Only(&[403])));
    }
    cases
}

#[tokio::test]
async fn no_other_name_and_no_other_page_is_served() {
    let app = TestApp::start_with(&[("CORS_ORIGINS", "https://app.example")]).await;
    let ada = app.ada().await;
    survive(&app, &ada, cases(), 300).await;
    app.stop().await;
}
