//! The screen before the recognisers: one pass over the text that stops only where a secret may be.
//!
//! Words and prefixes are found by four of their letters, case folded, in a table of hashes (a look-up a byte);
//! punctuation and runs of digits by comparisons on 64 bytes at a time, which the compiler turns into vector
//! instructions. Both are exact enough that clean text costs little more than this pass, and both do the same work
//! for every text of a length.

use std::sync::LazyLock;

use crate::anchors::{self, Anchor};

const SLOTS: usize = 1 << 14;
/// Bytes that are screened together.
const BLOCK: usize = 64;
/// Bytes before and behind a block that its comparisons look at.
const BEFORE: usize = 4;
const BEHIND: usize = 12;
const WINDOW: usize = BEFORE + BLOCK + BEHIND;
/// Bytes whose look-ups are judged together.
const WORD: usize = 8;

/// What the comparisons found at a byte.
pub(crate) mod sign {
    /// The beginning of seven bytes of which numbers are made.
    pub(crate) const DIGITS: u8 = 1;
    /// The colon behind the first group of an IPv6 address.
    pub(crate) const GROUP: u8 = 2;
    /// The first of three dashes, five apart.
    pub(crate) const CODE: u8 = 4;
    /// A space that is not ASCII, or the like.
    pub(crate) const SPACE: u8 = 8;
    pub(crate) const AT: u8 = 16;
    /// `%40`
    pub(crate) const ESCAPED_AT: u8 = 32;
    /// `://`
    pub(crate) const URL: u8 = 64;
    /// `eyJ`
    pub(crate) const JWT: u8 = 128;
}

struct Table {
    /// One byte of the hash of the letters that belong into a slot, never zero; zero where none do.
    tags: Box<[u8; SLOTS]>,
    /// In the order of the letters.
    anchors: Vec<(u32, Anchor)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut tags = Box::new([0; SLOTS]);
    let mut anchors = anchors::grams();
    anchors.sort_unstable_by_key(|(gram, _)| *gram);
    for (gram, _) in &anchors {
        let (slot, tag) = slot(*gram);
        if let Some(place) = tags.get_mut(slot) {
            *place = tag;
        }
    }
    Table { tags, anchors }
});

/// With this no two anchors share a slot, so that one byte a slot is enough; a test says so, and finds another when
/// there are new anchors.
const MULTIPLIER: u32 = 0xf9d3_f409;

/// The upper bits of a product are the slot of four letters, the next ones their tag.
#[inline]
fn slot(gram: u32) -> (usize, u8) {
    hash(gram, MULTIPLIER)
}

#[inline]
fn hash(gram: u32, multiplier: u32) -> (usize, u8) {
    let product = gram.wrapping_mul(multiplier);
    let tag = u8::try_from(product >> 10 & 0xff).unwrap_or_default() | 1;
    (usize::try_from(product >> 18).unwrap_or_default(), tag)
}

const FOLD: u64 = 0x2020_2020_2020_2020;

/// Letters to lower case. Some signs become others, which the recogniser notices.
pub(crate) fn fold(gram: u32) -> u32 {
    gram | 0x2020_2020
}

/// Calls `stop(place, signs, anchor)` at every place in `text` where something may begin, in order; the answer is
/// where to go on.
pub(crate) fn screen(text: &[u8], mut stop: impl FnMut(usize, u8, Option<Anchor>) -> usize) {
    let table = &*TABLE;
    let mut next = 0;
    let mut block = 0;
    while block < text.len() {
        // Blocks that a value has swallowed are not looked at.
        if next >= block + BLOCK {
            block = next - next % BLOCK;
            continue;
        }
        let mut padded = [0; WINDOW];
        let whole = block.checked_sub(BEFORE).and_then(|start| text.get(start..)?.first_chunk());
        let window = whole.unwrap_or_else(|| {
            pad(&mut padded, text, block);
            &padded
        });
        let signs = signs(window);
        for (index, word) in signs.as_chunks::<WORD>().0.iter().enumerate() {
            let letters = window.get(BEFORE + index * WORD..).and_then(<[u8]>::first_chunk);
            let letters = letters.unwrap_or(&[0; WORD + 4]);
            // A bit of each byte with a sign.
            let mut stops = u64::from_le_bytes(*word);
            let grams = any_gram(table, letters);
            if stops == 0 && !grams {
                continue;
            }
            if grams {
                stops = u64::MAX;
            }
            while stops != 0 {
                let step = usize::try_from(stops.trailing_zeros() / 8).unwrap_or_default();
                stops &=
                    u64::MAX.checked_shl(u32::try_from(step + 1).unwrap_or_default() * 8).unwrap_or_default();
                let at = block + index * WORD + step;
                let signs = word.get(step).copied().unwrap_or_default();
                let anchor = if grams { gram_at(table, letters, step) } else { None };
                if at >= next && at < text.len() && (signs != 0 || anchor.is_some()) {
                    next = stop(at, signs, anchor).max(at + 1);
                }
            }
        }
        block += BLOCK;
    }
}

/// A window at an edge of the text: NUL is nothing's sign.
#[cold]
fn pad(window: &mut [u8; WINDOW], text: &[u8], block: usize) {
    let start = block.saturating_sub(BEFORE);
    let skip = BEFORE - (block - start);
    let bytes = text.get(start..text.len().min(block + BLOCK + BEHIND)).unwrap_or_default();
    if let Some(part) = window.get_mut(skip..skip + bytes.len()) {
        part.copy_from_slice(bytes);
    }
}

