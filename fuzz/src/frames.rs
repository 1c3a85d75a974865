//! What a model server sends: wherever the network cuts it, the same frames come out.

#![no_main]

use bytes::Bytes;
use jarvis_llm::parsers::{Events, Lines};
use libfuzzer_sys::fuzz_target;

fn lines(chunks: &[&[u8]]) -> Vec<String> {
    let (mut lines, mut found) = (Lines::with_returns(), Vec::new());
    for chunk in chunks {
        lines.push(Bytes::copy_from_slice(chunk));
        loop {
            match lines.next_line() {
                Ok(Some(line)) => found.push(format!("{line:?}")),
                Ok(None) => break,
                Err(error) => {
                    found.push(error.to_string());
                    return found;
                }
            }
        }
    }
    found.push(format!("{:?}", lines.remainder()));
    found
}

fn events(chunks: &[&[u8]]) -> Vec<String> {
    let (mut events, mut found) = (Events::new(), Vec::new());
    for chunk in chunks {
        events.push(Bytes::copy_from_slice(chunk));
        loop {
            match events.next_frame() {
                Ok(Some(frame)) => found.push(format!("{frame:?}")),
                Ok(None) => break,
                Err(error) => {
                    found.push(error.to_string());
                    return found;
                }
            }
        }
    }
    found.push(format!("{:?}", events.remainder().map_err(|error| error.to_string())));
    found
}

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let chunks: Vec<&[u8]> = bytes.chunks(usize::from(cut).max(1)).collect();
    assert_eq!(lines(&chunks), lines(&[bytes]), "lines, cut every {cut} bytes");
    assert_eq!(events(&chunks), events(&[bytes]), "events, cut every {cut} bytes");
});
