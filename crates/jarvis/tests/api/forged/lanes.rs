//! The ways by which a token comes in, over real connections.

use std::net::{IpAddr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::support::{Client, PATIENCE};

/// Longer than all headers together may be.
const HEADER_BYTES: usize = 16 * 1024;
/// Longer than a frame may be.
const FRAME_BYTES: usize = 64 * 1024;
const PAGE: &str = "http://localhost:8000";

/// Where in a request a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Header,
    Cookie,
    SocketHeader,
    SocketCookie,
    SocketFrame,
}

pub(super) const OF_SOCKETS: [Lane; 3] = [Lane::SocketHeader, Lane::SocketCookie, Lane::SocketFrame];

/// What was said to a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It was let in.
    Accepted,
    /// The answer's status, or the close code.
    Refused(u16),
    /// The connection ended without a word: for what is too large to be read.
    Broken,
    /// Not what a refusal looks like.
    Odd(String),
}

impl Lane {
    /// Whether a token arrives by this lane as it is: some texts mean something else there, or cannot be sent.
    pub(super) fn carries(self, token: &str) -> bool {
        let sendable = HeaderValue::from_bytes(token.as_bytes()).is_ok();
        // White space at the end of a header is no part of it, and a semicolon ends a cookie.
        let whole = !token.ends_with([' ', '\t']);
        match self {
            Self::Header | Self::SocketHeader => sendable && whole,
            Self::Cookie | Self::SocketCookie => sendable && whole && !token.contains(';'),
            Self::SocketFrame => true,
        }
    }

    pub(super) fn headers(self, token: &str) -> Vec<(&'static str, Vec<u8>)> {
        let cookie = || ("cookie", format!("theme=dark; jarvis_access={token}").into_bytes());
        match self {
            Self::Header | Self::SocketHeader => {
                vec![("authorization", format!("Bearer {token}").into_bytes())]
            }
            Self::Cookie => vec![cookie(), ("sec-fetch-site", b"same-origin".to_vec())],
            Self::SocketCookie => vec![cookie(), ("origin", PAGE.as_bytes().to_vec())],
            Self::SocketFrame => Vec::new(),
        }
    }

    /// The first frame: it brings the token, or shows that nobody is signed in.
    pub(super) fn first_frame(self, token: &str) -> String {
        match self {
            Self::SocketFrame => json!({"type": "auth", "token": token}).to_string(),
            _ => json!({"type": "ping"}).to_string(),
        }
    }

    /// Whether a token is refused for its size before anybody looks at it.
    pub(super) fn too_large(self, token: &str) -> bool {
        token.len() + 200 > if self == Self::SocketFrame { FRAME_BYTES } else { HEADER_BYTES }
    }
}

/// One request with exactly these headers.
pub(super) async fn ask(
    client: &Client,
    method: Method,
    path: &str,
    headers: &[(&str, Vec<u8>)],
    body: Option<Value>,
) -> Said {
    let mut request = client.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let Ok(response) = request.send().await else { return Said::Broken };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let Ok(text) = response.text().await else { return Said::Broken };
    match status {
        200..300 => Said::Accepted,
        // Said by the HTTP library, before there is a request.
        431 => Said::Refused(431),
        _ => problem(status, &headers, &text).err().map_or(Said::Refused(status), Said::Odd),
    }
}

/// A refusal that says what it is and gives nothing away.
fn problem(status: u16, headers: &reqwest::header::HeaderMap, text: &str) -> Result<(), String> {
    let fault = |what: &str| Err(format!("{status} {what}: {text}"));
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let is_problem = headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
    if !(400..500).contains(&status) {
        return fault("is no refusal");
    }
    if !is_problem || body["status"] != status || !body["request_id"].is_string() {
        return fault("without a problem");
    }
    if body["code"].as_str().is_none_or(str::is_empty) || body["detail"].as_str().is_none_or(str::is_empty) {
        return fault("says nothing");
    }
    if status == 401 && !headers.contains_key("www-authenticate") {
        return fault("without WWW-Authenticate");
    }
    if headers.contains_key("set-cookie") || text.len() > 500 {
        return fault("gives something away");
    }
    Ok(())
}

type Stream = WebSocketStream<TcpStream>;

/// Opens `/ws` with exactly these headers, from an address of this machine; none when the upgrade was refused.
pub(super) async fn open(
    server: SocketAddr,
    from: IpAddr,
    path: &str,
    headers: &[(&str, Vec<u8>)],
) -> Option<Stream> {
    let mut request = format!("ws://{server}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        let name: reqwest::header::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let stream = socket.connect(server).await.unwrap();
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, _)) => Some(socket),
        Err(tungstenite::Error::Http(_) | tungstenite::Error::Io(_) | tungstenite::Error::Protocol(_)) => {
            None
        }
        Err(other) => panic!("{other}"),
    }
}

/// Says one frame on a new socket and reads what is said to it.
pub(super) async fn knock(
    server: SocketAddr,
    from: IpAddr,
    path: &str,
    headers: &[(&str, Vec<u8>)],
    frame: String,
) -> Said {
    let heard = async {
        let Some(mut socket) = open(server, from, path, headers).await else { return Said::Broken };
        // Refused before it was said: then it cannot be said, and the reason can still be read.
        drop(socket.send(Message::text(frame)).await);
        listen(&mut socket).await
    };
    tokio::time::timeout(PATIENCE, heard).await.unwrap_or(Said::Odd("it stays open".to_owned()))
}

/// Reads on to a greeting or to the end.
async fn listen(socket: &mut Stream) -> Said {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                return if frame["type"] == "connected" {
                    Said::Accepted
                } else {
                    Said::Odd(text.to_string())
                };
            }
            Some(Ok(Message::Close(Some(close)))) => {
                let code = close.code.into();
                // The library answers the close when it is asked again.
                drop(socket.next().await);
                return Said::Refused(code);
            }
            Some(Ok(Message::Close(None)) | Err(_)) | None => return Said::Broken,
            Some(Ok(_)) => {}
        }
    }
}