/// Whether any of the first eight places begins four letters of an anchor, or what looks like it.
#[inline]
fn any_gram(table: &Table, letters: &[u8; WORD + 4]) -> bool {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *letters;
    let first = u64::from_le_bytes([a, b, c, d, e, f, g, h]) | FOLD;
    let last = u64::from_le_bytes([e, f, g, h, i, j, k, l]) | FOLD;
    hit(table, first)
        | hit(table, first >> 8)
        | hit(table, first >> 16)
        | hit(table, first >> 24)
        | hit(table, last)
        | hit(table, last >> 8)
        | hit(table, last >> 16)
        | hit(table, last >> 24)
}

/// Looks the lower four letters up, which are folded.
#[inline]
fn hit(table: &Table, letters: u64) -> bool {
    let (slot, tag) = slot(u32::try_from(letters & 0xffff_ffff).unwrap_or_default());
    table.tags.get(slot).is_some_and(|known| *known == tag)
}

#[inline]
fn gram_at(table: &Table, letters: &[u8; WORD + 4], step: usize) -> Option<Anchor> {
    let gram = fold(u32::from_le_bytes(*letters.get(step..)?.first_chunk()?));
    let (slot, tag) = slot(gram);
    if *table.tags.get(slot)? != tag {
        return None;
    }
    let found = table.anchors.binary_search_by_key(&gram, |(known, _)| *known).ok()?;
    table.anchors.get(found).map(|(_, anchor)| *anchor)
}

/// 1 for what numbers are made of: digits, space, `-./+()`.
#[inline]
fn is_part(byte: u8) -> u8 {
    let number = byte.wrapping_sub(b'0') < 10;
    let between = (byte == b' ') | (byte.wrapping_sub(b'-') < 3) | (byte == b'+') | (byte & 0xfe == b'(');
    u8::from(number | between)
}

/// The signs of each byte of the block. Plain loops over arrays of a fixed length, for the vector unit.
#[expect(
    clippy::indexing_slicing,
    reason = "constant bounds that the compiler checks; iterators here are not vectorised"
)]
#[inline]
fn signs(window: &[u8; WINDOW]) -> [u8; BLOCK] {
    const LONG: usize = BLOCK + 8;
    let mut part = [0_u8; LONG];
    for at in 0..LONG {
        part[at] = is_part(window[BEFORE + at]);
    }
    let mut two = [0_u8; LONG - 1];
    for at in 0..LONG - 1 {
        two[at] = part[at] & part[at + 1];
    }
    let mut four = [0_u8; LONG - 3];
    for at in 0..LONG - 3 {
        four[at] = two[at] & two[at + 2];
    }
    let mut signs = [0_u8; BLOCK];
    for at in 0..BLOCK {
        // 1 + 2 + 4 bytes, where the byte before is no part: the beginning of a run.
        let before = window[BEFORE + at - 1];
        signs[at] = four[at] & four[at + 3] & (1 - is_part(before));
    }
    for at in 0..BLOCK {
        let byte = window[BEFORE + at];
        let (one, two) = (window[BEFORE + at + 1], window[BEFORE + at + 2]);
        let colon = u8::from(byte == b':');
        let group = window[at];
        let global = u8::from((group & 0xfe == b'2') | (group | 0x20 == b'f'));
        let dashes = u8::from(byte == b'-')
            & u8::from(window[BEFORE + at + 5] == b'-')
            & u8::from(window[BEFORE + at + 10] == b'-');
        let space =
            u8::from(byte == 0xc2) & u8::from(one == 0xa0) | u8::from(byte == 0xe2) & u8::from(one == 0x80);
        let url = colon & u8::from(one == b'/') & u8::from(two == b'/');
        let escaped = u8::from(byte == b'%') & u8::from(one == b'4') & u8::from(two == b'0');
        let jwt = u8::from(byte == b'e') & u8::from(one == b'y') & u8::from(two == b'J');
        signs[at] |= (colon & global) << 1
            | dashes << 2
            | space << 3
            | u8::from(byte == b'@') << 4
            | escaped << 5
            | url << 6
            | jwt << 7;
    }
    signs
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_anchors_share_a_slot() {
        let grams = anchors::grams();
        let fits = |multiplier: &u32| {
            let mut slots = HashSet::new();
            grams.iter().all(|(gram, _)| slots.insert(hash(*gram, *multiplier).0))
        };
        if !fits(&MULTIPLIER) {
            let next = |odd: &u32| Some(odd.wrapping_mul(747_796_405) | 1);
            let other = std::iter::successors(Some(MULTIPLIER), next).take(1 << 20).find(fits);
            panic!("{} anchors: MULTIPLIER = {other:#x?}", grams.len());
        }
    }

    #[test]
    fn every_place_is_seen_wherever_it_lies_in_a_block() {
        for length in 0..200 {
            let mut text = vec![b'x'; length];
            text.extend_from_slice(b"Password eyJ 1234567 a@b");
            let mut seen = Vec::new();
            screen(&text, |place, signs, anchor| {
                seen.push((place - length, signs, anchor));
                place + 1
            });
            assert!(seen.contains(&(0, 0, Some(Anchor::Name))), "{length}: {seen:?}");
            for expected in [(9, sign::JWT), (12, sign::DIGITS), (22, sign::AT)] {
                assert!(
                    seen.iter().any(|(place, signs, _)| (*place, *signs) == expected),
                    "{length}: {seen:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_swallowed_is_not_seen() {
        let text = b"password".repeat(100);
        let mut seen = Vec::new();
        screen(&text, |place, _, _| {
            seen.push(place);
            if place == 0 { 700 } else { place + 1 }
        });
        assert_eq!(seen.iter().filter(|place| **place > 0 && **place < 700).count(), 0);
        assert!(seen.contains(&704), "{seen:?}");
    }
}
