//! Our own TLS: a certificate and its key from two files, read again when they change.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};

/// Bytes of a file: far above any chain.
const MAX_FILE: u64 = 256 * 1024;
/// The one protocol that we speak above TLS (RFC 7301): sockets are upgraded from it.
const PROTOCOL: &[u8] = b"http/1.1";

/// Where a certificate and its key lie, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The chain, our own certificate first.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// Whether they can be used, together.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self) -> Result<(), String> {
        certified(self, &aws_lc_rs::default_provider()).map(drop)
    }
}

/// What speaks TLS with those who connect. A clone is another handle to the same.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: Files,
    config: Arc<ServerConfig>,
    provider: CryptoProvider,
    held: Arc<Held>,
    /// What the files were when they were last looked at.
    seen: Mutex<io::Result<[Stamp; 2]>>,
}

/// The certificate in use.
#[derive(Debug)]
struct Held(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Held {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads the files. TLS 1.2 and 1.3, the suites that rustls holds safe, no client certificates.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(files: Files) -> Result<Self, String> {
        let provider = aws_lc_rs::default_provider();
        // Before they are read: a change in between is seen at the next look.
        let seen = Mutex::new(stamps(&files));
        let held = Arc::new(Held(RwLock::new(Arc::new(certified(&files, &provider)?))));
        let config = ServerConfig::builder_with_provider(Arc::new(provider.clone()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| error.to_string())?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Held>::clone(&held);
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Self(Arc::new(Inner { files, config: Arc::new(config), provider, held, seen })))
    }

    /// What a connection shakes hands with.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.config))
    }

    /// Looks whether the files are other ones than before, and takes them if they can be used. A broken or half-written pair
    /// leaves the old one in place, is warned of once, and is looked at again when it changes.
    pub fn renew(&self) {
        let now = stamps(&self.0.files);
        {
            let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
            match (&*seen, &now) {
                (Ok(before), Ok(now)) if before == now => return,
                (Err(_), Err(_)) => return,
                _ => *seen = now,
            }
        }
        match certified(&self.0.files, &self.0.provider) {
            Ok(certified) => {
                *self.0.held.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                tracing::info!("the new certificate is in use");
            }
            Err(reason) => tracing::warn!(reason, "the new certificate is not used; the old one goes on"),
        }
    }
}

/// File number, length, and when content and entry were last changed, to the nanosecond.
type Stamp = [i64; 6];

fn stamps(files: &Files) -> io::Result<[Stamp; 2]> {
    let stamp = |path: &Path| {
        let data = fs::metadata(path)?;
        let number = |number: u64| i64::from_ne_bytes(number.to_ne_bytes());
        let (changed, entry) = ((data.mtime(), data.mtime_nsec()), (data.ctime(), data.ctime_nsec()));
        io::Result::Ok([number(data.ino()), number(data.len()), changed.0, changed.1, entry.0, entry.1])
    };
    Ok([stamp(&files.certificate)?, stamp(&files.key)?])
}

fn certified(files: &Files, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    CertifiedKey::from_der(chain(&files.certificate)?, key(&files.key)?, provider).map_err(
        |error| match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("{} is not the key of {}", files.key.display(), files.certificate.display())
            }
            other => format!("{}: {other}", files.certificate.display()),
        },
    )
}

/// The certificates in a file, at least one.
///
/// # Errors
/// A sentence for the operator.
pub fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let fault = |reason: String| format!("{}: {reason}", path.display());
    let text = read(path).map_err(fault)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| fault(format!("not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(fault("holds no certificate".to_owned()));
    }
    Ok(chain)
}

/// The private key in a file.
///
/// # Errors
/// A sentence for the operator, without a character of the file.
pub fn key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let fault = |reason: &str| format!("{}: {reason}", path.display());
    let text = read(path).map_err(|reason| fault(&reason))?;
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_not_a_key| fault("holds no private key in PEM; one with a passphrase cannot be opened"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_FILE {
        return Err("larger than any certificate".to_owned());
    }
    fs::read(path).map_err(|error| error.to_string())
}
