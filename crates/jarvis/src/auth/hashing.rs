//! Password hashing on threads of its own, a bounded number at once: a login storm must not starve the chats.

mod threads;

use std::sync::Arc;
use std::time::Duration;

use jarvis_crypto::{PasswordError, PasswordHash, Passwords, Secret, Verdict, Weakness};
use tokio::sync::{Semaphore, oneshot};

use crate::error::{Error, FieldFault, Result};
use threads::Threads;

/// Callers that may wait for their turn; the next is refused at once.
const QUEUE: usize = 64;
/// Newcomers that may wait for theirs: one at a time has its password hashed, so that people who have an account are never behind more.
const NEWCOMERS: usize = 16;
/// Longest wait for a turn.
const WAIT: Duration = Duration::from_secs(2);
/// Longest wait of a newcomer for those before them: longer, as it is nobody's turn that they wait with.
const NEWCOMER_WAIT: Duration = Duration::from_secs(10);

const BUSY: Error = Error::Unavailable { what: "sign-in", retry_after: WAIT };

/// The one place where passwords are hashed and compared.
#[derive(Clone)]
pub struct Hashing {
    passwords: Arc<Passwords>,
    threads: Arc<Threads>,
    /// One for each thread.
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    newcomer: Arc<Semaphore>,
    newcomers: Arc<Semaphore>,
}

impl Hashing {
    /// `kind`: how new hashes are made. Those of the other kind verify too and are then outdated.
    ///
    /// # Errors
    /// Without randomness, or when the system gives no thread.
    pub fn new(kind: PasswordHash) -> Result<Self> {
        let passwords = Passwords::new(kind).map_err(|error| Error::internal("password hashing", error))?;
        let threads =
            Threads::for_this_machine().map_err(|error| Error::internal("threads for hashing", error))?;
        Ok(Self {
            passwords: Arc::new(passwords),
            turns: Arc::new(Semaphore::new(threads.count())),
            threads: Arc::new(threads),
            queue: Arc::new(Semaphore::new(QUEUE)),
            newcomer: Arc::new(Semaphore::new(1)),
            newcomers: Arc::new(Semaphore::new(NEWCOMERS)),
        })
    }

    /// What is wrong with a new password for the configured kind of hash: bcrypt takes 72 bytes. `field`: as the client named it.
    /// For callers that gather several faults; [`Hashing::hash`] refuses by itself.
    pub fn fault(&self, field: &'static str, password: &Secret<String>) -> Option<FieldFault> {
        let refused = PasswordError::NotTaken;
        let code = Weakness::TooLong.code();
        (!self.passwords.takes(password)).then(|| FieldFault {
            field: field.into(),
            code,
            detail: refused.to_string().into(),
        })
    }

    /// The stored form of a password: of a new one, or of one that was just found to be [`Verdict::MatchOutdated`].
    ///
    /// # Errors
    /// `Invalid` (field `password`) when the configured kind does not take it; `Unavailable` when too many wait.
    pub async fn hash(&self, password: Secret<String>) -> Result<String> {
        self.hash_holding(password, ()).await
    }

    /// As [`Hashing::hash`], for somebody who has no account yet: behind other newcomers first.
    ///
    /// # Errors
    /// As [`Hashing::hash`].
    pub async fn hash_for_newcomer(&self, password: Secret<String>) -> Result<String> {
        let Ok(_queued) = self.newcomers.try_acquire() else { return Err(BUSY) };
        let turn = Arc::clone(&self.newcomer).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(NEWCOMER_WAIT, turn).await else { return Err(BUSY) };
        self.hash_holding(password, turn).await
    }

    /// Holds on to something until the hash is computed, also when the caller hangs up before.
    async fn hash_holding<H: Send + 'static>(&self, password: Secret<String>, held: H) -> Result<String> {
        if let Some(fault) = self.fault("password", &password) {
            return Err(Error::Invalid(vec![fault]));
        }
        self.on_a_thread(move |passwords| {
            let hashed = passwords.hash(&password);
            drop(held);
            hashed
        })
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
        let Ok(_queued) = self.queue.try_acquire() else { return Err(BUSY) };
        let Ok(Ok(turn)) = tokio::time::timeout(WAIT, Arc::clone(&self.turns).acquire_owned()).await else {
            return Err(BUSY);
        };
        let passwords = Arc::clone(&self.passwords);
        let (answer, answered) = oneshot::channel();
        let begun = self.threads.run(Box::new(move || {
            // Held by the work and not by the caller: one who hangs up does not free a turn that is still computing.
            let _turn = turn;
            // Nobody waits any more when the caller hung up.
            drop(answer.send(work(&passwords)));
        }));
        if !begun {
            return Err(BUSY);
        }
        // Nothing comes when the work panicked.
        answered.await.map_err(|_| Error::internal("hashing", "ended without an answer"))
    }
}
