//! Nothing that was written can be found in what lies on the disk.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::json;

use super::turn;
use crate::support::TestApp;
use crate::talk::empty_conversation;

/// Everything that lies on the disk of a SQLite database, or a dump of a PostgreSQL one.
fn on_the_disk(app: &TestApp) -> Vec<u8> {
    match app.postgres_url() {
        None => ["jarvis.db", "jarvis.db-wal", "jarvis.db-shm"]
            .iter()
            .flat_map(|name| std::fs::read(app.folder().join(name)).unwrap())
            .collect(),
        Some(url) => {
            let dump = std::process::Command::new("pg_dump").arg(url.as_str()).output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            dump.stdout
        }
    }
}

/// Spellings of some bytes: as they are, in hexadecimal, and in base64 from each of the three places in which they can begin.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut found = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for before in 0..3 {
        let text = STANDARD_NO_PAD.encode([&vec![0; before], bytes].concat());
        // Letters at the ends hold bits of the neighbours.
        let inner = text[[0, 2, 3][before]..text.len() - 2].to_owned();
        found.push(inner.replace('+', "-").replace('/', "_").into_bytes());
        found.push(inner.into_bytes());
    }
    found
}

/// A part long enough that it stands nowhere by chance.
fn is_in(disk: &[u8], bytes: &[u8]) -> bool {
    spellings(bytes).iter().any(|spelling| {
        assert!(spelling.len() >= 12);
        disk.windows(spelling.len()).any(|window| window == spelling.as_slice())
    })
}

#[tokio::test]
async fn nothing_of_what_was_written_is_found_on_the_disk() {
    let mut app = TestApp::start().await;
    let ada = app.ada().await;
    let marks = [
        "question-marked-quokka",
        "thinking-marked-quetzal",
        "answer-marked-quoll-é",
        "title-marked-quagga-ü",
        "half-marked-quail-in-the-middle",
        "failure-marked-quelea",
    ];
    let [question, thinking, answer, title, half, failure] = marks;
    let id = turn(&mut app, &ada, None, [question, thinking, answer]).await;
    let renamed = ada.patch(&format!("/conversations/{id}"), json!({"title": title})).await;
    assert_eq!(renamed.json["title"], title);
    let made = ada.post("/conversations", json!({"title": title})).await;
    assert_eq!(made.status, 201);
    // One that fails, with words of the model server's.
    let failing = empty_conversation(&ada).await;
    let mut socket = ada.socket().await;
    socket.watch(&failing).await;
    ada.ask(&failing, question).await;
    let error = jarvis_llm::ModelError::Refused { status: 400, detail: failure.to_owned() };
    app.next_call().await.fail(error).await;
    let failed = socket.until("message.finished").await;
    assert!(failed["message"]["error"]["detail"].as_str().unwrap().contains(failure), "{failed}");
    // One that is still being written, and was saved meanwhile.
    let running = empty_conversation(&ada).await;
    let mut socket = ada.socket().await;
    socket.watch(&running).await;
    ada.ask(&running, question).await;
    let call = app.next_call().await;
    call.text(half).await;
    socket.until("message.delta").await;
    app.app.chats.checkpoint().await.unwrap();
    let seed = ada.post("/auth/2fa/totp", json!({})).await.json["secret"].as_str().unwrap().to_owned();

    let disk = on_the_disk(&app);
    for mark in marks {
        assert!(!is_in(&disk, mark.as_bytes()), "{mark}");
    }
    assert!(!is_in(&disk, seed.as_bytes()) && !is_in(&disk, &from_base32(&seed)), "the seed");
    // The search finds what is there: a name that is no secret, and a sealed record in its own spelling.
    assert!(is_in(&disk, b"ada@example.org"));
    let record = super::Cell::title(&id).read(&app).await.unwrap();
    assert!(is_in(&disk, &record));
    call.stop().await;
    app.stop().await;
}

/// RFC 4648, section 6.
fn from_base32(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        _ => letter - b'2' + 26,
    };
    let bits: Vec<u8> =
        text.bytes().flat_map(|letter| (0..5).rev().map(move |bit| value(letter) >> bit & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

#[tokio::test]
async fn the_search_knows_every_spelling() {
    let mark = b"a mark of some length";
    for before in 0..3 {
        let around = [&b"xyz"[..before], mark, b"more"].concat();
        assert!(is_in(STANDARD_NO_PAD.encode(&around).as_bytes(), mark), "{before}");
        let hex: String = around.iter().map(|byte| format!("{byte:02X}")).collect();
        assert!(is_in(hex.as_bytes(), mark));
    }
    assert!(!is_in(b"another text of another mark", mark));
}
