//! Background tasks and the way the process ends.
//!
//! An end has three steps: *stopping* (take nothing new, finish what runs), *last call* (store where you are and
//! return), and then whatever still runs is dropped.

use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use metrics::gauge;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};
use crate::telemetry;

/// Time to store the state of a task after the last call.
const LAST_CALL: Duration = Duration::from_secs(5);
/// Dropping a task takes no time, unless it blocks its thread.
const DROP_WAIT: Duration = Duration::from_secs(1);

/// Every task that outlives the request that started it. Clones share the same set.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    last_call: CancellationToken,
    abandon: CancellationToken,
}

impl Tasks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `future` to its end, or until it is abandoned. A panic ends this task alone and is logged with its name.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let abandon = self.abandon.clone();
        let running = Running::enter(name);
        // Boxed before it is wrapped: a large future is copied once and not at each layer.
        let future = AssertUnwindSafe(Box::pin(future)).catch_unwind();
        let task = async move {
            let _running = running;
            tokio::select! {
                biased;
                () = abandon.cancelled() => tracing::warn!(task = name, "task abandoned"),
                end = future => {
                    if end.is_err() {
                        tracing::error!(task = name, "task panicked");
                    }
                }
            }
        };
        self.tracker.spawn(task);
    }

    /// Runs `future` to its end even if the caller, a request that was given up, is dropped meanwhile.
    ///
    /// # Errors
    /// What `future` returns; `Internal` when it panicked or was abandoned.
    pub async fn run<T, F>(&self, name: &'static str, future: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.spawn(name, async move {
            // Nobody waits any more when the caller was dropped.
            drop(answer.send(future.await));
        });
        match answered.await {
            Ok(result) => result,
            Err(_) => Err(Error::internal("task ended without an answer", name)),
        }
    }

    /// How many tasks run.
    pub fn count(&self) -> usize {
        self.tracker.len()
    }

    /// Cancelled when the process should take nothing new.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Cancelled when a task must store where it is and return at once.
    pub fn last_call(&self) -> &CancellationToken {
        &self.last_call
    }

    /// The first SIGTERM or SIGINT begins the stop, the second makes the last call.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    #[expect(
        clippy::disallowed_methods,
        reason = "must outlive the tracked tasks, or `drain` would wait for it"
    )]
    pub fn listen_to_signals(&self) -> io::Result<()> {
        let mut signals =
            Signals { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? };
        let (stopping, last_call) = (self.stopping.clone(), self.last_call.clone());
        tokio::spawn(async move {
            signals.next().await;
            tracing::info!("stopping; a second signal hurries");
            stopping.cancel();
            signals.next().await;
            tracing::warn!("second signal: last call");
            last_call.cancel();
        });
        Ok(())
    }

    /// Ends every task: waits up to `grace`, makes the last call, then drops what still runs.
    /// Returns how many were dropped or hang.
    pub async fn drain(&self, grace: Duration) -> usize {
        self.stopping.cancel();
        self.tracker.close();
        let ended_or_called = async {
            tokio::select! {
                () = self.tracker.wait() => {}
                () = self.last_call.cancelled() => {}
            }
        };
        let in_grace = timeout(grace, ended_or_called).await;
        self.last_call.cancel();
        if in_grace.is_ok() && self.tracker.is_empty() {
            return 0;
        }
        if timeout(LAST_CALL, self.tracker.wait()).await.is_ok() {
            return 0;
        }
        let left = self.tracker.len();
        self.abandon.cancel();
        if timeout(DROP_WAIT, self.tracker.wait()).await.is_err() {
            tracing::error!(tasks = self.tracker.len(), "tasks block their threads");
        }
        left
    }
}

/// Counts a task for as long as it lives, however it ends.
struct Running(&'static str);

impl Running {
    fn enter(name: &'static str) -> Self {
        gauge!(telemetry::TASKS, "task" => name).increment(1.0);
        Self(name)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        gauge!(telemetry::TASKS, "task" => self.0).decrement(1.0);
    }
}

struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::process::{self, Command};

    use tokio::time::Instant;

    use super::*;

    const GRACE: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn a_task_that_finishes_in_the_grace_is_waited_for() {
        let tasks = Tasks::new();
        let (done, seen) = oneshot::channel();
        tasks.spawn("run", async move {
            tokio::time::sleep(GRACE / 2).await;
            done.send(()).unwrap();
        });
        assert_eq!(tasks.drain(GRACE).await, 0);
        seen.await.unwrap();
        assert_eq!(tasks.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_hears_the_last_call_when_the_grace_is_over() {
        let tasks = Tasks::new();
        let (done, seen) = oneshot::channel();
        let last_call = tasks.last_call().clone();
        tasks.spawn("run", async move {
            last_call.cancelled().await;
            done.send(Instant::now()).unwrap();
        });
        let started = Instant::now();
        assert_eq!(tasks.drain(GRACE).await, 0);
        assert!(seen.await.unwrap() - started >= GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deaf_task_is_dropped_and_counted() {
        let tasks = Tasks::new();
        tasks.spawn("deaf", pending());
        let started = Instant::now();
        assert_eq!(tasks.drain(GRACE).await, 1);
        assert_eq!(tasks.count(), 0);
        assert!(started.elapsed() <= GRACE + LAST_CALL + DROP_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_ends_one_task_and_no_other() {
        let tasks = Tasks::new();
        let (done, seen) = oneshot::channel();
        tasks.spawn("bad", async { panic!("on purpose") });
        tasks.spawn("good", async move { done.send(()).unwrap() });
        assert_eq!(tasks.drain(GRACE).await, 0);
        seen.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_begun_ends_even_if_its_caller_is_dropped() {
        let tasks = Tasks::new();
        let (go, gate) = oneshot::channel::<()>();
        let (done, seen) = oneshot::channel();
        let mut caller = Box::pin(tasks.run("store", async move {
            gate.await.unwrap();
            done.send(()).unwrap();
            Ok(())
        }));
        assert!(caller.as_mut().now_or_never().is_none());
        drop(caller);
        go.send(()).unwrap();
        seen.await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_hears_of_the_panic_of_what_it_began() {
        let tasks = Tasks::new();
        let end: Result<()> = tasks.run("bad", async { panic!("on purpose") }).await;
        assert!(matches!(end, Err(Error::Internal(_))));
        let end = tasks.run("good", async { Ok(7) }).await;
        assert_eq!(end.unwrap(), 7);
    }

    #[tokio::test]
    async fn the_first_signal_stops_softly_and_the_second_hurries() {
        let tasks = Tasks::new();
        tasks.listen_to_signals().unwrap();
        let terminate = || Command::new("kill").args(["-TERM", &process::id().to_string()]).status().unwrap();
        assert!(terminate().success());
        tasks.stopping().cancelled().await;
        assert!(!tasks.last_call().is_cancelled());
        assert!(terminate().success());
        tasks.last_call().cancelled().await;
    }
}
