//! The line under inspection, read byte by byte without ever leaving it.

/// Bytes that every recogniser reads through [`Text::at`]: outside of the text it is NUL, which ends everything.
pub(crate) struct Text<'t> {
    bytes: &'t [u8],
    #[cfg(test)]
    reads: std::cell::Cell<u64>,
}

impl<'t> Text<'t> {
    pub(crate) fn new(bytes: &'t [u8]) -> Self {
        Self {
            bytes,
            #[cfg(test)]
            reads: std::cell::Cell::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    /// How many bytes recognisers have looked at, for the test that this grows no faster than the text.
    #[cfg(test)]
    pub(crate) fn reads(&self) -> u64 {
        self.reads.get()
    }

    /// Counts bytes that are read without [`Text::at`].
    pub(crate) fn count(&self, _bytes: usize) {
        #[cfg(test)]
        self.reads.set(self.reads.get() + u64::try_from(_bytes).unwrap_or_default());
    }

    #[inline]
    pub(crate) fn at(&self, place: usize) -> u8 {
        #[cfg(test)]
        self.reads.set(self.reads.get() + 1);
        self.bytes.get(place).copied().unwrap_or_default()
    }

    /// The byte before `place`.
    #[inline]
    pub(crate) fn before(&self, place: usize) -> u8 {
        self.at(place.wrapping_sub(1))
    }

    pub(crate) fn has(&self, place: usize, what: &[u8]) -> bool {
        what.iter().enumerate().all(|(step, byte)| self.at(place.saturating_add(step)) == *byte)
    }

    /// As [`Text::has`], ASCII case ignored; `what` is lower case.
    pub(crate) fn has_word(&self, place: usize, what: &[u8]) -> bool {
        let same =
            |(step, byte): (usize, &u8)| self.at(place.saturating_add(step)).eq_ignore_ascii_case(byte);
        what.iter().enumerate().all(same)
    }

    /// Whether `what` ends right before `place`, ASCII case ignored.
    pub(crate) fn ends_word(&self, place: usize, what: &[u8]) -> bool {
        place.checked_sub(what.len()).is_some_and(|start| self.has_word(start, what))
    }

    pub(crate) fn part(&self, start: usize, end: usize) -> &'t [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    pub(crate) fn rest(&self, start: usize) -> &'t [u8] {
        self.bytes.get(start..).unwrap_or_default()
    }

    /// The end of the run of bytes from `place` that `fits`, at most `most` of them.
    pub(crate) fn run(&self, place: usize, most: usize, fits: impl Fn(u8) -> bool) -> usize {
        let run = self.rest(place).iter().take(most).take_while(|byte| fits(**byte)).count();
        self.count(run + 1);
        place + run
    }

    /// The start of the run of bytes up to `place` that `fits`, not below `floor`.
    pub(crate) fn run_back(&self, place: usize, floor: usize, fits: impl Fn(u8) -> bool) -> usize {
        let run = self.part(floor, place).iter().rev().take_while(|byte| fits(**byte)).count();
        self.count(run + 1);
        place - run
    }

    /// Bytes of the one white space at `place`, Unicode's included; 0 where there is none.
    pub(crate) fn gap(&self, place: usize) -> usize {
        match self.at(place) {
            b' ' | b'\t' | b'\r' | b'\n' => 1,
            0xc2 if self.at(place + 1) == 0xa0 => 2,
            // U+2000 to U+200B and U+202F
            0xe2 if self.at(place + 1) == 0x80 && matches!(self.at(place + 2), 0x80..=0x8b | 0xaf) => 3,
            0xe3 if self.has(place, "\u{3000}".as_bytes()) => 3,
            // As Rust prints them.
            b'\\' if self.has(place, b"\\u{a0}") => 6,
            b'\\' if self.has(place, b"\\u{202f}") => 8,
            _ => 0,
        }
    }

    /// Past at most `most` white spaces.
    pub(crate) fn after_gaps(&self, mut place: usize, most: usize) -> usize {
        for _ in 0..most {
            match self.gap(place) {
                0 => break,
                bytes => place += bytes,
            }
        }
        place
    }

    /// Whether white space or the end of the text is at `place`.
    pub(crate) fn ends(&self, place: usize) -> bool {
        place >= self.len() || self.at(place) == 0 || self.gap(place) > 0
    }

    /// Whether what begins at `place` is not the middle of a word: an escape that ends right there (`\n`, `%3D`,
    /// `\u0026`) is no part of the word.
    pub(crate) fn starts_word(&self, place: usize) -> bool {
        let before = self.before(place);
        if !is_word(before) || before >= 0x80 {
            return true;
        }
        let back = |bytes: usize| self.at(place.wrapping_sub(bytes));
        (back(2) == b'\\' && matches!(before, b'n' | b'r' | b't'))
            || (back(3) == b'%' && back(2).is_ascii_hexdigit() && before.is_ascii_hexdigit())
            || (back(6) == b'\\' && back(5) == b'u' && before.is_ascii_hexdigit())
    }
}

/// Letters, digits, the underscore, and all that is not ASCII.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

pub(crate) fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// A number's value; 0 for what is none.
pub(crate) fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0')).min(9)
}
