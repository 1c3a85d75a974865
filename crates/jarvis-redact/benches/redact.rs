//! Megabytes a second: lines as a server writes them, clean and with something to mask in every tenth, and lines made
//! to keep the recognisers busy.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jarvis_redact::redact_bytes;

const LINES: usize = 10_000;

/// A number that differs from line to line.
fn scattered(line: usize) -> u64 {
    u64::try_from(line).unwrap_or_default().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn clean(line: usize) -> String {
    let number = scattered(line);
    let (id, ms) = (number >> 16, number >> 48);
    let time = format!("2026-11-22T13:{:02}:{:02}.{:06}Z", line / 60 % 60, line % 60, ms * 7 % 1_000_000);
    match line % 5 {
        0 => format!(
            "{time}  INFO request{{request_id=0199f3c2-7a11-7cc3-98c4-{id:012x} method=GET}}: jarvis::http: answered path=/conversations/0199f3c2-7a11-7cc3-98c4-{id:012x}/messages status=200 elapsed_ms={ms} bytes={}",
            ms * 31
        ),
        1 => format!(
            "{{\"timestamp\":\"{time}\",\"level\":\"INFO\",\"message\":\"answered\",\"target\":\"jarvis::http\",\"request_id\":\"0199f3c2-7a11-7cc3-98c4-{id:012x}\",\"status\":200,\"elapsed_ms\":{ms},\"peer\":\"127.0.0.1:{}\"}}",
            1024 + ms % 60_000
        ),
        2 => format!(
            "{time}  WARN jarvis_llm::retry: the model server does not answer, trying again attempt={} wait=1.5s error=connection refused (os error 111)",
            ms % 4
        ),
        3 => format!(
            "{time} DEBUG jarvis::chat::run: 512 tokens read, {ms} written, first after 0.35s, model llama3.2:3b-instruct-q4_K_M, conversation {id:x}"
        ),
        _ => format!(
            "{time}  INFO jarvis::jobs: expired sessions removed count={} took={ms}us next in 15m",
            ms % 50
        ),
    }
}

fn dirty(line: usize) -> String {
    let number = scattered(line);
    let text = clean(line);
    match line / 10 % 8 {
        0 => format!("{text} user=ada{number:x}@example.org"),
        1 => format!("{text} peer=198.51.100.{}:443", number % 256),
        2 => format!("{text} password=x{number:x}"),
        3 => format!("{text} \"authorization\": \"Bearer {number:016x}{number:016x}\""),
        4 => format!("{text} url=postgres://ada:{number:x}@db.example.org/jarvis"),
        5 => format!("{text} tel 06 39 98 {:02} {:02}", number % 100, number / 100 % 100),
        6 => format!("{text} GET /ws?token={number:x}&x=1"),
        _ => format!("{text} card 4111 1111 1111 1111"),
    }
}

fn log(dirty_every: usize) -> Vec<String> {
    (0..LINES).map(|line| if line % dirty_every == 0 { dirty(line) } else { clean(line) }).collect()
}

fn bytes(lines: &[String]) -> u64 {
    lines.iter().map(|line| u64::try_from(line.len()).unwrap_or_default()).sum()
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lines");
    for (name, every) in [("clean", usize::MAX), ("10 % dirty", 10), ("all dirty", 1)] {
        let mut lines = log(every);
        // Line 0 is a multiple of everything.
        if every == usize::MAX {
            lines.remove(0);
        }
        let masked = lines
            .iter()
            .filter(|line| matches!(redact_bytes(line.as_bytes()), std::borrow::Cow::Owned(_)))
            .count();
        assert_eq!(masked, if every > LINES { 0 } else { LINES / every }, "{name}");
        group.throughput(Throughput::Bytes(bytes(&lines)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                lines.iter().map(|line| redact_bytes(black_box(line.as_bytes())).len()).sum::<usize>()
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("one text of 1 MB");
    let text = log(usize::MAX).join("\n");
    let seeds: [(&str, &str); 12] = [
        ("clean", ""),
        ("at signs", "a@"),
        ("unclosed quotes", "password=\\\""),
        ("names", "password"),
        ("weak names", "code=\"a"),
        ("URLs", "x://a:b/"),
        ("numbers", "1 "),
        ("card beginnings", "4111 "),
        ("dashes", "----------"),
        ("codes", "ABC1-"),
        ("tokens", "eyJeyJ."),
        ("groups", "2001:db8:"),
    ];
    for (name, seed) in seeds {
        let text =
            if seed.is_empty() { text[..1 << 20].to_owned() } else { seed.repeat((1 << 20) / seed.len()) };
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap_or_default()));
        group.bench_function(name, |bencher| bencher.iter(|| redact_bytes(black_box(text.as_bytes())).len()));
    }
    group.finish();
}

criterion_group!(redaction, benches);
criterion_main!(redaction);
