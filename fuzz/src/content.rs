//! Any message: the detector ends, names a place inside the text, and shows nothing that is markup.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/jarvis/src/chat"]
mod chat {
    #[expect(dead_code, reason = "not all of it is used here")]
    mod content;

    pub fn check(text: &str) -> Option<(usize, String)> {
        content::check(text).err().map(|found| (found.at, found.excerpt))
    }
}

fuzz_target!(|text: &str| {
    if let Some((at, excerpt)) = chat::check(text) {
        assert!(at <= text.chars().count());
        assert!(excerpt.chars().count() <= 32 && !excerpt.contains(['<', '>', '&']), "{excerpt:?}");
    }
});
