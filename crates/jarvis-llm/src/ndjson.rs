//! Bytes to lines. Pure and bounded: chunks may be cut anywhere, also inside a character.

use bytes::Bytes;
use memchr::{memchr, memchr2};

use crate::ModelError;

/// The longest line, in bytes.
pub const MAX_LINE: usize = 1 << 20;
/// Room that a long line needed and that is not kept for the next ones, in bytes.
const KEEP: usize = 64 << 10;

/// Splits a stream of bytes into lines. A line within one chunk is handed out without being copied.
#[derive(Debug, Default)]
pub struct Lines {
    chunk: Bytes,
    /// How much of `chunk` is used up.
    at: usize,
    /// The beginning of a line whose end has not been received.
    carry: Vec<u8>,
    /// `carry` was handed out whole and belongs to the past.
    spent: bool,
    /// A carriage return ends a line, too.
    returns: bool,
    /// The last line ended with a carriage return: a line feed right after it is part of that end.
    after_return: bool,
}

impl Lines {
    /// Lines end with a line feed, as newline-delimited JSON has it. (A carriage return before it is left in place:
    /// JSON takes it for white space.)
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lines end with a line feed, a carriage return or both, as server-sent events have it (WHATWG HTML, 9.2.5).
    #[must_use]
    pub fn with_returns() -> Self {
        Self { returns: true, ..Self::default() }
    }

    /// Adds what was received. Call it only after [`Lines::next_line`] gave `None`: what was left is dropped otherwise.
    pub fn push(&mut self, chunk: Bytes) {
        self.chunk = chunk;
        self.at = 0;
    }

    /// The next line without its end; `None` until more is pushed.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] as soon as a line is longer than [`MAX_LINE`].
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, ModelError> {
        self.forget_spent();
        if self.after_return && self.at < self.chunk.len() {
            self.after_return = false;
            if self.chunk.get(self.at) == Some(&b'\n') {
                self.at = self.at.saturating_add(1);
            }
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let end = if self.returns { memchr2(b'\n', b'\r', rest) } else { memchr(b'\n', rest) };
        if self.carry.len().saturating_add(end.unwrap_or(rest.len())) > MAX_LINE {
            return Err(ModelError::TooLarge { what: "one line of the answer" });
        }
        let Some(length) = end else {
            self.carry.extend_from_slice(rest);
            // Given back now, so that the connection can reuse the memory for its next read.
            self.chunk = Bytes::new();
            self.at = 0;
            return Ok(None);
        };
        let start = self.at;
        let end = start.saturating_add(length);
        self.at = end.saturating_add(1);
        self.after_return = self.chunk.get(end) == Some(&b'\r');
        let line = self.chunk.get(start..end).unwrap_or_default();
        if self.carry.is_empty() {
            return Ok(Some(line));
        }
        self.carry.extend_from_slice(line);
        self.spent = true;
        Ok(Some(&self.carry))
    }

    /// After the last chunk: the line that was begun and not ended, if any.
    pub fn remainder(&mut self) -> Option<&[u8]> {
        self.forget_spent();
        self.spent = true;
        (!self.carry.is_empty()).then_some(&self.carry)
    }

    fn forget_spent(&mut self) {
        if self.spent {
            self.spent = false;
            self.carry.clear();
            self.carry.shrink_to(KEEP);
        }
    }
}
