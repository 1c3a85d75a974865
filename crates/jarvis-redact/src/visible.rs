//! One event, one line, all of it visible.

/// Appends `text` to `line` with every character that could forge a log written as an escape (`\u{1b}`): controls,
/// line separators and bidirectional marks (ASVS 16.4.1). What is added contains no line end.
pub fn push_visible(text: &str, line: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((place, letter)) = rest.char_indices().find(|(_, letter)| forges(*letter)) {
        let (plain, tail) = rest.split_at(place);
        line.extend_from_slice(plain.as_bytes());
        line.extend(letter.escape_unicode().map(u32::from).filter_map(|byte| u8::try_from(byte).ok()));
        rest = tail.get(letter.len_utf8()..).unwrap_or_default();
    }
    line.extend_from_slice(rest.as_bytes());
}

/// Whether a letter can make a log show what did not happen.
pub fn forges(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
