//! Clients that take their time. It is the runtime's, moved by hand: no case waits for the real one.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, pause, resume, sleep, timeout};

use super::{connect, works};
use crate::support::TestApp;

const HEAD: u64 = 10;
const BODY: u64 = 30;
const LONG: Duration = Duration::from_secs(300);

/// What is sent at once, what is sent again and again, and after how many seconds it ends.
fn cases() -> Vec<(&'static str, String, &'static str, u64)> {
    let post = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    vec![
        ("nothing", String::new(), "", HEAD),
        ("half a method", "GE".into(), "", HEAD),
        ("half a line", "GET /health/li".into(), "", HEAD),
        ("a line", "GET /health/live HTTP/1.1\r\n".into(), "", HEAD),
        ("half a header", "GET /health/live HTTP/1.1\r\nHost: local".into(), "", HEAD),
        ("headers without their end", "GET /health/live HTTP/1.1\r\nHost: localhost\r\n".into(), "", HEAD),
        ("a path, letter by letter", "GET /".into(), "x", HEAD),
        ("a header, letter by letter", "GET / HTTP/1.1\r\nX: ".into(), "x", HEAD),
        ("headers, one by one", "GET / HTTP/1.1\r\n".into(), "X: y\r\n", HEAD),
        ("line ends, one by one", String::new(), "\r\n", HEAD),
        ("a body that does not come", format!("{post}Content-Length: 9\r\n\r\n"), "", BODY),
        ("half a body", format!("{post}Content-Length: 9\r\n\r\n{{\"a"), "", BODY),
        ("a body, letter by letter", format!("{post}Content-Length: 90000\r\n\r\n"), " ", BODY),
        (
            "a form, letter by letter",
            format!("{}Content-Length: 90000\r\n\r\n", post.replace("json", "x-www-form-urlencoded")),
            "a",
            BODY,
        ),
        ("chunks that do not come", format!("{post}Transfer-Encoding: chunked\r\n\r\n"), "", BODY),
        ("half a chunk", format!("{post}Transfer-Encoding: chunked\r\n\r\n9\r\n{{"), "", BODY),
        (
            "a chunk of all bytes there are",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{{}}"),
            "",
            BODY,
        ),
        ("chunks, one by one", format!("{post}Transfer-Encoding: chunked\r\n\r\n"), "1\r\n \r\n", BODY),
        ("a size, digit by digit", format!("{post}Transfer-Encoding: chunked\r\n\r\n"), "0", BODY),
        ("an extension, letter by letter", format!("{post}Transfer-Encoding: chunked\r\n\r\n1;"), "x", BODY),
        ("trailers, one by one", format!("{post}Transfer-Encoding: chunked\r\n\r\n0\r\n"), "X: y\r\n", BODY),
        ("a promise of a body", format!("{post}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"), "", BODY),
    ]
}

#[tokio::test]
async fn who_is_slow_is_cut_off_at_the_deadline_and_not_before() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let cases = cases();
    let mut streams = Vec::new();
    for (number, (_, begun, _, _)) in cases.iter().enumerate() {
        let mut stream = connect(app.address, number).await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    // By now all of it has been read.
    works(&app, &ada).await;
    pause();
    let started = Instant::now();
    let tries = cases.iter().zip(streams).map(|((what, _, again, seconds), mut stream)| async move {
        let (mut reading, mut writing) = stream.split();
        let mut bytes = Vec::new();
        let read = timeout(LONG, reading.read_to_end(&mut bytes));
        let drip = async {
            // A second before the end the drip stops: what is on its way when a connection closes would hide the answer.
            for _ in 1..*seconds {
                sleep(Duration::from_secs(1)).await;
                if writing.write_all(again.as_bytes()).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            // Closed, or reset.
            ended = read => drop(ended.unwrap_or_else(|_| panic!("{what}: no end"))),
            () = drip => {}
        }
        let (waited, text) = (started.elapsed().as_secs(), String::from_utf8_lossy(&bytes).into_owned());
        assert!((seconds - 1..=seconds + 1).contains(&waited), "{what}: {waited} s, {text}");
        let answers: Vec<&str> =
            text.split("HTTP/1.1 ").skip(1).filter(|text| !text.starts_with("100")).collect();
        assert!(answers.len() <= 1 && answers.iter().all(|text| text.starts_with('4')), "{what}: {text}");
    });
    join_all(tries).await;
    resume();
    works(&app, &ada).await;
    app.stop().await;
}
