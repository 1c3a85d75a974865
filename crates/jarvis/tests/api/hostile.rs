//! Hostile bytes on real sockets, from tables. Of each: no fault of ours, no hang, nothing of it comes back, nothing is allowed
//! that should not be, and the server works afterwards.

mod bodies;
mod frames;
mod heads;
mod names;
mod paths;
mod slow;
mod smuggling;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::{Client, TestApp};

/// Part of every payload. It may come back nowhere.
const MARK: &str = "zQ9kX7<svg/onload=k(1)>";
/// The same without what has to be written otherwise in a path or a header.
const PLAIN_MARK: &str = "zQ9kX7";
/// Longer than the server waits for a head, less than for a body: what has not ended by then hangs.
const DEADLINE: Duration = Duration::from_secs(15);
/// After a whole answer on a connection that stays open: is there another?
const QUIET: Duration = Duration::from_millis(250);
/// Connections at once.
const AT_ONCE: usize = 48;

/// What may come of a case. Whatever it is, no status is 500 or above.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expect {
    /// One refusal, or the end of the connection without a word.
    Refused,
    /// One of these, alone.
    Only(&'static [u16]),
    /// At most one answer.
    One,
    /// Answers as they come.
    Any,
}

struct Case {
    what: String,
    bytes: Vec<u8>,
    expect: Expect,
}

fn case(what: impl Into<String>, bytes: impl Into<Vec<u8>>, expect: Expect) -> Case {
    Case { what: what.into(), bytes: bytes.into(), expect }
}

/// A request with a body of known length, after which the connection ends.
fn request(line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// From an address of its own each time, so that no limit on one of them hides what is tested.
async fn connect(address: SocketAddr, number: usize) -> TcpStream {
    let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 10 + high, low, 1), 0).into()).unwrap();
    socket.connect(address).await.unwrap()
}

/// Everything that comes until the server closes, or is silent after a whole answer. None: neither happened in time.
async fn told(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = async {
        let mut piece = vec![0; 16 * 1024];
        loop {
            let is_whole = answers(&bytes).last().is_some_and(|answer| answer.is_whole);
            let wait = if is_whole { QUIET } else { DEADLINE * 2 };
            match timeout(wait, stream.read(&mut piece)).await {
                Ok(Ok(count)) if count > 0 => bytes.extend_from_slice(&piece[..count]),
                // Closed, or reset because something of ours was still on its way; or nothing more comes.
                _ => return,
            }
        }
    };
    timeout(DEADLINE, read).await.is_ok().then_some(bytes)
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
    is_whole: bool,
}

/// The answers that a connection carried, by their lengths.
fn answers(mut bytes: &[u8]) -> Vec<Answer> {
    let mut found = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let Some(status) = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok()) else {
            break;
        };
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let rest = &bytes[end + 4..];
        let is_whole = rest.len() >= length && header("transfer-encoding").is_none();
        let (body, next) = rest.split_at(length.min(rest.len()));
        found.push(Answer { status, head, body: body.to_vec(), is_whole });
        bytes = next;
    }
    found
}

/// What is wrong with how a case was answered.
fn faults(case: &Case, told: Option<Vec<u8>>) -> Vec<String> {
    let Some(bytes) = told else { return vec!["no end in time".to_owned()] };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let answers = answers(&bytes);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let mut faults = Vec::new();
    let mut check = |is_right: bool, fault: &str| {
        if !is_right {
            faults.push(format!("{fault}: {statuses:?} {}", text.chars().take(1_500).collect::<String>()));
        }
    };
    check(statuses.iter().all(|status| *status < 500), "a fault of ours");
    check(!text.contains(PLAIN_MARK) && !text.contains("<svg"), "it comes back");
    check(!text.to_ascii_lowercase().contains("access-control-allow-"), "another site may read it");
    check(!text.contains("root:x:0"), "a file of the system");
    check(statuses.iter().all(|status| *status != 101), "the protocol was changed");
    for answer in answers.iter().filter(|answer| !answer.body.is_empty()) {
        let guards = [
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'",
            "x-frame-options: DENY",
        ];
        check(guards.iter().all(|guard| answer.head.contains(guard)), "an answer without its guards");
        let is_problem = answer.head.contains("application/problem+json");
        check(answer.status < 400 || is_problem, "a refusal that is no problem");
    }
    check(
        match case.expect {
            Expect::Refused => {
                statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status))
            }
            Expect::Only(allowed) => matches!(statuses[..], [status] if allowed.contains(&status)),
            Expect::One => statuses.len() <= 1,
            Expect::Any => true,
        },
        &format!("not {:?}", case.expect),
    );
    faults
}

/// Tries all cases, many at once, and then whether the server works as before.
async fn survive(app: &TestApp, ada: &Client, cases: Vec<Case>, least: usize) {
    assert!(cases.len() >= least, "{} cases", cases.len());
    let tries = cases.iter().enumerate().map(|(number, case)| async move {
        let mut stream = connect(app.address, number).await;
        // The server may have seen enough before everything is written.
        drop(timeout(DEADLINE, stream.write_all(&case.bytes)).await);
        let faults = faults(case, told(&mut stream).await);
        faults.into_iter().map(|fault| format!("{}: {fault}", case.what)).collect::<Vec<_>>()
    });
    let found: Vec<String> = stream::iter(tries).buffer_unordered(AT_ONCE).concat().await;
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), cases.len(), found.join("\n"));
    works(app, ada).await;
}

async fn works(app: &TestApp, ada: &Client) {
    assert_eq!(app.stranger().get("/health/live").await.status, 200);
    let me = ada.get("/auth/me").await;
    assert_eq!((me.status, &me.json["username"]), (200, &"ada".into()));
    ada.socket().await;
}

/// The headers of a signed-in program that sends JSON.
fn signed_in(ada: &Client) -> String {
    format!("Authorization: Bearer {}\r\n", ada.token.as_deref().unwrap())
}
