//! How often somebody may guess: throttled, never locked out (NIST SP 800-63B-4, 3.2.2; ASVS 6.3.1).
//!
//! An attempt is counted as a failure *before* anything is compared, under locks that are held until the count is stored, and taken
//! back when it was right: however many come at once, no more are compared than the counts allow. Four counts matter:
//!
//! - the *source*, an IPv4 /24 or an IPv6 /64, whoever it tries: unless a browser with our mark tries the account that it is known for;
//! - the *account*, from wherever it is tried: unless from a device that is known, so that a stranger cannot use up the owner's attempts;
//! - the *pair* of the two, which slows one stranger before the account suffers;
//! - the *device*: a browser with our mark, or a network, from which this person has signed in within 30 days. It counts for itself.
//!
//! Where somebody types who they are, *account* means what was typed: an account's name and its e-mail address count apart, or the one
//! being held up would tell which the other is. Each has half of the failures in a row that an account may have.
//!
//! Each has some free attempts, then a delay that doubles up to 15 minutes. After [`EXHAUSTED`] failures in a row, an account can only be
//! tried from known devices, or with a password and a code together. A successful sign-in ends that, and an admin can.
//!
//! A refusal is told late, and for a second it is told again without asking the database: refusing must cost less than asking to be.

mod count;
mod keys;
mod pause;
mod refusals;
mod source;

use std::time::Duration;

use jarvis_crypto::{Secret, Shielded, TokenHash};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::store::{devices, throttles};
use crate::clock::{Clock, Timestamp};
use crate::db::{Connection, Db, Tx};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::users::{self, User};

use count::Class;
pub(super) use count::Count;
use pause::Pause;
pub use refusals::Forgiven;
use refusals::Refusals;
pub(super) use source::Source;

/// A device is known this long after its last sign-in.
const KNOWN: Duration = Duration::from_secs(60 * 60 * 24 * 30);
/// Failures in a row after which a password alone is no longer enough (NIST SP 800-63B-4, 3.2.2: at most 100).
const EXHAUSTED: i64 = 100;
/// The same for what is typed: an account is known by two, its name and its address. Together they are no more than one account may have.
const EXHAUSTED_TYPED: i64 = EXHAUSTED / 2;

/// What is guessed. Each is counted for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Password,
    /// A password that comes with a code: still allowed when an account is exhausted.
    PasswordAndCode,
    /// The caller's own, asked for again. Counted apart: who has stolen a session must not keep the owner from signing in.
    OwnPassword,
    /// Of an authenticator program, or a recovery code.
    Code,
    Passkey,
    Refresh,
    ApiKey,
    Invite,
    /// Making an account: nothing is guessed, but a name or an address may be probed, and each costs a hash.
    Register,
    /// Coming back from a provider: each time it is asked, by us, in somebody's name.
    Provider,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Password | Self::PasswordAndCode => "password",
            Self::OwnPassword => "own_password",
            Self::Code => "code",
            Self::Passkey => "passkey",
            Self::Refresh => "refresh",
            Self::ApiKey => "api_key",
            Self::Invite => "invite",
            Self::Register => "register",
            Self::Provider => "provider",
        }
    }

    /// What counts by account, and not by what is typed.
    const BY_ACCOUNT: [Self; 2] = [Self::OwnPassword, Self::Code];
}

/// Whose secret is guessed.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// Whoever has this name or address, in lower case, if anybody has. Counted alike, or the difference would tell.
    Typed(&'a str, Option<UserId>),
    /// Somebody whose account is certain, or whose own device alone is asked for.
    User(UserId),
    /// Whoever holds this invitation.
    Guest(&'a TokenHash),
    /// The secret does not say whose it is: only the source is counted.
    Nobody,
}

impl Subject<'_> {
    /// Nobody's id where it is nobody: the question for their devices takes as long.
    fn user(self) -> Uuid {
        match self {
            Self::User(user) | Self::Typed(_, Some(user)) => user.0,
            Self::Typed(_, None) | Self::Guest(_) | Self::Nobody => Uuid::nil(),
        }
    }

    fn exhausted_at(self) -> i64 {
        if matches!(self, Self::Typed(..)) { EXHAUSTED_TYPED } else { EXHAUSTED }
    }
}

/// Counts attempts, in the database: every process sees the same.
#[derive(Clone)]
pub struct Limits {
    db: Db,
    clock: Clock,
    key: Shielded<Vec<u8>>,
    refusals: Refusals,
    pause: Pause,
}

/// What an attempt is counted by.
struct Plan {
    counted: Vec<(Class, Vec<u8>)>,
    cleared: Vec<Vec<u8>>,
    exhausted: bool,
}

/// An attempt that was allowed, and counted as failed until it says otherwise.
#[must_use = "dropped, it stays a failure"]
pub struct Attempt {
    limits: Limits,
    counted: Vec<(Class, Vec<u8>)>,
    /// What a success clears although it was not counted there: the account, when a known device tried.
    cleared: Vec<Vec<u8>>,
    /// The account is exhausted: a password is not enough.
    exhausted: bool,
}

