//! Password hashing beside the async threads, a bounded number at once: a login storm must not starve the chats.

use std::sync::Arc;
use std::time::Duration;

use jarvis_crypto::{PasswordHash, Passwords, Secret, Verdict};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Hashes computed at once; each takes 19 MiB and one core.
const AT_ONCE: usize = 2;
/// Callers that may wait for their turn; the next is refused at once.
const QUEUE: usize = 64;
/// Longest wait for a turn.
const WAIT: Duration = Duration::from_secs(2);

/// The one place where passwords are hashed and compared.
#[derive(Clone)]
pub struct Hashing {
    passwords: Arc<Passwords>,
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Hashing {
    /// # Errors
    /// Without randomness.
    pub fn new() -> Result<Self> {
        let passwords = Passwords::new(PasswordHash::default()).map_err(|error| Error::internal("password hashing", error))?;
        Ok(Self {
            passwords: Arc::new(passwords),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(Semaphore::new(QUEUE)),
        })
    }

    /// The stored form of a password.
    pub async fn hash(&self, password: Secret<String>) -> Result<String> {
        self.on_a_thread(move |passwords| passwords.hash(&password))
            .await?
            .map_err(|error| Error::internal("hashing a password", error))
    }

    /// Compares. Without a stored hash it compares with a decoy of the same cost and says `Mismatch`, so that time tells nothing.
    pub async fn verify(&self, password: Secret<String>, stored: Option<String>) -> Result<Verdict> {
        self.on_a_thread(move |passwords| match stored {
            Some(stored) => passwords.verify(&password, &stored),
            None => {
                passwords.verify(&password, passwords.decoy());
                Verdict::Mismatch
            }
        })
        .await
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Passwords) -> T + Send + 'static,
    ) -> Result<T> {
        let busy = Error::Unavailable { what: "sign-in", retry_after: WAIT };
        let Ok(_queued) = self.queue.try_acquire() else { return Err(busy) };
        let Ok(Ok(turn)) = tokio::time::timeout(WAIT, Arc::clone(&self.turns).acquire_owned()).await else {
            return Err(busy);
        };
        let passwords = Arc::clone(&self.passwords);
        tokio::task::spawn_blocking(move || {
            // Held by the work and not by the caller: one who hangs up does not free a turn that is still computing.
            let _turn = turn;
            work(&passwords)
        })
        .await
        .map_err(|error| Error::internal("hashing thread", error))
    }
}
