//! What is true of every request and every answer: problems, headers, borders, limits.

mod borders;
mod limits;
mod operation;
mod page;
mod problems;
mod wire;

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Reply, TestApp};

/// Far less than the ten seconds after which an idle connection is closed anyway.
const AT_ONCE: Duration = Duration::from_secs(4);

/// Asserts what every answer of ours tells the browser.
fn is_guarded(reply: &Reply) {
    let header = |name: &str| {
        let mut values = reply.headers.get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("no {name}: {:?}", reply.headers));
        assert_eq!(values.next(), None, "{name} twice");
        value.to_str().unwrap()
    };
    let policy = header("content-security-policy");
    for rule in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    for loose in ["unsafe", "*", "http:", "https:"] {
        assert!(!policy.contains(loose), "{policy}");
    }
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(header("x-frame-options"), "DENY");
    assert!(header("permissions-policy").contains("microphone=(self)"));
    assert!(header("permissions-policy").contains("camera=()"));
    assert!(uuid::Uuid::parse_str(header("x-request-id")).is_ok());
    for telltale in ["server", "x-powered-by"] {
        assert!(!reply.headers.contains_key(telltale), "{telltale}");
    }
}

/// A connection on which a test writes what it likes.
struct Wire(TcpStream);

impl Wire {
    async fn open(app: &TestApp) -> Self {
        Self(TcpStream::connect(app.address).await.unwrap())
    }

    async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything that comes until the server closes, which it must do within `wait`.
    async fn read_all(&mut self, wait: Duration) -> String {
        let mut bytes = Vec::new();
        let read = async {
            let mut piece = [0; 4096];
            loop {
                match self.0.read(&mut piece).await {
                    Ok(0) => break,
                    Ok(count) => bytes.extend_from_slice(&piece[..count]),
                    // Closed while something of ours was on its way.
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                    Err(error) => panic!("{error}"),
                }
            }
        };
        let closed = tokio::time::timeout(wait, read).await.is_ok();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(closed, "the connection stays open after: {text}");
        text
    }
}

/// Sends bytes on a connection of their own; gives everything that comes until the server closes, at once.
async fn answers_to(app: &TestApp, bytes: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::open(app).await;
    wire.write(bytes).await;
    wire.read_all(AT_ONCE).await
}

/// The status codes in what a connection carried.
fn statuses(text: &str) -> Vec<u16> {
    let starts = text.split("HTTP/1.").skip(1);
    starts.map(|rest| rest.split(' ').nth(1).unwrap().parse().unwrap()).collect()
}
