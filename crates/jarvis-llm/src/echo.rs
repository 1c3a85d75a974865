//! Some servers repeat the request in their error messages; ours go to logs and to other people's screens.

use memchr::memmem;

use crate::{ChatMessage, ModelError};

const SILENCED: &str = "(withheld: it repeats the request)";
/// A detail repeats a message if they share this many bytes in a row, ...
const RUN: usize = 12;
/// ... looked for from every fourth byte of the detail, so that any shared run of 15 is found.
const STRIDE: usize = 4;
/// Messages shorter than this are too common to be recognised.
const SHORTEST: usize = 4;

/// The same error, without a detail that repeats any of the messages.
pub(crate) fn silence(mut error: ModelError, messages: &[ChatMessage]) -> ModelError {
    let detail = match &mut error {
        ModelError::Server { detail, .. }
        | ModelError::ModelNotFound { detail }
        | ModelError::Refused { detail, .. }
        | ModelError::Upstream { detail } => detail,
        _ => return error,
    };
    if messages.iter().any(|message| repeats(detail.as_bytes(), message.content.as_bytes())) {
        SILENCED.clone_into(detail);
    }
    error
}

fn repeats(detail: &[u8], said: &[u8]) -> bool {
    let whole = said.len() >= SHORTEST && memmem::find(detail, said).is_some();
    whole || detail.windows(RUN).step_by(STRIDE).any(|run| memmem::find(said, run).is_some())
}
