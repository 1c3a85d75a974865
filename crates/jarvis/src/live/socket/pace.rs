//! How fast a client speaks.

use std::time::Duration;

use tokio::time::Instant;

use super::end::End;

/// Frames of a client in one second.
const FRAMES_A_SECOND: u32 = 50;
/// Frames refused one after the other because they came too fast.
const REFUSED_IN_A_ROW: u32 = 30;

/// Counts what one connection says.
pub(super) struct Pace {
    second: (Instant, u32),
    refused: u32,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { second: (Instant::now(), 0), refused: 0 }
    }

    /// A frame of any kind.
    pub(super) fn frame(&mut self) -> Result<(), End> {
        if self.second.0.elapsed() >= Duration::from_secs(1) {
            self.second = (Instant::now(), 0);
        }
        self.second.1 += 1;
        if self.second.1 > FRAMES_A_SECOND { Err(End::TooMany) } else { Ok(()) }
    }

    /// A frame was refused because it came too fast. Who does not hear that at all is let go.
    pub(super) fn refused(&mut self) -> Result<(), End> {
        self.refused += 1;
        if self.refused > REFUSED_IN_A_ROW { Err(End::TooMany) } else { Ok(()) }
    }

    /// A frame did what it asked for.
    pub(super) fn done(&mut self) {
        self.refused = 0;
    }
}
