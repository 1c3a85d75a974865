//! Threads that do nothing but hash, behind everything else that wants a core.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// More threads than this would only take memory (19 MiB each while they hash) that answers need.
const MOST: usize = 4;

pub(super) type Work = Box<dyn FnOnce() + Send>;

/// A fixed number of threads with one queue. They end when this is dropped, which waits for what is being computed.
pub(super) struct Threads {
    queue: Option<SyncSender<Work>>,
    running: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Half of the cores, so that answers always have the other half; at least one thread.
    pub(super) fn for_this_machine() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::start((cores / 2).clamp(1, MOST))
    }

    fn start(count: usize) -> io::Result<Self> {
        // Room for one each: callers hold a turn until their work is done, and there are as many turns as threads.
        let (queue, works) = sync_channel(count);
        let works = Arc::new(Mutex::new(works));
        let mut running = Vec::with_capacity(count);
        for _ in 0..count {
            let works = Arc::clone(&works);
            running.push(thread::Builder::new().name("hashing".to_owned()).spawn(move || serve(&works))?);
        }
        Ok(Self { queue: Some(queue), running })
    }

    /// How many works are done at once.
    pub(super) fn count(&self) -> usize {
        self.running.len()
    }

    /// False when the queue is full: the work is not done.
    pub(super) fn run(&self, work: Work) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.try_send(work).is_ok())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.running.drain(..) {
            // Never its own: no work holds on to this. One that panicked has ended, which is all that is waited for.
            drop(thread.join());
        }
    }
}

fn serve(works: &Mutex<Receiver<Work>>) {
    step_back();
    loop {
        let next = works.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // Whoever waits hears of a panic by what the work held for them; the thread goes on to the next.
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

/// The lowest priority: on a core that both want, the answer goes first and the hash takes what is left.
#[cfg(target_os = "linux")]
fn step_back() {
    const LOWEST: i32 = 19;
    // Linux means the calling thread by "none", not the process (setpriority(2), "C library/kernel differences").
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
        tracing::debug!(%error, "hashing runs at the priority of everything else");
    }
}

/// Elsewhere a priority is the whole process's.
#[cfg(not(target_os = "linux"))]
fn step_back() {}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_panic_ends_one_work_and_hangs_neither_its_caller_nor_the_next() {
        let threads = Threads::start(1).unwrap();
        for _ in 0..3 {
            let (answer, answered) = channel::<()>();
            let bad = move || {
                let _answer = answer;
                panic!("on purpose")
            };
            assert!(threads.run(Box::new(bad)));
            assert!(answered.recv_timeout(PATIENCE).is_err());
        }
        let (answer, answered) = channel();
        let name = move || answer.send(thread::current().name().map(str::to_owned)).unwrap();
        assert!(threads.run(Box::new(name)));
        assert_eq!(answered.recv_timeout(PATIENCE).unwrap().as_deref(), Some("hashing"));
    }

    #[test]
    fn the_queue_is_bounded_and_the_end_waits_for_what_runs() {
        let threads = Threads::start(1).unwrap();
        let (go, gate) = channel::<()>();
        let (begun, begins) = channel();
        let (done, ends) = channel();
        let first = move || {
            begun.send(()).unwrap();
            gate.recv().unwrap();
            done.send(()).unwrap();
        };
        assert!(threads.run(Box::new(first)));
        begins.recv_timeout(PATIENCE).unwrap();
        assert!(threads.run(Box::new(|| ())));
        assert!(!threads.run(Box::new(|| ())));
        go.send(()).unwrap();
        drop(threads);
        ends.try_recv().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn hashing_steps_back_and_nothing_else_does() {
        let threads = Threads::start(1).unwrap();
        let (answer, answered) = channel();
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        assert!(threads.run(Box::new(move || answer.send(niceness()).unwrap())));
        assert_eq!(answered.recv_timeout(PATIENCE).unwrap(), 19);
        assert_eq!(niceness(), before);
    }
}
