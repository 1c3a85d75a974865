//! A message as characters that know where they came from.

/// Stands for a piece of code that was taken out.
pub(super) const CODE: char = '\u{FFFC}';
/// What is read past the end. A message has none: one in the text becomes U+FFFD, as in HTML.
pub(super) const END: char = '\0';

/// One character and where it began in the message, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) ch: char,
    pub(super) at: usize,
}

/// A layer of the message: as written, made plain, or decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    glyphs: Vec<Glyph>,
}

#[cfg(test)]
thread_local! {
    /// How often this thread looked at a character: tests hold it to a multiple of the length.
    pub(super) static READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl Text {
    pub(super) fn new(glyphs: Vec<Glyph>) -> Self {
        Self { glyphs }
    }

    pub(super) fn len(&self) -> usize {
        self.glyphs.len()
    }

    /// The character at `index`, or [`END`].
    pub(super) fn ch(&self, index: usize) -> char {
        #[cfg(test)]
        READS.set(READS.get() + 1);
        self.glyphs.get(index).map_or(END, |glyph| glyph.ch)
    }

    /// The character before `index`, or [`END`].
    pub(super) fn before(&self, index: usize) -> char {
        index.checked_sub(1).map_or(END, |index| self.ch(index))
    }

    /// Where the glyph at `index` came from.
    pub(super) fn place(&self, index: usize) -> usize {
        self.glyphs.get(index).map_or(0, |glyph| glyph.at)
    }

    /// Whether the ASCII `word` stands at `index`, in either case.
    pub(super) fn has(&self, index: usize, word: &str) -> bool {
        word.chars().enumerate().all(|(step, c)| self.ch(index + step).eq_ignore_ascii_case(&c))
    }

    /// The first index from `index` on that is not white space.
    pub(super) fn skip_spaces(&self, mut index: usize) -> usize {
        while self.ch(index).is_whitespace() {
            index += 1;
        }
        index
    }

    /// Without invisible characters, and with look-alikes of ASCII as ASCII.
    pub(super) fn folded(&self) -> Self {
        let seen = self.glyphs.iter().filter(|glyph| !invisible(glyph.ch));
        Self::new(seen.map(|glyph| Glyph { ch: plain(glyph.ch), at: glyph.at }).collect())
    }
}

/// Whether anything in the text could be, or hide, active content. Prose mostly has none.
pub(super) fn suspect(text: &str) -> bool {
    let mut last = END;
    for c in text.chars().map(plain) {
        match c {
            '<' | '&' | '%' | '\\' => return true,
            // The end of `javascript:`, `vbscript:`, `data:`.
            ':' if matches!(last, 't' | 'T' | 'a' | 'A') => return true,
            _ => {}
        }
        if !invisible(c) && !matches!(c, '\t' | '\n' | '\r') {
            last = c;
        }
    }
    false
}

/// Characters that nobody sees: controls, format characters (Cf), selectors, fillers.
pub(super) fn invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{C}' => false,
        CODE => false,
        _ => {
            c.is_control()
                || matches!(c,
                    '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
                    | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
                    | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
                    | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFD}' | '\u{1BCA0}'..='\u{1BCA3}'
                    | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        }
    }
}

/// The ASCII character that software which normalises (NFKC, case folding) would make of this one.
pub(super) fn plain(c: char) -> char {
    let code = u32::from(c);
    let ascii = match c {
        '\u{FF01}'..='\u{FF5E}' => Some(code - 0xFEE0),
        // Mathematical letters: thirteen alphabets in a row, capitals first.
        '\u{1D400}'..='\u{1D6A3}' => {
            let letter = (code - 0x1D400) % 52;
            Some(if letter < 26 { 0x41 + letter } else { 0x61 + letter - 26 })
        }
        _ => None,
    };
    if let Some(ascii) = ascii {
        return char::from_u32(ascii).unwrap_or(c);
    }
    match c {
        'ſ' => 's',
        '\u{212A}' => 'k',
        '\u{FE64}' => '<',
        '\u{FE65}' => '>',
        '\u{FE55}' => ':',
        '\u{FE60}' => '&',
        '\u{FE6A}' => '%',
        '\u{FE66}' => '=',
        '\u{FE59}' => '(',
        '\u{FE5A}' => ')',
        _ => c,
    }
}
