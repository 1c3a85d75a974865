//! Time is passed in: the system's clock, or one that a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Serialize, Serializer};

/// A moment: microseconds since the Unix epoch, UTC. Stored as a 64-bit integer, spoken as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, as JWTs count (RFC 7519, 2: NumericDate).
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment `span` later; the far future when that overflows.
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The moment `span` earlier; the far past when that overflows.
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; zero if the clock stepped back.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As jiff's timestamp, for calendars and time zones.
    pub fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3}", self.instant())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A test's clock: stands still until it is advanced.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start` until [`Clock::advance`].
    pub fn fixed(start: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(start.0)))
    }

    /// The current moment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
            Self::Fixed(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }

    /// Sets a fixed clock back, as a machine's sometimes is.
    pub fn set_back(&self, span: Duration) {
        if let Self::Fixed(micros) = self {
            micros.store(self.now().minus(span).0, Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock; does nothing to the machine's.
    pub fn advance(&self, span: Duration) {
        if let Self::Fixed(micros) = self {
            micros.store(self.now().plus(span).0, Ordering::SeqCst);
        }
    }
}
