//! A server that does what a test says, byte by byte: it can cut, stall, drip and talk nonsense.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use url::Url;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Says nothing more until the client closes the connection.
    Hang,
    /// Closes the connection in order.
    Close,
    /// Resets the connection.
    Reset,
}

#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) connection: usize,
}

pub(crate) struct Server {
    pub(crate) url: Url,
    pub(crate) requests: mpsc::Receiver<Received>,
    /// When a client closed a connection in the middle of an answer.
    pub(crate) closed: mpsc::Receiver<Instant>,
    _tasks: JoinSet<()>,
}

struct Reporter {
    requests: mpsc::Sender<Received>,
    closed: mpsc::Sender<Instant>,
}

impl Server {
    /// Answers the n-th request (from 0, over all connections) with `script(n)`.
    pub(crate) async fn start(script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (requests_in, requests) = mpsc::channel(64);
        let (closed_in, closed) = mpsc::channel(64);
        let reporter = Arc::new(Reporter { requests: requests_in, closed: closed_in });
        let script = Arc::new(script);
        let served = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            for connection in 0.. {
                let (mut socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let (script, served, reporter) = (script.clone(), served.clone(), reporter.clone());
                connections.spawn(async move {
                    while let Some((head, body)) = read_request(&mut socket).await {
                        let n = served.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let _received = reporter.requests.send(Received { head, body, connection }).await;
                        for step in script(n) {
                            if !perform(&mut socket, step).await {
                                let _told = reporter.closed.send(Instant::now()).await;
                                return;
                            }
                        }
                    }
                });
            }
        });
        Self { url, requests, closed, _tasks: tasks }
    }

    /// Answers every request with the same steps.
    pub(crate) async fn always(steps: Vec<Step>) -> Self {
        Self::start(move |_| steps.clone()).await
    }

    /// How many requests were received and not taken from `requests`.
    pub(crate) fn waiting_requests(&self) -> usize {
        self.requests.len()
    }
}

/// Whether the connection is still there.
async fn perform(socket: &mut TcpStream, step: Step) -> bool {
    match step {
        Step::Send(bytes) => socket.write_all(&bytes).await.is_ok(),
        Step::Pause(pause) => {
            sleep(pause).await;
            true
        }
        Step::Hang => {
            while socket.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
            false
        }
        Step::Close => {
            let _closed = socket.shutdown().await;
            false
        }
        Step::Reset => {
            socket.set_zero_linger().unwrap();
            false
        }
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.trim().parse().unwrap());
    while bytes.len() < end + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, String::from_utf8(bytes[end..].to_vec()).unwrap()))
}

/// The head of a streamed response.
pub(crate) fn head(content_type: &str) -> Step {
    let text =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
    Step::Send(text.into_bytes())
}

pub(crate) fn chunk(bytes: impl AsRef<[u8]>) -> Step {
    let bytes = bytes.as_ref();
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

/// Each chunk is a few bytes, sent alone, so that characters and JSON are cut through.
pub(crate) fn drip(bytes: &str) -> Vec<Step> {
    bytes.as_bytes().chunks(7).map(chunk).collect()
}

pub(crate) fn end() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

/// A whole response. `headers` are further lines, each ended by CRLF.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    vec![Step::Send(text.into_bytes())]
}
