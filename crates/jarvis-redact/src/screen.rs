//! The screen before the recognisers: one pass over the text that stops only where a secret may be.
//!
//! Words and prefixes are found by four of their letters, case folded, in a table of hashes; a smaller question is asked
//! first, about three letters at every second byte, which most of a clean text answers with no. Punctuation and runs of digits by comparisons on 64 bytes at a time, which the compiler turns into vector
//! instructions. Both are exact enough that clean text costs little more than this pass, and both do the same work
//! for every text of a length.

use std::sync::LazyLock;

use crate::anchors::{self, Anchor};

const SLOTS: usize = 1 << 14;
/// Bits: so many that unknown letters seldom share one with known ones.
const THREES: usize = 1 << 17;
/// Bytes that are screened together.
const BLOCK: usize = 64;
/// Bytes before and behind a block that its comparisons look at.
const BEFORE: usize = 8;
const BEHIND: usize = 12;
const WINDOW: usize = BEFORE + BLOCK + BEHIND;
/// Bytes whose look-ups are judged together.
const WORD: usize = 8;

struct Table {
    /// A bit for each three letters that an anchor begins with or goes on with after its first.
    threes: Box<[u8; THREES / 8]>,
    /// The first of the four letters that belong into a slot; zero where none do.
    firsts: Box<[u8; SLOTS]>,
    /// In the order of the letters.
    anchors: Vec<(u32, Anchor)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut firsts = Box::new([0; SLOTS]);
    let mut threes = Box::new([0; THREES / 8]);
    let mut anchors = anchors::grams();
    anchors.sort_unstable_by_key(|(gram, _)| *gram);
    for (gram, _) in &anchors {
        for three in [*gram, *gram >> 8] {
            let (byte, bit) = bit_of(three);
            if let Some(bits) = threes.get_mut(byte) {
                *bits |= bit;
            }
        }
        if let Some(first) = firsts.get_mut(slot(*gram, MULTIPLIER)) {
            *first = first_of(*gram);
        }
    }
    Table { threes, firsts, anchors }
});

/// With this no two anchors share a slot, so that one letter a slot is enough; a test says so, and finds another when
/// there are new anchors.
const MULTIPLIER: u32 = 0xea23_4e65;

/// Fibonacci hashing: the upper bits of a product.
#[inline]
fn slot(gram: u32, multiplier: u32) -> usize {
    usize::try_from(gram.wrapping_mul(multiplier) >> 18).unwrap_or_default()
}

/// Where the lower three letters have their bit.
#[inline]
fn bit_of(letters: u32) -> (usize, u8) {
    let slot = (letters << 8).wrapping_mul(MULTIPLIER) >> 15;
    (usize::try_from(slot >> 3).unwrap_or_default(), 1 << (slot & 7))
}

#[inline]
fn first_of(gram: u32) -> u8 {
    u8::try_from(gram & 0xff).unwrap_or_default()
}

const FOLD: u64 = 0x2020_2020_2020_2020;

/// Letters to lower case. Some signs become others, which the recogniser notices.
pub(crate) fn fold(gram: u32) -> u32 {
    gram | 0x2020_2020
}

/// What is called at a place; behind a pointer, so that the loop around it stays tight.
pub(crate) type Stop<'s> = dyn FnMut(usize, bool, Option<Anchor>) -> usize + 's;

/// Calls `stop(place, sign, anchor)` at every place in `text` where something may begin, in order; the answer is where
/// to go on. `sign`: a comparison found something, and the recogniser has to see what.
pub(crate) fn screen(text: &[u8], stop: &mut Stop<'_>) {
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
        for (index, signs) in signs(window).iter().enumerate() {
            let letters = letters(window, index);
            let grams = any_three(table, letters) && any_gram(table, letters);
            if *signs != 0 || grams {
                let word = Word { place: block + index * WORD, letters, signs: *signs, grams };
                next = word.visit(table, next, text.len(), stop);
            }
        }
        block += BLOCK;
    }
}

/// Eight bytes with something in them.
struct Word {
    place: usize,
    letters: (u64, u64),
    /// All bits of each byte that a comparison stopped at.
    signs: u64,
    /// Whether any four letters look like an anchor's.
    grams: bool,
}

impl Word {
    /// Stops where something may begin, from `next` on and before `end`; the answer is where to go on.
    #[inline(never)]
    fn visit(&self, table: &Table, mut next: usize, end: usize, stop: &mut Stop<'_>) -> usize {
        let mut stops = if self.grams { u64::MAX } else { self.signs };
        while stops != 0 {
            let step = stops.trailing_zeros() / 8;
            stops &= !(0xff << (step * 8));
            let sign = self.signs >> (step * 8) & 1 == 1;
            let anchor = if self.grams { gram_at(table, self.letters, step) } else { None };
            let at = self.place + usize::try_from(step).unwrap_or_default();
            if (sign || anchor.is_some()) && at >= next && at < end {
                next = stop(at, sign, anchor).max(at + 1);
            }
        }
        next
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

/// The eight letters at a word of the block, and those from the fifth on.
#[expect(
    clippy::indexing_slicing,
    reason = "constant bounds that the compiler checks, in the innermost loop"
)]
#[inline]
fn letters(window: &[u8; WINDOW], index: usize) -> (u64, u64) {
    let word = |at: usize| {
        let bytes: [u8; WORD] = window[at..at + WORD].try_into().unwrap_or_default();
        u64::from_le_bytes(bytes) | FOLD
    };
    let at = BEFORE + index * WORD;
    (word(at), word(at + 4))
}

