//! Masks secrets and personal data in log text, in linear time. Pure, without dependencies, and for any bytes.
//!
//! A screen ([`screen`]) runs over the text once and stops where something may be; a recogniser written for that kind
//! of secret then looks around the stop. Nothing of a secret survives, not its length either: it becomes `***`. An
//! e-mail address keeps its domain, an IPv4 address its first two numbers, an IPv6 address its first 32 bits.
//!
//! A scanner of free text guesses, to both sides. Where a name says that a secret follows (`password=`, `"token":`,
//! `Cookie:`), whatever follows is masked; without a name, only what has a form of its own is. A password in a
//! sentence of its own cannot be known. What should survive: ids, hashes, times, versions, sizes, paths, prose.

mod address;
mod anchors;
mod assigned;
mod command;
mod digits;
mod found;
mod iban;
mod judge;
mod lines;
mod link;
mod name;
mod names;
mod prefixed;
mod scan;
mod screen;
mod text;
mod value;
mod visible;

#[cfg(test)]
mod linear;

use std::borrow::Cow;

pub use lines::Lines;
pub use names::is_secret_name;
pub use visible::{forges, push_visible};

/// `text` without what must not be read in a log; borrowed where there is nothing to mask. Doing it twice changes
/// nothing more.
///
/// ```
/// use jarvis_redact::redact;
///
/// assert_eq!(redact("user=ada password=hunter2 took 3 ms"), "user=ada password=*** took 3 ms");
/// assert_eq!(redact("ada@example.org from 198.51.100.7"), "***@example.org from 198.51.*.*");
/// assert_eq!(redact("the password is wrong"), "the password is wrong");
/// ```
pub fn redact(text: &str) -> Cow<'_, str> {
    match redact_bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Masks begin and end where letters do; a fault there must not let text pass unmasked, nor break the caller.
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// As [`redact`], for text of any encoding that contains ASCII: bytes that are no UTF-8 stay as they are.
pub fn redact_bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    /// Where secrets touch each other, the stars of one can lay the other open.
    const PASSES: usize = 4;
    let Some(mut masked) = pass(bytes) else { return Cow::Borrowed(bytes) };
    for _ in 1..PASSES {
        match pass(&masked) {
            Some(again) if again != masked => masked = again,
            _ => break,
        }
    }
    Cow::Owned(masked)
}

/// What is left after one look, if anything has to go.
fn pass(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut masked = Vec::new();
    let text = text::Text::new(bytes);
    let mut copied = 0;
    scan::scan(&text, |found| {
        if masked.capacity() == 0 {
            masked.reserve(bytes.len() + 64);
        }
        masked.extend_from_slice(text.part(copied, found.start));
        found.write(&text, &mut masked);
        copied = found.end;
    });
    masked.extend_from_slice(if copied > 0 { text.rest(copied) } else { &[] });
    (copied > 0).then_some(masked)
}
