//! The bytes of one connection, plain or under TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::places::Place;
use crate::http::limits;

/// For the whole of TLS's handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

type Plain = Pin<Box<TimeoutStream<TcpStream>>>;

/// A connection and the place it takes; a socket that it becomes goes on holding it.
pub(super) struct Wire {
    stream: Either<Plain, Box<TlsStream<Plain>>>,
    _place: Place,
}

impl Wire {
    /// Shakes hands, where there is TLS.
    ///
    /// # Errors
    /// What went wrong with the handshake, or that it took too long.
    pub(super) async fn open(stream: TcpStream, tls: Option<&TlsAcceptor>, place: Place) -> io::Result<Self> {
        // Without it a token may wait for the acknowledgement of the one before.
        stream.set_nodelay(true)?;
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(limits::WRITE_TIME));
        let stream = match tls {
            None => Either::Left(stream),
            Some(acceptor) => {
                Either::Right(Box::new(tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await??))
            }
        };
        Ok(Self { stream, _place: place })
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
