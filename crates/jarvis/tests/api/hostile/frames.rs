//! The socket: how it is opened, and what is sent on it byte by byte (RFC 6455).

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Case, Expect, PLAIN_MARK, case, connect, survive, works};
use crate::support::{Client, PATIENCE, TestApp};

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const MASK: [u8; 4] = [7, 11, 13, 17];

/// A frame with any first byte and any mask bit.
fn frame(first: u8, is_masked: bool, payload: &[u8]) -> Vec<u8> {
    let bit = if is_masked { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(bit | u8::try_from(length).unwrap()),
        length @ 126..65_536 => {
            bytes.push(bit | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(bit | 127);
            bytes.extend(u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    if is_masked {
        bytes.extend(MASK);
        bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    } else {
        bytes.extend(payload);
    }
    bytes
}

fn masked(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(first, true, payload.as_ref())
}

const TEXT: u8 = 0x81;
const PING: &[u8] = b"{\"type\":\"ping\"}";

/// What ends the connection.
fn fatal() -> Vec<(String, Vec<u8>)> {
    let mut cases: Vec<(String, Vec<u8>)> = vec![
        ("without a mask".into(), frame(TEXT, false, PING)),
        ("a control frame without a mask".into(), frame(0x89, false, b"x")),
        ("a continuation of nothing".into(), masked(0x80, PING)),
        ("an open continuation of nothing".into(), masked(0x00, PING)),
        ("a text within a text".into(), [masked(0x01, b"{"), masked(TEXT, PING)].concat()),
        ("a control frame in pieces".into(), masked(0x09, b"x")),
        ("a close in pieces".into(), masked(0x08, [3, 232])),
        ("a ping of 126 bytes".into(), masked(0x89, [0; 126])),
        ("a close of 126 bytes".into(), masked(0x88, [b'x'; 126])),
        ("64 KiB and a byte".into(), masked(TEXT, vec![b' '; 64 * 1024 + 1])),
        ("64 KiB and a byte of binary".into(), masked(0x82, vec![0; 64 * 1024 + 1])),
        (
            "64 KiB and more in pieces".into(),
            [masked(0x01, vec![b' '; 40_000]), masked(0x80, vec![b' '; 40_000])].concat(),
        ),
        (
            "more than 64 KiB in very many pieces".into(),
            [masked(0x01, b"{"), masked(0x00, vec![b' '; 1_000]).repeat(100)].concat(),
        ),
        ("a length of 2^63".into(), [vec![TEXT, 0xff, 0x80], vec![0; 7], MASK.to_vec()].concat()),
        ("a length of 2^64 - 1".into(), [vec![TEXT, 0xff], vec![0xff; 8], MASK.to_vec()].concat()),
        ("a length of a terabyte".into(), [vec![TEXT, 0xff, 0, 0, 1, 0, 0, 0, 0, 0], MASK.to_vec()].concat()),
        ("more frames than a second has".into(), masked(TEXT, PING).repeat(60)),
        ("more pings than a second has".into(), masked(0x89, b"x").repeat(60)),
        ("HTTP".into(), b"GET /auth/me HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("a half-closed text of no UTF-8".into(), masked(TEXT, b"\xff\xfe")),
        ("an overlong text".into(), masked(TEXT, b"\"\xc0\xbc\"")),
        ("a surrogate".into(), masked(TEXT, b"\"\xed\xa0\x80\"")),
        ("no UTF-8 across two pieces".into(), [masked(0x01, b"\"\xe2\x82"), masked(0x80, b"\"")].concat()),
    ];
    for bits in [0x10, 0x20, 0x40, 0x30, 0x50, 0x60, 0x70] {
        cases.push((format!("reserved bits {bits:#x}"), masked(TEXT | bits, PING)));
        cases.push((format!("reserved bits {bits:#x} of a ping"), masked(0x89 | bits, b"x")));
    }
    for opcode in (3..=7).chain(0xb..=0xf) {
        cases.push((format!("opcode {opcode}"), masked(0x80 | opcode, b"x")));
    }
    for code in
        [0_u16, 1, 999, 1000, 1001, 1004, 1005, 1006, 1012, 1015, 1016, 2999, 3000, 4999, 5000, 65_535]
    {
        cases.push((format!("a close of {code}"), masked(0x88, code.to_be_bytes())));
    }
    for payload in [&b""[..], b"\x03", b"\x03\xe8\xff\xfe", b"\x03\xe8zQ9kX7"] {
        cases.push((format!("a close with {payload:?}"), masked(0x88, payload)));
    }
    cases
}

/// What is answered with a word, and the connection goes on.
fn refused() -> Vec<(String, Vec<u8>)> {
    let texts = [
        "",
        " ",
        "x",
        "null",
        "1",
        "[]",
        "\"zQ9kX7\"",
        "{}",
        "{",
        "{\"type\":null}",
        "{\"type\":1}",
        "{\"type\":\"zQ9kX7<svg>\"}",
        "{\"type\":\"ping\",\"zQ9kX7<svg>\":1}",
        "{\"type\":\"ping\",\"type\":\"ping\"}",
        "{\"type\":\"subscribe\",\"conversation_id\":\"zQ9kX7\"}",
        "{\"type\":\"subscribe\",\"conversation_id\":\"../..\"}",
        "{\"type\":\"stop\",\"conversation_id\":[]}",
        "{\"type\":\"message\",\"message\":\"\"}",
        "{\"type\":\"message\",\"message\":\"\\u0000\"}",
        "{\"type\":\"message\",\"message\":\"<script>k()</script>\"}",
        "{\"type\":\"message\",\"message\":7}",
        "{\"__proto__\":{},\"message\":\"hi\"}",
        "\u{feff}{\"type\":\"ping\"}",
    ];
    let mut cases: Vec<(String, Vec<u8>)> = texts.map(|text| (text.to_owned(), masked(TEXT, text))).into();
    cases.push(("binary".into(), masked(0x82, PING)));
    cases.push(("binary of nothing".into(), masked(0x82, b"")));
    for levels in [65, 20_000] {
        let deep = format!("{{\"type\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        cases.push((format!("{levels} deep"), masked(TEXT, deep)));
    }
    cases.push(("a length longer than it need be".into(), {
        let mut bytes = vec![TEXT, 0x80 | 126, 0, 1];
        bytes.extend(MASK);
        bytes.push(b'x' ^ MASK[0]);
        bytes
    }));
    cases
}

/// Opens a socket by hand and reads the greeting.
async fn open(app: &TestApp, ada: &Client, number: usize) -> TcpStream {
    let mut stream = connect(app.address, number).await;
    let token = ada.token.as_deref().unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{KEY}\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let greeting = until(&mut stream, "heartbeat_seconds").await;
    assert!(greeting.starts_with("HTTP/1.1 101"), "{greeting}");
    assert!(!greeting.to_ascii_lowercase().contains("sec-websocket-extensions"), "{greeting}");
    stream
}

/// Reads on until these words, or to the end.
async fn until(stream: &mut TcpStream, words: &str) -> String {
    let mut bytes = Vec::new();
    let read = async {
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece).await {
                Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
                _ => return,
            }
            if String::from_utf8_lossy(&bytes).contains(words) {
                return;
            }
        }
    };
    assert!(
        timeout(PATIENCE, read).await.is_ok(),
        "no {words:?} after {:?}",
        String::from_utf8_lossy(&bytes)
    );
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_frame_that_breaks_the_protocol_ends_its_socket_and_nothing_else() {
    let app = TestApp::start_with(&[("WS_MAX_PER_USER", "200")]).await;
    let ada = app.ada().await;
    let cases = fatal();
    assert!(cases.len() >= 60, "{}", cases.len());
    let tries = cases.iter().enumerate().map(|(number, (what, bytes))| {
        let (app, ada) = (&app, &ada);
        async move {
            let mut stream = open(app, ada, number).await;
            drop(stream.write_all(bytes).await);
            let rest = until(&mut stream, "never said by anybody").await;
            assert!(!rest.contains(PLAIN_MARK), "{what}: {rest}");
            assert!(!rest.contains("HTTP/1.1 200"), "{what}: {rest}");
        }
    });
    join_all(tries).await;
    works(&app, &ada).await;
    app.stop().await;
}

#[tokio::test]
async fn a_frame_that_means_nothing_is_told_so_and_the_socket_goes_on() {
    let app = TestApp::start_with(&[("WS_MAX_PER_USER", "200")]).await;
    let ada = app.ada().await;
    let cases = refused();
    assert!(cases.len() >= 28, "{}", cases.len());
    let tries = cases.iter().enumerate().map(|(number, (what, bytes))| {
        let (app, ada) = (&app, &ada);
        async move {
            let mut stream = open(app, ada, number).await;
            stream.write_all(bytes).await.unwrap();
            let told = until(&mut stream, "request_id").await;
            assert!(told.contains("\"error\""), "{what}: {told}");
            assert!(!told.contains(PLAIN_MARK) && !told.contains("<svg"), "{what}: {told}");
            stream.write_all(&masked(TEXT, PING)).await.unwrap();
            until(&mut stream, "\"pong\"").await;
        }
    });
    join_all(tries).await;
    works(&app, &ada).await;
    app.stop().await;
}

fn handshakes() -> Vec<Case> {
    let good = format!("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{KEY}");
    let close = |headers: &str| format!("GET /ws HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    let mut cases = vec![
        case(
            "by POST",
            format!("POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n{good}\r\n"),
            Expect::Refused,
        ),
        case("by HTTP/1.0", format!("GET /ws HTTP/1.0\r\nHost: localhost\r\n{good}\r\n"), Expect::Refused),
        case(
            "elsewhere",
            format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\n{good}\r\n"),
            Expect::Only(&[200]),
        ),
        case("nowhere", format!("GET /zQ9kX7 HTTP/1.1\r\nHost: localhost\r\n{good}\r\n"), Expect::Refused),
        case("by another page", close(&format!("{good}Origin: https://evil.example\r\n")), Expect::Refused),
        case(
            "with a cookie and no page",
            close(&format!("{good}Cookie: jarvis_access=x\r\n")),
            Expect::Refused,
        ),
        case(
            "with a cookie and a null page",
            close(&format!("{good}Cookie: jarvis_access=x\r\nOrigin: null\r\n")),
            Expect::Refused,
        ),
    ];
    for (from, to) in [
        ("Connection: Upgrade", "Connection: close"),
        ("Connection: Upgrade", "Connection: keep-alive"),
        ("Connection: Upgrade", "X: y"),
        ("Upgrade: websocket", "X: y"),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Upgrade: websocket", "Upgrade: zQ9kX7"),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 14"),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: zQ9kX7"),
        ("Sec-WebSocket-Version: 13", "X: y"),
        ("Sec-WebSocket-Key", "X-Key"),
    ] {
        let headers = good.replace(from, to);
        cases.push(case(format!("{to} for {from}"), close(&headers), Expect::Refused));
    }
    cases
}

#[tokio::test]
async fn no_other_handshake_opens_a_socket() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    survive(&app, &ada, handshakes(), 18).await;
    app.stop().await;
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_closed() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let mut stream = connect(app.address, 1).await;
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{KEY}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 101"));
    // Half of a frame, and then no more.
    stream.write_all(&[TEXT, 0x80 | 100, 1]).await.unwrap();
    ada.get("/health/live").await;
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(300), stream.read_to_end(&mut rest)).await;
    let waited = started.elapsed();
    tokio::time::resume();
    drop(ended.expect("kept open"));
    assert!(waited < Duration::from_secs(8), "{waited:?}");
    works(&app, &ada).await;
    app.stop().await;
}
