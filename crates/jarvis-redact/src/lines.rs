//! A stream of lines, one after the other.

use crate::found::STARS;
use crate::redact_bytes;

/// Lines that belong to a PEM block without an end, at most: a certificate chain's key has about 70.
const LONGEST_BLOCK: usize = 400;

/// Masks lines in turn. It knows what [`crate::redact`] of a single line cannot: that a line is inside of a PEM block
/// that an earlier one began.
#[derive(Debug, Default)]
pub struct Lines {
    block: usize,
}

impl Lines {
    /// Appends the masked `line` to `out`. With or without its line end, which stays; any encoding.
    pub fn push(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let (text, line_end) = line.split_at(end);
        if self.block > 0 {
            let ends = contains(text, b"-----END");
            if ends || is_body(text) {
                self.block = if ends { 0 } else { self.block - 1 };
                out.extend_from_slice(STARS);
                out.extend_from_slice(line_end);
                return;
            }
        }
        self.block =
            if contains(text, b"-----BEGIN") && !contains(text, b"-----END") { LONGEST_BLOCK } else { 0 };
        out.extend_from_slice(&redact_bytes(text));
        out.extend_from_slice(line_end);
    }
}

fn contains(line: &[u8], what: &[u8]) -> bool {
    line.windows(what.len()).any(|part| part == what)
}

/// Base64 alone, or enough of it behind the time or the sign that a log puts before; or a header as old keys have them.
fn is_body(line: &[u8]) -> bool {
    const HEADERS: [&[u8]; 4] = [b"Proc-Type:", b"DEK-Info:", b"Comment:", b"Version:"];
    const TELLING: usize = 20;
    let last = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let base64 =
        last.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'*'));
    let alone = last.len() == line.len() || last.len() >= TELLING || last.ends_with(b"=");
    (base64 && alone) || HEADERS.iter().any(|header| line.starts_with(header))
}
