//! The one middleware: what every request passes on its way in, and every answer on its way out.
//!
//! Plain functions in one service round each route, instead of a middleware for each: every one of those would clone
//! and box all that is below it, for every request, before the first token of an answer.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{DefaultBodyLimit, Request};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, ready};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::config::Borders;
use crate::error::Error;
use crate::http::request::{Meters, Tracked};
use crate::http::security::{self, WayBack};
use crate::http::{limits, problem};

/// What is put round each route, and round the answer to a path that is none.
#[derive(Clone)]
pub struct Stack(Arc<Borders>);

impl Stack {
    pub fn new(borders: Arc<Borders>) -> Self {
        Self(borders)
    }
}

impl<S> Layer<S> for Stack {
    type Service = Passage<S>;

    fn layer(&self, inner: S) -> Passage<S> {
        Passage { borders: Arc::clone(&self.0), meters: Arc::default(), inner }
    }
}

/// One route within the stack.
#[derive(Clone)]
pub struct Passage<S> {
    borders: Arc<Borders>,
    meters: Arc<Meters>,
    inner: S,
}

impl<S> Service<Request> for Passage<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    /// Read it from top to bottom: so a request passes, and its answer.
    fn call(&mut self, mut request: Request) -> Self::Future {
        let tracked = Tracked::begin(&mut request, Arc::clone(&self.meters));
        let (id, span) = (tracked.id(), tracked.span());
        let mut back = WayBack::default();
        let answer = match security::enter(&self.borders, &mut request, &mut back) {
            Some(refusal) => Either::Left(ready(Ok(Ok(refusal)))),
            None => {
                let mut request = limits::in_time(request);
                DefaultBodyLimit::max(limits::BODY_BYTES).apply(&mut request);
                // The gate is next, on the routes themselves: see `server::router`.
                Either::Right(AssertUnwindSafe(self.inner.call(request)).catch_unwind())
            }
        };
        let pass = async move {
            let Ok(mut response) = answer.await.unwrap_or_else(panicked);
            back.leave(response.headers_mut());
            let mut response = problem::rendered(response, id);
            security::headers(&mut response);
            tracked.end(&mut response);
            Ok(response)
        };
        Box::pin(pass.instrument(span))
    }
}

fn panicked(cause: Box<dyn Any + Send>) -> Result<Response, Infallible> {
    let cause =
        cause.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| cause.downcast_ref().cloned());
    Ok(Error::Internal(format!("panic: {}", cause.unwrap_or_default())).into_response())
}
