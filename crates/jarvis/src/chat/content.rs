//! Finds *active content* in a message: markup that would run script if the message were rendered as HTML.
//!
//! The outer fence only. What protects the page is that it never renders text as HTML and that its policy allows no inline script.
//! So in doubt prose passes: a bare tag name, a comparison, a word with a colon are never refused, and neither is code: what CommonMark 0.31
//! calls a fenced block (4.5) or a code span (6.1). An indented block (4.4) is not exempt: people do not see it as code.
//!
//! Pure, in time linear in the text. The text is read as it stands, then without invisible characters and with full-width letters made
//! plain, then decoded up to [`ROUNDS`] times.

mod code;
mod decode;
mod glyphs;
mod marks;
mod markup;
#[cfg(test)]
mod tests;
mod urls;

use glyphs::Text;

/// How many layers of entities, percent-encoding and backslash escapes are taken off.
const ROUNDS: usize = 4;
/// Characters of an excerpt.
const EXCERPT: usize = 32;

/// What kind of active content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A script element with content or a source.
    Script,
    /// An attribute that runs script when something happens: `onerror`.
    Handler,
    /// A page, plug-in or document in the page: `iframe`, `object`, `embed` with a source, or `srcdoc`.
    Embedded,
    /// What changes where a page's addresses lead: `base`, `meta` with a refresh.
    Redirect,
    /// A style that runs script in old browsers: `expression()`, `behavior`, `-moz-binding`.
    Style,
    /// A `javascript:` or `vbscript:` address with something to run.
    ScriptUrl,
    /// A `data:` address of a type that can carry script.
    DataUrl,
}

/// The first active content in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// Where it begins: characters (Unicode scalar values) before it.
    pub(super) at: usize,
    /// How it begins, at most 32 characters, with nothing in it that is markup or invisible.
    pub(super) excerpt: String,
}

/// Looks for active content outside code. Allocates nothing for plain prose.
///
/// # Errors
/// What was found first.
pub(super) fn check(text: &str) -> Result<(), Found> {
    if !glyphs::suspect(text) {
        return Ok(());
    }
    look(&Text::new(code::without(text))).map_or(Ok(()), |(kind, at)| {
        let excerpt = text.chars().skip(at).take(EXCERPT).map(harmless).collect();
        Err(Found { kind, at, excerpt })
    })
}

/// The first find, with its place in the message.
fn look(raw: &Text) -> Option<(Kind, usize)> {
    if let Some(found) = in_layer(raw) {
        return Some(found);
    }
    let mut plain = raw.folded();
    if plain != *raw
        && let Some(found) = in_layer(&plain)
    {
        return Some(found);
    }
    for _ in 0..ROUNDS {
        let next = decode::once(&plain)?.folded();
        if let Some(found) = in_layer(&next) {
            return Some(found);
        }
        plain = next;
    }
    None
}

fn in_layer(text: &Text) -> Option<(Kind, usize)> {
    let marks = marks::Marks::of(text);
    let (kind, index) = markup::find(text, &marks).or_else(|| urls::find(text, &marks))?;
    Some((kind, text.place(index)))
}

/// For an excerpt: a look-alike for what is markup, a dot for what cannot be seen.
fn harmless(c: char) -> char {
    match c {
        '<' => '‹',
        '>' => '›',
        '&' => '+',
        '"' | '\'' | '`' => '’',
        ' '..='~' => c,
        _ if c.is_alphanumeric() && !glyphs::invisible(c) => c,
        _ => '·',
    }
}
