//! Any bytes: a secret on a line of its own never survives them, masking twice masks no more, text stays text.

#![no_main]

use jarvis_redact::{Lines, push_visible, redact, redact_bytes};
use libfuzzer_sys::fuzz_target;

const SECRET: &[u8] = b"Zq7vK2xWm9Rt4";

fuzz_target!(|input: &[u8]| {
    let once = redact_bytes(input);
    assert_eq!(redact_bytes(&once), once, "masking twice changes more");
    if let Ok(text) = std::str::from_utf8(input) {
        let mut line = Vec::new();
        push_visible(&redact(text), &mut line);
        assert!(!line.contains(&b'\n'));
    }
    let planted = [input, b"\npassword=", SECRET, b"\n", input].concat();
    let mut lines = Lines::default();
    let mut masked = Vec::new();
    for line in planted.split(|byte| *byte == b'\n') {
        lines.push(line, &mut masked);
        masked.push(b'\n');
    }
    for text in [masked, redact_bytes(&planted).into_owned()] {
        assert!(!text.windows(SECRET.len()).any(|part| part == SECRET), "the secret survived");
    }
});
