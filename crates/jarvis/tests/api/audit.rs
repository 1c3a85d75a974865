//! The audit trail: what is written when, who may read it, and what shows when it was changed.

mod operations;
mod reading;
mod together;
mod trail;

use jarvis::audit::{Entry, Filter, Span};

use crate::support::TestApp;

/// Writes down what waits, and gives what came after an event, the oldest first.
async fn since(app: &TestApp, after: i64) -> Vec<Entry> {
    app.app.audit.settle(false).await.unwrap();
    let mut items = app.app.audit.page(&Filter::default(), Span::After(after), 200).await.unwrap().items;
    items.reverse();
    items
}

/// Where the trail is.
async fn size(app: &TestApp) -> i64 {
    app.app.audit.settle(false).await.unwrap();
    app.app.audit.status().await.unwrap().size
}

async fn kinds_since(app: &TestApp, after: i64) -> Vec<String> {
    since(app, after).await.into_iter().map(|entry| entry.kind).collect()
}

/// Nothing was changed.
async fn verify(app: &TestApp) -> jarvis::audit::Verified {
    app.app.audit.verify(None).await.unwrap().unwrap_or_else(|fault| panic!("{fault}"))
}
