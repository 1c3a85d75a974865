//! Where a request ends: two opinions about it would let one request hide in another.

use super::{Case, Expect, case, survive};
use crate::support::TestApp;

const HIDDEN: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const POST: &str = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
/// Ends at once by its chunks, and much later by its length.
const CHUNKS: &str = "2\r\n{}\r\n0\r\n\r\n";

/// Ways to write, or nearly write, that a body comes in chunks.
const ENCODINGS: [&str; 34] = [
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunkedx",
    "Transfer-Encoding: chunk",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: cow",
    "Transfer-Encoding:",
    "Transfer-Encoding: ,",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: chunked, cow",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: 'chunked'",
    "Transfer-Encoding: chunked;",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding: chunked\x0b",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding: chunked\x0c",
    "Transfer-Encoding: chunked\x01",
    "Transfer-Encoding: ch\x00unked",
    "Transfer-Encoding: chunked\r",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding\t: chunked",
    " Transfer-Encoding: chunked",
    "\tTransfer-Encoding: chunked",
    "Transfer-Encoding\r\n: chunked",
    "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding: x\r\n chunked",
    "Transfer-Encoding\x00: chunked",
    "Transfer\u{2010}Encoding: chunked",
    "X: y\rTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: \u{ff43}hunked",
    "Transfer-Encoding: identity\r\n\t, chunkedx",
];

const LENGTHS: [&str; 26] = [
    "Content-Length: 2\r\nContent-Length: 3",
    "Content-Length: 2\r\nContent-Length: 70",
    "Content-Length: 2, 70",
    "Content-Length: 2,2",
    "Content-Length: +2",
    "Content-Length: -2",
    "Content-Length: -0",
    "Content-Length: 0x2",
    "Content-Length: 2h",
    "Content-Length: 2.0",
    "Content-Length: 2e0",
    "Content-Length: two",
    "Content-Length:",
    "Content-Length: \"2\"",
    "Content-Length: 2 2",
    "Content-Length: 2;",
    "Content-Length: 18446744073709551618",
    "Content-Length: 99999999999999999999999999999999",
    "Content-Length: \u{662}",
    "Content-Length : 2",
    "Content-Length\t: 2",
    " Content-Length: 2",
    "Content-Length: 2\r\n 0",
    "Content-Length: 2\x0b",
    "Content-Length: 2\x00",
    "Content-Length\x00: 2",
];

/// Sizes of a first chunk of two bytes, or nearly.
const SIZES: [&str; 20] = [
    "+2",
    "-2",
    "0x2",
    " ",
    "",
    "g",
    "2g",
    "2 2",
    "2,",
    "2\x00",
    "2\x0b",
    "\x0b2",
    "2\r",
    "2.0",
    "2_",
    "\u{662}",
    "10000000000000000",
    "fffffffffffffffff",
    "2;a\nb",
    "-1",
];

/// What follows the two bytes of the first chunk, instead of its end.
const ENDS: [&str; 8] = ["", "\n", "\r", "\n\r", "x\r\n", "\r\r\n", " \r\n", "\0\r\n"];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in ENCODINGS {
        let bytes = format!("{POST}{line}\r\n\r\n{CHUNKS}{HIDDEN}");
        cases.push(case(format!("{line:?}"), bytes, Expect::Refused));
        let length = CHUNKS.len() + HIDDEN.len();
        for (first, second) in [
            (line.to_owned(), format!("Content-Length: {length}")),
            (format!("Content-Length: {length}"), line.to_owned()),
        ] {
            let bytes = format!("{POST}{first}\r\n{second}\r\n\r\n{CHUNKS}{HIDDEN}");
            cases.push(case(format!("{first:?}, {second:?}"), bytes, Expect::Refused));
        }
    }
    for line in LENGTHS {
        cases.push(case(format!("{line:?}"), format!("{POST}{line}\r\n\r\n{{}}{HIDDEN}"), Expect::Refused));
    }
    // Both, well written: the chunks count and the connection ends (RFC 9112, section 6.1).
    for encoding in [
        "chunked",
        "Chunked",
        "CHUNKED",
        "\tchunked ",
        "gzip, chunked",
        "chunked, chunked",
        "identity, chunked",
        "chunked\r\nTransfer-Encoding: chunked",
    ] {
        for length in ["0", "2", "4", "70", "999"] {
            for lines in [
                format!("Transfer-Encoding: {encoding}\r\nContent-Length: {length}"),
                format!("Content-Length: {length}\r\nTransfer-Encoding: {encoding}"),
            ] {
                cases.push(case(
                    format!("{lines:?}"),
                    format!("{POST}{lines}\r\n\r\n{CHUNKS}{HIDDEN}"),
                    Expect::One,
                ));
            }
        }
    }
    let chunked = format!("{POST}Transfer-Encoding: chunked\r\n\r\n");
    for size in SIZES {
        cases.push(case(
            format!("size {size:?}"),
            format!("{chunked}{size}\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"),
            Expect::Refused,
        ));
    }
    for end in ENDS {
        cases.push(case(
            format!("end {end:?}"),
            format!("{chunked}2\r\n{{}}{end}0\r\n\r\n{HIDDEN}"),
            Expect::Refused,
        ));
    }
    let long = |count: usize| "x".repeat(count);
    for (what, body) in [
        ("a long extension", format!("2;{}\r\n{{}}\r\n0\r\n\r\n", long(40_000))),
        ("long extensions", format!("1;{0}\r\n{{\r\n1;{0}\r\n}}\r\n0\r\n\r\n", long(12_000))),
        ("long trailers", format!("2\r\n{{}}\r\n0\r\nX: {}\r\n\r\n", long(40_000))),
        ("many trailers", format!("2\r\n{{}}\r\n0\r\n{}\r\n", "X: y\r\n".repeat(2_000))),
        ("a body without end", "1\r\nx\r\n".repeat(300_000)),
    ] {
        cases.push(case(what, format!("{chunked}{body}{HIDDEN}"), Expect::One));
    }
    // Two, however it is written: what follows is another request.
    let digits = format!("{}2", "0".repeat(500));
    for size in [&*digits, "2", "02", "2;", "2;a", "2;a=b", "2;a=\"b\"", "2 ", "2\t", "2;\0"] {
        let bytes = format!("{chunked}{size}\r\n{{}}\r\n0\r\n\r\n{HIDDEN}");
        cases.push(case(format!("two as {size:?}"), bytes, Expect::Any));
    }
    // Trailers are not headers.
    for trailer in [
        "Host: evil.example",
        "Content-Length: 5",
        "Transfer-Encoding: cow",
        "Authorization: Bearer x",
        "Origin: https://evil.example",
    ] {
        let bytes = format!("{chunked}2\r\n{{}}\r\n0\r\n{trailer}\r\n\r\n{HIDDEN}");
        cases.push(case(format!("trailer {trailer}"), bytes, Expect::Any));
    }
    // Lengths and chunks where nothing is read.
    for line in [
        "GET /health/live",
        "HEAD /health/live",
        "OPTIONS /auth/login",
        "DELETE /auth/login",
        "GET /nothing",
        "POST /nothing",
    ] {
        for both in ["Transfer-Encoding: cow", "Content-Length: 2\r\nContent-Length: 3", "Content-Length: x"]
        {
            let bytes = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{both}\r\n\r\n{CHUNKS}{HIDDEN}");
            cases.push(case(format!("{line} {both:?}"), bytes, Expect::Refused));
        }
    }
    cases
}

#[tokio::test]
async fn no_request_hides_in_another() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    survive(&app, &ada, cases(), 200).await;
    app.stop().await;
}