impl Limits {
    /// `pause`: how late a refusal is told, unless the process is `stopping`.
    pub(super) fn new(
        db: Db,
        clock: Clock,
        key: &Secret<Vec<u8>>,
        pause: Duration,
        stopping: CancellationToken,
    ) -> Self {
        let key = Shielded::new(key);
        Self { db, clock, key, refusals: Refusals::default(), pause: Pause::new(pause, stopping) }
    }

    /// Counts an attempt as failed, or refuses it. Call it before comparing, and outside any transaction.
    ///
    /// # Errors
    /// `RateLimited` with the time until the next attempt, after a pause.
    pub async fn attempt<'s>(
        &self,
        kind: Kind,
        subject: Subject<'_>,
        source: impl Into<Source<'s>>,
    ) -> Result<Attempt> {
        let source = source.into();
        self.ask_memory(kind, subject, source).await?;
        let counted = self.count(kind, subject, source).await;
        if matches!(counted, Err(Error::RateLimited { .. })) {
            self.pause.wait().await;
        }
        counted
    }

    /// Refuses what was refused within a second, without asking the database; whose name was typed need not be known yet.
    ///
    /// # Errors
    /// As [`Limits::attempt`].
    pub async fn ask_memory(&self, kind: Kind, subject: Subject<'_>, source: Source<'_>) -> Result<()> {
        let whole = self.refusal_key(kind, subject, source);
        let by_source = self.source_refusal_key(kind, source);
        match self.refusals.wait(by_source.into_iter().chain([whole]), self.clock.now()) {
            None => Ok(()),
            Some(wait) => {
                self.pause.wait().await;
                Err(refused(kind, wait))
            }
        }
    }

    async fn count(&self, kind: Kind, subject: Subject<'_>, source: Source<'_>) -> Result<Attempt> {
        let now = self.clock.now();
        let asked = self.refusals.ask(now);
        let refuse = |wait: Duration| {
            self.refusals.note(&asked, self.refusal_key(kind, subject, source), wait);
            Err(refused(kind, wait))
        };
        let Plan { counted, cleared, exhausted } = self.plan(kind, subject, source, now).await?;
        if exhausted && kind != Kind::PasswordAndCode {
            return refuse(count::LONGEST);
        }
        // Looked at first without a lock: whoever hammers at a closed door keeps nobody from writing.
        let mut reader = self.db.read().await?;
        let mut longest = None;
        for (class, key) in &counted {
            if let Some(count) = throttles::find(&mut reader, key).await? {
                let wait = count.next(*class, now).err();
                if let (Class::Source, Some(wait), Some(key)) =
                    (class, wait, self.source_refusal_key(kind, source))
                {
                    self.refusals.note(&asked, key, wait);
                }
                longest = longest.max(wait);
            }
        }
        drop(reader);
        if let Some(wait) = longest {
            return refuse(wait);
        }
        // Always in this order (source, account, pair), so that two attempts never wait for each other.
        let mut tx = self.db.begin().await?;
        for (class, key) in &counted {
            let count = throttles::lock(&mut tx, key, now).await?;
            match count.next(*class, now) {
                Ok(next) => throttles::write(&mut tx, key, next).await?,
                Err(wait) => return refuse(wait),
            }
        }
        tx.commit().await?;
        Ok(Attempt { limits: self.clone(), counted, cleared, exhausted })
    }

    /// What counts for an attempt: see the module.
    async fn plan(
        &self,
        kind: Kind,
        subject: Subject<'_>,
        source: Source<'_>,
        now: Timestamp,
    ) -> Result<Plan> {
        let by_source = (Class::Source, self.source_key(kind, source.address));
        let mut plan = Plan { counted: vec![by_source], cleared: Vec::new(), exhausted: false };
        if let Subject::Guest(invite) = subject {
            let key = self.digest(kind, "invitation", &[invite.as_bytes()]).to_vec();
            plan.counted.push((Class::Invitation, key));
        }
        if matches!(subject, Subject::Guest(_) | Subject::Nobody) {
            return Ok(plan);
        }
        let mut reader = self.db.read().await?;
        let device = self.known_device(&mut reader, kind, subject, source, now).await?;
        let fresh = match &device {
            Some((device, _)) => throttles::find(&mut reader, device)
                .await?
                .is_none_or(|count| count.failures < subject.exhausted_at()),
            None => false,
        };
        let Some((account, pair)) = self.account_keys(kind, subject, source.address) else {
            // A signature cannot be guessed, so nobody's attempts are used up by another's: only the source is held up, and the owner's
            // browser is not, wherever it is.
            if let Some((device, true)) = device.filter(|_| fresh) {
                plan.counted = vec![(Class::Device, device)];
            }
            return Ok(plan);
        };
        match device {
            Some((device, by_mark)) if fresh => {
                // Who shares a network with the owner, or a proxy, uses up its attempts; the owner's browser has its own.
                if by_mark {
                    plan.counted.clear();
                }
                plan.counted.push((Class::Device, device));
                plan.cleared = vec![account, pair];
            }
            device => {
                let count = throttles::find(&mut reader, &account).await?;
                plan.exhausted = count.is_some_and(|count| count.failures >= subject.exhausted_at());
                plan.counted.extend([(Class::Account, account), (Class::Pair, pair)]);
                plan.cleared.extend(device.map(|(key, _)| key));
            }
        }
        Ok(plan)
    }

    /// Remembers from where somebody has signed in.
    pub(super) async fn remember(
        &self,
        tx: &mut Tx,
        user: UserId,
        source: Source<'_>,
        now: Timestamp,
    ) -> Result<()> {
        for key in self.device_keys(user.0, source).into_iter().flatten() {
            devices::note(tx, user, &key, now).await?;
        }
        Ok(())
    }

    /// Lifts what was counted against an account, for an admin: who is at the door again may try again.
    pub async fn lift(&self, tx: &mut Tx, user: UserId) -> Result<Forgiven> {
        let mut keys: Vec<_> =
            Kind::BY_ACCOUNT.iter().filter_map(|kind| self.account_key(*kind, Subject::User(user))).collect();
        if let Some(person) = users::find(tx, user).await? {
            keys.extend(self.typed_keys(&person));
        }
        for key in keys {
            throttles::delete(tx, &key).await?;
        }
        Ok(self.refusals.forgiving())
    }

    /// Whether somebody who is known nowhere would have to wait now to sign in to this account, by its name or by its address.
    pub async fn hold_up(&self, db: &mut impl Connection, person: &User) -> Result<bool> {
        let now = self.clock.now();
        for key in self.typed_keys(person) {
            let count = throttles::find(db, &key).await?;
            if count.is_some_and(|count| count.blocked_until > now || count.failures >= EXHAUSTED_TYPED) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Deletes counts that mean nothing any more.
    pub(super) async fn sweep(&self, tx: &mut Tx, now: Timestamp) -> Result<()> {
        throttles::delete_before(tx, now.minus(count::FADES)).await?;
        devices::delete_before(tx, now.minus(KNOWN)).await
    }

    /// The device's count, and whether it is known by its mark.
    async fn known_device(
        &self,
        reader: &mut crate::db::Reader,
        kind: Kind,
        subject: Subject<'_>,
        source: Source<'_>,
        now: Timestamp,
    ) -> Result<Option<(Vec<u8>, bool)>> {
        let user = subject.user();
        let [mark, network] = self.device_keys(user, source);
        let mark = mark.unwrap_or_default();
        let network = network.unwrap_or_default();
        let found = devices::find(reader, user, [&mark, &network], now.minus(KNOWN)).await?;
        let typed = if let Subject::Typed(typed, _) = subject { typed } else { "" };
        Ok(found.map(|key| {
            let counted = self.digest(kind, "device", &[user.as_bytes(), &key, typed.as_bytes()]);
            (counted.to_vec(), key == mark)
        }))
    }
}

impl Attempt {
    /// The account is exhausted: only somebody with a second factor may come in by this attempt.
    pub(super) fn needs_factor(&self) -> bool {
        self.exhausted
    }

    /// It was right. Must not be called while a transaction is open; with one there is [`Attempt::succeeded_in`].
    pub async fn succeeded(self) -> Result<()> {
        let mut tx = self.limits.db.begin().await?;
        let _forgiven = self.succeeded_in(&mut tx).await?;
        tx.commit().await
    }

    /// It was right: what was counted against the account, the pair and the device is forgotten, and the source has one failure less.
    pub async fn succeeded_in(self, tx: &mut Tx) -> Result<Forgiven> {
        for (class, key) in &self.counted {
            match class {
                Class::Source | Class::Invitation => throttles::take_back(tx, key).await?,
                Class::Account | Class::Pair | Class::Device => throttles::delete(tx, key).await?,
            }
        }
        for key in &self.cleared {
            throttles::delete(tx, key).await?;
        }
        Ok(self.limits.refusals.forgiving())
    }

    /// Nothing was guessed wrong and nothing is finished: it was not compared, or only the first of two steps was made.
    pub async fn take_back(self) -> Result<()> {
        let mut tx = self.limits.db.begin().await?;
        for (_, key) in &self.counted {
            throttles::take_back(&mut tx, key).await?;
        }
        tx.commit().await
    }
}

fn refused(kind: Kind, wait: Duration) -> Error {
    metrics::counter!(crate::telemetry::RATE_LIMIT_HITS, "limit" => kind.name()).increment(1);
    Error::RateLimited { retry_after: wait }
}
