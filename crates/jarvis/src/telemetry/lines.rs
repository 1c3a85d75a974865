//! The last step before the stream: nothing that is logged can pass beside it.

use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use metrics::counter;
use tracing_subscriber::fmt::MakeWriter;

use super::LOG_LINES_DROPPED;

thread_local! {
    static MASKING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is about to mask a line: a panic of now is the masking's own.
pub(super) fn is_masking() -> bool {
    MASKING.get()
}

/// Writes each event as exactly one line of visible text with its secrets masked. An event for which that fails is
/// dropped and counted, since writing it as it is could show a secret.
pub(super) struct Lines<M> {
    writer: M,
    mask: fn(&str) -> Vec<u8>,
}

impl<M> Lines<M> {
    pub(super) fn new(writer: M) -> Self {
        Self { writer, mask: visible }
    }
}

/// `event` on one line, masked: first masked, because an escape in the middle of a secret would hide it.
fn visible(event: &str) -> Vec<u8> {
    let mut line = Vec::with_capacity(event.len() + 1);
    jarvis_redact::push_visible(&jarvis_redact::redact(event), &mut line);
    line.push(b'\n');
    line
}

pub(super) struct LineWriter<W> {
    writer: W,
    mask: fn(&str) -> Vec<u8>,
}

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for Lines<M> {
    type Writer = LineWriter<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        LineWriter { writer: self.writer.make_writer(), mask: self.mask }
    }
}

impl<W: Write> Write for LineWriter<W> {
    /// `event` is a whole event: the formatter hands each over in one call.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        MASKING.set(true);
        let masked = catch_unwind(AssertUnwindSafe(|| (self.mask)(text.strip_suffix('\n').unwrap_or(&text))));
        MASKING.set(false);
        if masked.map_or(Err(()), |line| self.writer.write_all(&line).map_err(drop)).is_err() {
            counter!(LOG_LINES_DROPPED).increment(1);
        }
        // Nobody could do more about it.
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use jarvis_crypto::{ApiKey, OpaqueToken, RecoveryCode, Secret, TotpSecret, one_time_code};

    use super::*;

    fn dropped() -> u64 {
        let text = crate::telemetry::metrics().unwrap().render();
        let line = text.lines().find_map(|line| line.strip_prefix(LOG_LINES_DROPPED));
        line.map_or(0, |count| count.trim().parse().unwrap())
    }

    #[test]
    fn a_line_that_cannot_be_masked_or_written_is_dropped_and_counted() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let fails = |event: &str| if event.contains("boom") { panic!("{event}") } else { visible(event) };
        let before = dropped();
        let mut out = Vec::new();
        let mut lines = LineWriter { writer: &mut out, mask: fails };
        lines.write_all(b"one\n").unwrap();
        lines.write_all(b"boom password=hunter2\n").unwrap();
        lines.write_all(b"two\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "one\ntwo\n");
        assert!(!is_masking());
        LineWriter { writer: Full, mask: visible }.write_all(b"three\n").unwrap();
        assert_eq!(dropped() - before, 2);
    }

    #[test]
    fn what_jarvis_hands_out_is_never_in_a_line() {
        let key = Secret::new(b"a signing key of thirty-two bytes".to_vec());
        for round in 0..200_u8 {
            let totp = TotpSecret::generate().unwrap();
            let mut secrets = vec![
                ApiKey::generate().unwrap().expose().to_owned(),
                OpaqueToken::generate("jri_").unwrap().expose().to_owned(),
                OpaqueToken::generate("jrf_").unwrap().expose().to_owned(),
                one_time_code(&key, &[round]).expose().clone(),
                totp.uri("Jarvis", "ada@example.org").expose().clone(),
            ];
            secrets.extend(RecoveryCode::generate_set().unwrap().map(|code| code.shown().expose().clone()));
            for secret in secrets {
                for line in [
                    format!("told {secret} to ada"),
                    format!("{{\"detail\":\"x\\n{secret}\"}}"),
                    secret.clone(),
                ] {
                    let line = String::from_utf8(visible(&line)).unwrap();
                    assert!(
                        !line.contains(&secret[secret.len() - 6..]) && line.contains("***"),
                        "{secret}: {line}"
                    );
                }
            }
        }
    }
}
