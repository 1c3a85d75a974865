//! `jarvis redact`: masks what is piped through it, as the log writer masks its own.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

use super::Failure;

/// A longer line is masked in parts, cut at a space where there is one.
const LONGEST_LINE: usize = 16 << 20;
const BUFFER: usize = 64 << 10;

pub(super) fn run() -> Result<(), Failure> {
    let input = BufReader::with_capacity(BUFFER, io::stdin().lock());
    match mask(input, io::BufWriter::with_capacity(BUFFER, io::stdout().lock())) {
        // `jarvis redact < log | head` has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::data(format!("standard input or output: {error}"))),
    }
}

fn mask(mut input: BufReader<impl Read>, mut out: impl Write) -> io::Result<()> {
    let mut lines = jarvis_redact::Lines::default();
    let (mut line, mut masked) = (Vec::new(), Vec::new());
    loop {
        let room = u64::try_from(LONGEST_LINE.saturating_sub(line.len())).unwrap_or(u64::MAX);
        let read = input.by_ref().take(room).read_until(b'\n', &mut line)?;
        let rest = if line.ends_with(b"\n") || read == 0 { Vec::new() } else { cut(&mut line) };
        if line.is_empty() {
            return out.flush();
        }
        masked.clear();
        lines.push(&line, &mut masked);
        out.write_all(&masked)?;
        line = rest;
        // Whoever follows a log sees a line as soon as it is there.
        if input.buffer().is_empty() {
            out.flush()?;
        }
    }
}

/// Takes off `line` what is to be masked with what follows: the last word of a line that is too long, and nothing of the
/// last line of a file.
fn cut(line: &mut Vec<u8>) -> Vec<u8> {
    if line.len() < LONGEST_LINE {
        return Vec::new();
    }
    let space = line.iter().rposition(|byte| *byte == b' ').filter(|space| *space > LONGEST_LINE / 2);
    space.map_or_else(Vec::new, |space| line.split_off(space))
}
