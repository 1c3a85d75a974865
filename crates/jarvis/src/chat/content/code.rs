//! Which parts of a message are code.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::glyphs::{CODE, END, Glyph};

/// The message with each code span and fenced block as one [`CODE`].
pub(super) fn without(text: &str) -> Vec<Glyph> {
    let mut code = if text.contains('`') || text.contains("~~~") { ranges(text) } else { Vec::new() };
    code.reverse();
    let mut glyphs = Vec::with_capacity(text.len());
    let mut within = 0;
    for (at, (byte, ch)) in text.char_indices().enumerate() {
        if code.last().is_some_and(|(start, _)| *start <= byte)
            && let Some((_, end)) = code.pop()
        {
            glyphs.push(Glyph { ch: CODE, at });
            within = within.max(end);
        }
        if byte >= within {
            glyphs.push(Glyph { ch: if ch == END { '\u{FFFD}' } else { ch }, at });
        }
    }
    glyphs
}

/// Byte ranges of code, in order. Tables are read as the page reads them: a span does not reach into the next cell.
fn ranges(text: &str) -> Vec<(usize, usize)> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    let code = events.filter(|(event, _)| {
        matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))))
    });
    code.map(|(_, range)| (range.start, range.end)).collect()
}
