//! Bytes to server-sent events (WHATWG HTML, 9.2.6). Pure and bounded, on top of [`Lines`].

use bytes::Bytes;

use crate::ModelError;
use crate::ndjson::{Lines, MAX_LINE};

/// The longest event, in bytes of data, however many lines it is spread over.
pub const MAX_EVENT: usize = MAX_LINE;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One event, or what came in place of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The data of an ordinary event.
    Data(&'a [u8]),
    /// The data of an event of type `error`, or of the field `error` that older llama.cpp servers send instead.
    Error(&'a [u8]),
    /// A line that is JSON or HTML and belongs to no event: the server speaks something else.
    Stray(&'a [u8]),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Data,
    Error,
}

/// Splits a stream of bytes into events.
#[derive(Debug)]
pub struct Events {
    lines: Lines,
    data: Vec<u8>,
    has_data: bool,
    kind: Kind,
    /// The last frame was handed out: the next line begins a new event.
    spent: bool,
    /// The first line was seen.
    begun: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    /// Nothing received yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lines: Lines::with_returns(),
            data: Vec::new(),
            has_data: false,
            kind: Kind::Data,
            spent: false,
            begun: false,
        }
    }

    /// Adds what was received. Call it only after [`Events::next_frame`] gave `None`.
    pub fn push(&mut self, chunk: Bytes) {
        self.lines.push(chunk);
    }

    /// The next event; `None` until more is pushed. Comments, ids and unknown fields are passed over.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] as soon as a line is longer than [`MAX_LINE`] or an event than [`MAX_EVENT`].
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, ModelError> {
        self.forget_spent();
        while let Some(line) = self.lines.next_line()? {
            let line = if self.begun { line } else { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) };
            self.begun = true;
            match line.first() {
                None if self.has_data => {
                    self.spent = true;
                    return Ok(Some(frame(self.kind, &self.data)));
                }
                None => self.kind = Kind::Data,
                Some(b'{' | b'<') if !self.has_data => {
                    self.data.extend_from_slice(line);
                    self.spent = true;
                    return Ok(Some(Frame::Stray(&self.data)));
                }
                Some(_) => field(line, &mut self.data, &mut self.has_data, &mut self.kind)?,
            }
        }
        Ok(None)
    }

    /// After the last chunk: the event that lacks its empty line. A browser would drop it; some servers close the
    /// connection a byte too early.
    ///
    /// # Errors
    /// As [`Events::next_frame`].
    pub fn remainder(&mut self) -> Result<Option<Frame<'_>>, ModelError> {
        self.forget_spent();
        if let Some(line) = self.lines.remainder() {
            field(line, &mut self.data, &mut self.has_data, &mut self.kind)?;
        }
        self.spent = true;
        Ok(self.has_data.then(|| frame(self.kind, &self.data)))
    }

    fn forget_spent(&mut self) {
        if self.spent {
            self.spent = false;
            self.has_data = false;
            self.kind = Kind::Data;
            self.data.clear();
        }
    }
}

fn frame(kind: Kind, data: &[u8]) -> Frame<'_> {
    match kind {
        Kind::Data => Frame::Data(data),
        Kind::Error => Frame::Error(data),
    }
}

fn field(line: &[u8], data: &mut Vec<u8>, has_data: &mut bool, kind: &mut Kind) -> Result<(), ModelError> {
    let (name, value) = match memchr::memchr(b':', line) {
        Some(colon) => line.split_at_checked(colon).unwrap_or((line, b"")),
        None => (line, &b""[..]),
    };
    let value = value.strip_prefix(b":").unwrap_or(value);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    match name {
        b"data" | b"error" => {
            if data.len().saturating_add(value.len()) >= MAX_EVENT {
                return Err(ModelError::TooLarge { what: "one event of the answer" });
            }
            if *has_data {
                data.push(b'\n');
            }
            data.extend_from_slice(value);
            *has_data = true;
            if name == b"error" {
                *kind = Kind::Error;
            }
        }
        b"event" if value == b"error" => *kind = Kind::Error,
        _ => {}
    }
    Ok(())
}
