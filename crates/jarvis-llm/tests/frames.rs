//! The pure splitters and decoders, on bytes cut anywhere.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic; clippy.toml lets it, but not the functions that tests share"
)]

use bytes::Bytes;
use jarvis_llm::parsers::{Decode, Events, Frame, Lines, MAX_LINE, OllamaAnswer, OpenAiAnswer};
use jarvis_llm::{ModelError, ModelEvent};
use proptest::prelude::*;

/// Cuts `bytes` at the given places, taken modulo the length and in any order.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for place in places.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[start..place]);
        start = place;
    }
    pieces
}

fn lines(mut lines: Lines, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for piece in pieces {
        lines.push(Bytes::copy_from_slice(piece));
        while let Some(line) = lines.next_line().unwrap() {
            out.push(line.to_vec());
        }
    }
    out.extend(lines.remainder().map(<[u8]>::to_vec));
    out
}

fn frames(pieces: &[&[u8]]) -> Vec<String> {
    let mut events = Events::new();
    let mut out = Vec::new();
    for piece in pieces {
        events.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = events.next_frame().unwrap() {
            out.push(format!("{frame:?}"));
        }
    }
    out.extend(events.remainder().unwrap().map(|frame| format!("{frame:?}")));
    out
}

fn decode(mut decoder: impl Decode, pieces: &[&[u8]]) -> Result<Vec<ModelEvent>, ModelError> {
    let mut out = Vec::new();
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        while let Some(event) = decoder.next_event()? {
            out.push(event);
        }
    }
    decoder.end();
    while let Some(event) = decoder.next_event()? {
        out.push(event);
    }
    Ok(out)
}

const OLLAMA: &str = concat!(
    "{\"message\":{\"content\":\"Gr\u{fc}\u{df}e \u{1f914}\"}}\r\n\n",
    "{\"message\":{\"thinking\":\"a\\nb\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1,\"\u{e9}\"]}}}]}}\n",
    "{\"done\":true,\"eval_count\":2}"
);

const OPENAI: &str = concat!(
    "\u{feff}: hi\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"Gr\u{fc}\u{df}e \u{1f914}\"}}]}\r\n\r\n",
    "data: {\"choices\":[{\"delta\":\rdata: {\"reasoning\":\"hm\"}}]}\r\r",
    "data:{\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]\n\n"
);

#[test]
fn answers_are_the_same_wherever_they_are_cut() {
    let ollama = decode(OllamaAnswer::default(), &[OLLAMA.as_bytes()]).unwrap();
    let openai = decode(OpenAiAnswer::default(), &[OPENAI.as_bytes()]).unwrap();
    assert_eq!((ollama.len(), openai.len()), (5, 4));
    for first in 0..=OLLAMA.len() {
        for second in first..=OLLAMA.len() {
            let pieces = cut(OLLAMA.as_bytes(), &[first, second]);
            assert_eq!(
                decode(OllamaAnswer::default(), &pieces).unwrap(),
                ollama,
                "cut at {first} and {second}"
            );
        }
    }
    for first in 0..=OPENAI.len() {
        for second in first..=OPENAI.len() {
            let pieces = cut(OPENAI.as_bytes(), &[first, second]);
            assert_eq!(
                decode(OpenAiAnswer::default(), &pieces).unwrap(),
                openai,
                "cut at {first} and {second}"
            );
        }
    }
    let bytes: Vec<&[u8]> = OLLAMA.as_bytes().chunks(1).collect();
    assert_eq!(decode(OllamaAnswer::default(), &bytes).unwrap(), ollama);
    let bytes: Vec<&[u8]> = OPENAI.as_bytes().chunks(1).collect();
    assert_eq!(decode(OpenAiAnswer::default(), &bytes).unwrap(), openai);
}

#[test]
fn comments_types_and_empty_events_are_told_apart() {
    let input = b"\n\nevent: ping\n\nid: 3\n:data: no\ndata\n\ndata:  two\ndata:\n\nevent: error\ndata: e\n\ndata: d\n\n<html>\n";
    let expected = [
        Frame::Data(b""),
        Frame::Data(b" two\n"),
        Frame::Error(b"e"),
        Frame::Data(b"d"),
        Frame::Stray(b"<html>"),
    ];
    assert_eq!(frames(&[input]), expected.map(|frame| format!("{frame:?}")));
}

#[test]
fn a_line_is_too_long_at_exactly_one_byte_more() {
    for (length, fits) in [(MAX_LINE, true), (MAX_LINE + 1, false)] {
        let line = [vec![b'x'; length], b"\n".to_vec()].concat();
        let mut whole = Lines::new();
        whole.push(Bytes::from(line.clone()));
        assert_eq!(whole.next_line().is_ok(), fits);
        let mut parts = Lines::new();
        parts.push(Bytes::copy_from_slice(&line[..1000]));
        assert_eq!(parts.next_line(), Ok(None));
        parts.push(Bytes::copy_from_slice(&line[1000..]));
        assert_eq!(parts.next_line().is_ok(), fits);
    }
}

proptest! {
    #[test]
    fn lines_are_those_of_split(
        bytes in prop::collection::vec(prop::sample::select(b"ab\n\r\xc3".to_vec()), 0..60),
        places in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let mut expected: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        if expected.last().is_some_and(Vec::is_empty) {
            expected.pop();
        }
        prop_assert_eq!(lines(Lines::new(), &cut(&bytes, &places)), expected);
    }

    #[test]
    fn events_do_not_depend_on_the_cuts_or_the_line_ends(
        bytes in prop::collection::vec(prop::sample::select(b"d:\n {\xc3".to_vec()), 0..60),
        prefix in prop::sample::select(vec!["", "data:", "event: error\ndata: x\n", "data: a\n\n"]),
        places in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let input = [prefix.as_bytes(), &bytes].concat();
        let whole = frames(&[&input]);
        prop_assert_eq!(&frames(&cut(&input, &places)), &whole);
        for line_end in ["\r", "\r\n"] {
            let other: Vec<u8> = input
                .iter()
                .flat_map(|byte| if *byte == b'\n' { line_end.as_bytes().to_vec() } else { vec![*byte] })
                .collect();
            prop_assert_eq!(&frames(&cut(&other, &places)), &whole);
        }
    }

    #[test]
    fn noise_never_panics_the_decoders(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        places in prop::collection::vec(any::<usize>(), 0..4),
        at in any::<prop::sample::Index>(),
    ) {
        for (valid, ollama) in [(OLLAMA, true), (OPENAI, false)] {
            let at = at.index(valid.len());
            let input = [&valid.as_bytes()[..at], &noise, &valid.as_bytes()[at..]].concat();
            let pieces = cut(&input, &places);
            let result = if ollama { decode(OllamaAnswer::default(), &pieces) } else { decode(OpenAiAnswer::default(), &pieces) };
            if let Err(error) = result {
                prop_assert!(!error.is_transient());
            }
        }
    }
}