/// Whether an anchor may begin at any of the first eight places: at an odd one with its first three letters, at an
/// even one with those after its first.
#[inline]
fn any_three(table: &Table, (first, last): (u64, u64)) -> bool {
    let known = |letters: u64| {
        let (byte, bit) = bit_of(lower(letters));
        table.threes.get(byte).is_some_and(|bits| bits & bit != 0)
    };
    known(first >> 8) | known(first >> 24) | known(first >> 40) | known(last >> 24)
}

/// Whether any of the first eight places begins four letters of an anchor, or what looks like it.
#[inline]
fn any_gram(table: &Table, (first, last): (u64, u64)) -> bool {
    hit(table, first)
        | hit(table, first >> 8)
        | hit(table, first >> 16)
        | hit(table, first >> 24)
        | hit(table, last)
        | hit(table, last >> 8)
        | hit(table, last >> 16)
        | hit(table, last >> 24)
}

/// Looks the lower four letters up.
#[inline]
fn hit(table: &Table, letters: u64) -> bool {
    let gram = lower(letters);
    table.firsts.get(slot(gram, MULTIPLIER)) == Some(&first_of(gram))
}

#[inline]
fn lower(letters: u64) -> u32 {
    u32::try_from(letters & 0xffff_ffff).unwrap_or_default()
}

#[inline]
fn gram_at(table: &Table, (first, last): (u64, u64), step: u32) -> Option<Anchor> {
    let letters = if step < 4 { first >> (step * 8) } else { last >> ((step - 4) * 8) };
    if !hit(table, letters) {
        return None;
    }
    let gram = lower(letters);
    let found = table.anchors.binary_search_by_key(&gram, |(known, _)| *known).ok()?;
    table.anchors.get(found).map(|(_, anchor)| *anchor)
}

/// All bits where `so`: what a comparison of vectors gives.
#[inline]
fn mask(so: bool) -> u8 {
    0_u8.wrapping_sub(u8::from(so))
}

/// What numbers are made of: digits, space, and `()*+,-./`.
#[inline]
pub(crate) fn is_part(byte: u8) -> bool {
    (byte.wrapping_sub(b'(') < 18) | (byte == b' ')
}

/// Eight bytes a word, all bits set where something may begin: a run of digits, the colon of a URL or behind the first
/// group of an IPv6 address, dashes as our codes have them, spaces that are not ASCII, `@`, `%40`. Each is only as exact
/// as it is cheap. Plain loops over arrays of a fixed length, for the vector unit.
#[expect(
    clippy::indexing_slicing,
    reason = "constant bounds that the compiler checks; iterators here are not vectorised"
)]
#[inline]
fn signs(window: &[u8; WINDOW]) -> [u64; BLOCK / WORD] {
    let mut signs = [0_u8; BLOCK];
    for at in 0..BLOCK {
        let byte = window[BEFORE + at];
        let at = BEFORE + at;
        // Seven parts behind what is none. Those looked at tell most ids from them.
        let near = is_part(byte) & !is_part(window[at - 1]) & is_part(window[at + 2]);
        let run = near & is_part(window[at + 4]) & is_part(window[at + 5]);
        // `2026-11-22T` and `57.586093Z` are too short for anything before their letter, which ends no number.
        let date = (window[at + 4] == b'-') & (window[at + 10] == b'T');
        let time = (window[at + 2] == b'.') & (window[at + 4] != b'.') & (window[at + 9] == b'Z');
        let (one, two) = (window[at - 4], window[at - 3]);
        let first_group =
            ((one & 0xfe == b'2') | (one | 0x20 == b'f')) & (two != b':') & (two | 0x20 <= b'f');
        let colon = (byte == b':') & (first_group | (window[at + 1] == b'/'));
        // Not the later ones of a UUID.
        let dash = (byte == b'-') & (window[at - 5] != b'-');
        let dashes = dash & (window[at + 5] == b'-') & (window[at + 10] == b'-');
        // 0xc2 and 0xe2
        let space = byte & 0xdf == 0xc2;
        let run = run & !date & !time;
        signs[at - BEFORE] = mask(run | colon | dashes | space | (byte == b'@') | (byte == b'%'));
    }
    let mut words = [0; BLOCK / WORD];
    for (word, bytes) in words.iter_mut().zip(signs.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
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
            grams.iter().all(|(gram, _)| slots.insert(slot(*gram, *multiplier)))
        };
        if !fits(&MULTIPLIER) {
            let next = |odd: &u32| Some(odd.wrapping_mul(747_796_405) | 1);
            let other = std::iter::successors(Some(MULTIPLIER), next).take(1 << 22).find(fits);
            panic!("{} anchors: MULTIPLIER = {other:#x?}", grams.len());
        }
    }

    #[test]
    fn every_place_is_seen_wherever_it_lies_in_a_block() {
        for length in 0..200 {
            let mut text = vec![b'x'; length];
            text.extend_from_slice(b"Password eyJh 1234567 a@b");
            let mut seen = Vec::new();
            screen(&text, &mut |place, sign, anchor| {
                seen.push((place - length, sign, anchor));
                place + 1
            });
            let expected = [
                (0, false, Some(Anchor::Name)),
                (9, false, Some(Anchor::Jwt)),
                (13, true, None),
                (23, true, None),
            ];
            assert_eq!(seen, expected, "{length}");
        }
    }

    #[test]
    fn what_is_swallowed_is_not_seen() {
        let text = b"password".repeat(100);
        let mut seen = Vec::new();
        screen(&text, &mut |place, _, _| {
            seen.push(place);
            if place == 0 { 700 } else { place + 1 }
        });
        assert_eq!(seen.iter().filter(|place| **place > 0 && **place < 700).count(), 0);
        assert!(seen.contains(&704), "{seen:?}");
    }
}
