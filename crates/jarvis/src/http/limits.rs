//! How much and how long a request may be.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes of a body; imports and files have limits of their own.
pub const BODY_BYTES: usize = 256 * 1024;
/// Bytes of the request line and all headers.
pub const HEADER_BYTES: usize = 16 * 1024;
pub const HEADERS: usize = 100;
/// From the first byte of a connection, or of its next request, to the end of the headers.
pub const HEADER_TIME: Duration = Duration::from_secs(10);
/// From the end of the headers to the end of the body.
pub const BODY_TIME: Duration = Duration::from_secs(30);
/// Without a byte being taken: a client that does not read is let go, with what was buffered for it.
pub const WRITE_TIME: Duration = Duration::from_secs(30);

/// The request with a body that fails with [`TooSlow`] when it is not complete after [`BODY_TIME`]. The clock does not
/// start again with each piece, so that dripping one byte a second gains nothing.
pub fn in_time(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let by = Instant::now() + BODY_TIME;
    request.map(|inner| Body::new(Deadline { inner, by, at: None }))
}

/// The body did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("the body took longer than {} s", BODY_TIME.as_secs())]
pub struct TooSlow;

/// Whether an error, as extractors wrap it, is that a body came too slowly.
pub fn is_too_slow(error: &(dyn StdError + 'static)) -> bool {
    error.is::<TooSlow>() || error.source().is_some_and(is_too_slow)
}

struct Deadline {
    inner: Body,
    by: Instant,
    /// Made at the first wait: most bodies come with their heads.
    at: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Deadline {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if polled.is_pending() {
            let by = self.by;
            let at = self.at.get_or_insert_with(|| Box::pin(sleep_until(by)));
            if at.as_mut().poll(context).is_ready() {
                return Poll::Ready(Some(Err(axum::Error::new(TooSlow))));
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::response::{IntoResponse, Response};
    use futures_util::stream;
    use http::StatusCode;
    use tokio::time::sleep;

    use super::*;

    async fn read(request: Request) -> Response {
        match axum::body::to_bytes(request.into_body(), BODY_BYTES).await {
            Ok(bytes) => bytes.into_response(),
            Err(error) if is_too_slow(&error) => StatusCode::REQUEST_TIMEOUT.into_response(),
            Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        }
    }

    async fn answer_to(body: Body) -> StatusCode {
        read(in_time(Request::new(body))).await.status()
    }

    /// `count` pieces of one byte, a second apart.
    fn dripping(count: u64) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            sleep(Duration::from_secs(1)).await;
            (sent < count).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"x")), sent + 1))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_dripping_body_is_cut_off_at_the_deadline() {
        let started = Instant::now();
        assert_eq!(answer_to(dripping(600)).await, StatusCode::REQUEST_TIMEOUT);
        assert!(started.elapsed() <= BODY_TIME + Duration::from_secs(1), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_body_is_cut_off_at_the_deadline() {
        let silent = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert_eq!(answer_to(silent).await, StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_in_time_arrives_whole() {
        assert_eq!(answer_to(dripping(5)).await, StatusCode::OK);
        assert_eq!(answer_to(Body::from("hello")).await, StatusCode::OK);
    }
}
