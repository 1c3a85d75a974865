//! What a token costs between the socket and the application: splitting alone, then splitting and decoding, with one
//! frame a read (a model that writes at human speed) and with many (a fast one).

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jarvis_llm::parsers::{Decode, Events, Lines, OllamaAnswer, OpenAiAnswer};
use serde_json::Value;

const TOKENS: u64 = 1000;
/// A read of a fast answer, in bytes.
const READ: usize = 16 << 10;

fn ollama() -> Vec<Vec<u8>> {
    let token = |n| {
        format!(
            "{{\"model\":\"llama3.2\",\"created_at\":\"2026-11-22T10:11:12.{n:06}Z\",\
             \"message\":{{\"role\":\"assistant\",\"content\":\" token\"}},\"done\":false}}\n"
        )
    };
    (0..TOKENS).map(|n| token(n).into_bytes()).collect()
}

fn openai() -> Vec<Vec<u8>> {
    let token = |n| {
        format!(
            "data: {{\"id\":\"chatcmpl-{n:06}\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\
             \"model\":\"gpt\",\"system_fingerprint\":\"fp_0\",\"choices\":[{{\"index\":0,\
             \"delta\":{{\"content\":\" token\"}},\"logprobs\":null,\"finish_reason\":null}}]}}\n\n"
        )
    };
    (0..TOKENS).map(|n| token(n).into_bytes()).collect()
}

fn decode(mut decoder: impl Decode, reads: &[Bytes]) -> usize {
    let mut events = 0;
    for read in reads {
        decoder.push(read.clone());
        while let Ok(Some(event)) = decoder.next_event() {
            black_box(event);
            events += 1;
        }
    }
    events
}

fn lines(mut lines: Lines, reads: &[Bytes]) -> usize {
    let mut bytes = 0;
    for read in reads {
        lines.push(read.clone());
        while let Ok(Some(line)) = lines.next_line() {
            bytes += black_box(line).len();
        }
    }
    bytes
}

fn frames(mut events: Events, reads: &[Bytes]) -> usize {
    let mut frames = 0;
    for read in reads {
        events.push(read.clone());
        while let Ok(Some(frame)) = events.next_frame() {
            black_box(frame);
            frames += 1;
        }
    }
    frames
}

/// What a straightforward client does with each frame: the yardstick.
fn as_value(tokens: &[Vec<u8>]) -> usize {
    let json =
        |token: &[u8]| serde_json::from_slice::<Value>(token.strip_prefix(b"data: ").unwrap_or(token)).ok();
    tokens.iter().filter_map(|token| black_box(json(token))).count()
}

fn measure(
    c: &mut Criterion,
    protocol: &str,
    tokens: &[Vec<u8>],
    split: fn(&[Bytes]) -> usize,
    whole: fn(&[Bytes]) -> usize,
) {
    let all = tokens.concat();
    let one_each: Vec<Bytes> = tokens.iter().cloned().map(Bytes::from).collect();
    let many: Vec<Bytes> = all.chunks(READ).map(Bytes::copy_from_slice).collect();
    for (shape, reads) in [("one frame a read", one_each), ("16 KiB reads", many)] {
        for (unit, throughput) in [
            ("bytes", Throughput::Bytes(u64::try_from(all.len()).unwrap_or(0))),
            ("tokens", Throughput::Elements(TOKENS)),
        ] {
            let mut group = c.benchmark_group(format!("{protocol}, {shape}, {unit}"));
            group.throughput(throughput);
            group
                .sample_size(30)
                .warm_up_time(Duration::from_millis(300))
                .measurement_time(Duration::from_secs(1));
            let reads = || reads.clone();
            group.bench_function("split", |b| {
                b.iter_batched_ref(reads, |reads| split(reads), BatchSize::SmallInput)
            });
            group.bench_function("decode", |b| {
                b.iter_batched_ref(reads, |reads| whole(reads), BatchSize::SmallInput)
            });
            group.finish();
        }
    }
    let mut group = c.benchmark_group(format!("{protocol}, yardstick, tokens"));
    group.throughput(Throughput::Elements(TOKENS));
    group.sample_size(30).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.bench_function("serde_json::Value", |b| b.iter(|| as_value(tokens)));
    group.finish();
}

fn parsers(c: &mut Criterion) {
    let (split, whole) = (
        |reads: &[Bytes]| lines(Lines::new(), reads),
        |reads: &[Bytes]| decode(OllamaAnswer::default(), reads),
    );
    measure(c, "ollama", &ollama(), split, whole);
    let (split, whole) = (
        |reads: &[Bytes]| frames(Events::new(), reads),
        |reads: &[Bytes]| decode(OpenAiAnswer::default(), reads),
    );
    measure(c, "openai", &openai(), split, whole);
}

criterion_group!(benches, parsers);
criterion_main!(benches);
