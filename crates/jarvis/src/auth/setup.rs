//! The one-time code of the set-up link. Nothing is stored: it follows from the signing key and the installation's name, so every
//! process of one deployment prints the same, and it works only while there is no account.

use jarvis_crypto::{Secret, Shielded, one_time_code, one_time_code_matches};

#[derive(Clone)]
pub(super) struct Setup {
    key: Shielded<Vec<u8>>,
    context: String,
}

impl Setup {
    pub(super) fn new(key: &Secret<Vec<u8>>, installation: String) -> Self {
        Self { key: Shielded::new(key), context: format!("owner set-up {installation}") }
    }

    pub(super) fn code(&self) -> Secret<String> {
        one_time_code(&self.key.open(), self.context.as_bytes())
    }

    pub(super) fn matches(&self, given: &str) -> bool {
        one_time_code_matches(&self.key.open(), self.context.as_bytes(), given)
    }
}
