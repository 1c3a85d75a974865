//! Our own TLS, on real sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, pause, resume, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{PASSWORD, PATIENCE, TestApp};

const NAME: &str = "jarvis.example";

/// Writes a new certificate of its own over the old one.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

struct Secured {
    app: TestApp,
    folder: tempfile::TempDir,
    certificate: CertificateDer<'static>,
}

async fn start() -> Secured {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let settings = [("TLS_CERT_FILE", &*cert), ("TLS_KEY_FILE", &*key), ("TRUSTED_HOSTS", NAME)];
    Secured { app: TestApp::start_with(&settings).await, folder, certificate }
}

type Stream = TlsStream<TcpStream>;

/// Shakes hands with who holds this certificate.
async fn connect(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> std::io::Result<Stream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let mut config =
        config.with_protocol_versions(versions).unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(address).await?;
    let connected = TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), tcp);
    timeout(PATIENCE, connected).await.expect("the handshake hangs")
}

impl Secured {
    async fn connect(&self) -> std::io::Result<Stream> {
        connect(self.app.address, &self.certificate, &[&TLS13], &[]).await
    }

    async fn ask(&self, head: &str, body: &str) -> String {
        ask(&mut self.connect().await.unwrap(), head, body).await
    }
}

/// One request, and all of its answer.
async fn ask(stream: &mut Stream, head: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "{head}\r\nHost: {NAME}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no answer").unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn pages_and_cookies_are_for_https_alone() {
    let secured = start().await;
    secured
        .app
        .app
        .accounts
        .add(
            "ada",
            "ada@example.org",
            jarvis_crypto::Secret::new(PASSWORD.to_owned()),
            jarvis::users::Role::User,
        )
        .await
        .unwrap();
    let live = secured.ask("GET /health/live HTTP/1.1", "").await;
    assert!(
        live.starts_with("HTTP/1.1 200") && live.contains("strict-transport-security: max-age=31536000"),
        "{live}"
    );
    let login = json!({"username": "ada", "password": PASSWORD}).to_string();
    let answer = secured.ask("POST /auth/login HTTP/1.1", &login).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookies: Vec<&str> = answer.lines().filter(|line| line.starts_with("set-cookie: ")).collect();
    assert!(cookies.len() >= 2, "{answer}");
    for cookie in cookies {
        assert!(cookie.starts_with("set-cookie: __Host-") && cookie.contains("; Secure"), "{cookie}");
    }
    for (origin, status) in [("https", 401), ("http", 403)] {
        let head = format!("POST /auth/refresh HTTP/1.1\r\nCookie: a=b\r\nOrigin: {origin}://{NAME}");
        let answer = secured.ask(&head, "{}").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{origin}: {answer}");
    }
    secured.app.stop().await;
}

#[tokio::test]
async fn the_versions_are_1_2_and_1_3_and_the_protocol_is_ours() {
    let secured = start().await;
    let (address, certificate) = (secured.app.address, &secured.certificate);
    for (version, expected) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let stream = connect(address, certificate, &[version], &["h2", "http/1.1"]).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(expected));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    assert!(connect(address, certificate, &[&TLS13], &["h2"]).await.is_err());
    // A hello of TLS 1.1 (RFC 4346) and of 1.0, with one suite that both know, and nothing else.
    for minor in [1, 2] {
        let mut hello = vec![0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, minor];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0xc0, 0x13, 0, 0x2f, 1, 0]);
        let mut tcp = TcpStream::connect(address).await.unwrap();
        tcp.write_all(&hello).await.unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.expect("kept open").unwrap();
        // A fatal alert: protocol_version, or handshake_failure.
        assert!(matches!(answer[..], [0x15, 3, _, 0, 2, 2, 70 | 40]), "{minor}: {answer:?}");
    }
    secured.app.stop().await;
}

#[tokio::test]
async fn plain_http_gets_no_page() {
    let secured = start().await;
    let mut tcp = TcpStream::connect(secured.app.address).await.unwrap();
    tcp.write_all(format!("GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    drop(timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.expect("kept open"));
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "{answer:?}");
    assert!(secured.connect().await.is_ok());
    secured.app.stop().await;
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let secured = start().await;
    for begun in [&b""[..], b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let mut tcp = TcpStream::connect(secured.app.address).await.unwrap();
        tcp.write_all(begun).await.unwrap();
        // By now the first is being waited for.
        drop(secured.connect().await.unwrap());
        pause();
        let started = Instant::now();
        let mut answer = Vec::new();
        drop(timeout(Duration::from_secs(300), tcp.read_to_end(&mut answer)).await.expect("kept open"));
        let waited = started.elapsed();
        resume();
        assert!((9..=11).contains(&waited.as_secs()), "{begun:?}: {waited:?}");
    }
    secured.app.stop().await;
}

#[tokio::test]
async fn a_socket_works_as_without() {
    let secured = start().await;
    let ada = secured
        .app
        .app
        .accounts
        .add(
            "ada",
            "ada@example.org",
            jarvis_crypto::Secret::new(PASSWORD.to_owned()),
            jarvis::users::Role::User,
        )
        .await;
    ada.unwrap();
    let login = json!({"username": "ada", "password": PASSWORD}).to_string();
    let answer = secured.ask("POST /auth/login HTTP/1.1", &login).await;
    let cookie = answer.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let mut request = format!("wss://{NAME}/ws").into_client_request().unwrap();
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request.headers_mut().insert("origin", format!("https://{NAME}").parse().unwrap());
    let (mut socket, _) = client_async(request, secured.connect().await.unwrap()).await.unwrap();
    let hello = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("\"connected\""), "{hello}");
    secured.app.stop().await;
}

/// Longer than the time between two looks at the files.
async fn a_look() {
    pause();
    tokio::time::sleep(Duration::from_secs(11)).await;
    resume();
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let mut secured = start().await;
    let mut kept = secured.connect().await.unwrap();
    let old = secured.certificate.clone();
    secured.certificate = certify(secured.folder.path());
    assert!(secured.connect().await.is_err(), "the old one is still in use");
    secured.app.app.tls.as_ref().unwrap().renew();
    assert!(secured.connect().await.is_ok(), "the new one is not in use");
    assert!(connect(secured.app.address, &old, &[&TLS13], &[]).await.is_err());
    // Who is connected stays connected.
    assert!(ask(&mut kept, "GET /health/live HTTP/1.1", "").await.starts_with("HTTP/1.1 200"));

    let good = std::fs::read(secured.folder.path().join("key.pem")).unwrap();
    let other = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap().signing_key.serialize_pem();
    for broken in [&b""[..], b"-----BEGIN PRIVATE KEY-----\n", other.as_bytes()] {
        std::fs::write(secured.folder.path().join("key.pem"), broken).unwrap();
        a_look().await;
        assert!(secured.connect().await.is_ok(), "{}", String::from_utf8_lossy(broken));
    }
    std::fs::remove_file(secured.folder.path().join("key.pem")).unwrap();
    a_look().await;
    assert!(secured.connect().await.is_ok());
    std::fs::write(secured.folder.path().join("key.pem"), good).unwrap();
    a_look().await;
    assert!(secured.connect().await.is_ok());
    secured.certificate = certify(secured.folder.path());
    a_look().await;
    assert!(secured.connect().await.is_ok());
    secured.app.stop().await;
}
