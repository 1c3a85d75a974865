//! A refusal is told late, so that whoever tries again as soon as they are answered does not keep a core busy with refusals.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Answers that may be held back at once; the next are given at once.
const MOST: usize = 256;

/// How late a refusal is told. Whoever waits holds nothing else: no connection to the database, no lock.
#[derive(Clone)]
pub(super) struct Pause {
    span: Duration,
    places: Arc<Semaphore>,
    stopping: CancellationToken,
}

impl Pause {
    /// No pause once `stopping` is cancelled.
    pub(super) fn new(span: Duration, stopping: CancellationToken) -> Self {
        Self { span, places: Arc::new(Semaphore::new(MOST)), stopping }
    }

    /// Completes when it is time to answer.
    pub(super) async fn wait(&self) {
        if self.span.is_zero() {
            return;
        }
        let Ok(_place) = self.places.try_acquire() else { return };
        // Real time and not the clock's: it is the machine that rests.
        self.stopping.run_until_cancelled(tokio::time::sleep(self.span)).await;
    }
}
