//! What a recogniser reports.

use crate::text::Text;

/// A part of the text, and what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) mask: Mask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mask {
    Stars,
    /// Right behind other stars: nothing more.
    Joined,
    /// A bare number in a JSON document: stars between quotes as they are spelled there, backslashes included.
    Quoted {
        start: usize,
        end: usize,
    },
    /// A bare number in a JSON array.
    Null,
    /// The last two parts of an IPv4 address.
    Octets,
}

pub(crate) const STARS: &[u8] = b"***";

impl Found {
    pub(crate) fn stars(start: usize, end: usize) -> Self {
        Self { start, end, mask: Mask::Stars }
    }

    /// Digits that may be a number in a JSON document, which must be one afterwards too.
    pub(crate) fn number(text: &Text<'_>, start: usize, end: usize) -> Self {
        let before = text.run_back(start, start.saturating_sub(4), |byte| byte == b' ');
        let after = text.run(end, 4, |byte| byte == b' ');
        let mask = match (text.before(before), text.at(after)) {
            (b':', b',' | b'}' | b'\\' | 0) => quote_before(text, before - 1),
            (b'[' | b',', b',' | b']') if matches!(text.at(0), b'{' | b'[') => Some(Mask::Null),
            _ => None,
        };
        Self { start, end, mask: mask.unwrap_or(Mask::Stars) }
    }

    pub(crate) fn write(&self, text: &Text<'_>, out: &mut Vec<u8>) {
        match self.mask {
            Mask::Stars => out.extend_from_slice(STARS),
            Mask::Joined => {}
            Mask::Null => out.extend_from_slice(b"null"),
            Mask::Octets => out.extend_from_slice(b"*.*"),
            Mask::Quoted { start, end } => {
                let quote = text.part(start, end);
                out.extend([quote, STARS, quote].into_iter().flatten());
            }
        }
    }
}

/// The double quote that closes a name right before `colon`, with its backslashes.
fn quote_before(text: &Text<'_>, colon: usize) -> Option<Mask> {
    let end = text.run_back(colon, colon.saturating_sub(4), |byte| byte == b' ');
    let quote = end.checked_sub(1).filter(|quote| text.at(*quote) == b'"')?;
    let start = text.run_back(quote, quote.saturating_sub(15), |byte| byte == b'\\');
    Some(Mask::Quoted { start, end })
}
