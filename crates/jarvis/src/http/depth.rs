//! How deep a JSON text is nested.

use memchr::memchr2_iter;

/// Objects and arrays within each other; the parser alone would follow twice as many.
pub const DEPTH: usize = 64;

/// Whether arrays and objects are nested deeper than [`DEPTH`], as far as the text is JSON: what is not is for the parser to refuse.
pub fn is_too_deep(json: &[u8]) -> bool {
    // Nearly every text that people send has fewer brackets than that.
    memchr2_iter(b'[', b'{', json).nth(DEPTH).is_some() && deepest(json) > DEPTH
}

fn deepest(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        "[{\"a\":".repeat(levels / 2)
            + &"[".repeat(levels % 2)
            + "1"
            + &"]".repeat(levels % 2)
            + &"}]".repeat(levels / 2)
    }

    #[test]
    fn sixty_four_levels_and_no_more() {
        for levels in [0, 1, 2, 63, 64] {
            assert!(!is_too_deep(nested(levels).as_bytes()), "{levels}");
        }
        for levels in [65, 66, 127, 128, 100_000] {
            assert!(is_too_deep(nested(levels).as_bytes()), "{levels}");
            assert!(is_too_deep(&nested(levels).as_bytes()[..levels * 3]), "{levels} without an end");
        }
    }

    #[test]
    fn brackets_in_texts_are_no_levels() {
        let text = format!("{{\"message\":\"{}\\\"{}\\\\\"}}", "[".repeat(500), "{".repeat(500));
        assert!(!is_too_deep(text.as_bytes()));
        let behind = format!("{{\"message\":\"\\\\\",\"a\":{}}}", "[".repeat(500));
        assert!(is_too_deep(behind.as_bytes()));
        assert!(!is_too_deep("[1],".repeat(500).as_bytes()));
    }
}
