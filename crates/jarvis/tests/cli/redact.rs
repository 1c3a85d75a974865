//! What must not be read in a log: `jarvis redact`, and the log of a server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::process::{Home, PASSWORD, Server, client};

fn filter() -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jarvis"));
    command.arg("redact").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// What comes out for `input`, and the exit code; nothing may be said on standard error.
fn filtered(input: Vec<u8>) -> (Vec<u8>, Option<i32>) {
    let mut child = filter();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let told = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&told.stderr), "");
    (told.stdout, told.status.code())
}

#[test]
fn what_is_piped_through_is_masked_line_by_line() {
    let log = "user=ada password=hunter2\r\n\
        {\"email\":\"ada@example.org\",\"otp\":123456}\n\
        \n\
        2026-11-22T13:08:57Z INFO jarvis::http: answered status=200\n\
        peer=198.51.100.7:4711 without a line end";
    let masked = "user=ada password=***\r\n\
        {\"email\":\"***@example.org\",\"otp\":\"***\"}\n\
        \n\
        2026-11-22T13:08:57Z INFO jarvis::http: answered status=200\n\
        peer=198.51.*.*:4711 without a line end";
    let (out, code) = filtered(log.into());
    assert_eq!((String::from_utf8(out).unwrap().as_str(), code), (masked, Some(0)));
    assert_eq!(filtered(Vec::new()), (Vec::new(), Some(0)));
}

#[test]
fn bytes_that_are_no_text_stay() {
    let (out, _) = filtered(b"\xff\xfe\x00 token=abcdef\xff \x80\nlatin-1: \xe9t\xe9\n".to_vec());
    assert_eq!(out, b"\xff\xfe\x00 token=*** \x80\nlatin-1: \xe9t\xe9\n");
}

#[test]
fn a_very_long_line_is_masked_to_its_end() {
    // Longer than the longest that is masked in one piece, with a secret across its seam.
    let word = "lorem ipsum ";
    let mut line = word.repeat((16 << 20) / word.len() - 1);
    line.push_str("mail ada@example.org and ");
    line.push_str(&word.repeat(100_000));
    line.push_str("password=hunter2\n");
    let (out, code) = filtered(line.clone().into_bytes());
    let expected = line.replace("ada@", "***@").replace("hunter2", "***");
    assert!(code == Some(0) && out == expected.into_bytes());
}

#[test]
fn a_line_is_there_before_the_next_one_comes() {
    let mut child = filter();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        stdin.write_all(b"password=hunter2\n").unwrap();
        stdin.flush().unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "password=***\n");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let mut child = filter();
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // Until it has noticed: a pipe holds 64 KiB.
    while stdin.write_all(&b"an ordinary line\n".repeat(1000)).is_ok() {}
    drop(stdin);
    let told = child.wait_with_output().unwrap();
    assert_eq!((told.status.code(), String::from_utf8_lossy(&told.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn no_setting_is_needed_to_mask() {
    let home = Home::new();
    let told = home.run(&["redact"], &[("BIND", "nonsense")], "password=hunter2\n");
    assert_eq!((told.code, told.out.as_str(), told.err.as_str()), (0, "password=***\n", ""));
    assert_eq!(home.files(), Vec::<String>::new());
}

/// What a careless model server quotes in its error, and what of it must not be in our log.
const QUOTED: &str = "cannot use key sk-Zq8Wm2Lk9Xv4Bn7Tc1Rp5Yd3Hs6Jg0F for ada@private.example (198.51.100.77), password=hunter2, \
    header Authorization: Bearer b3arer70k3n, see https://x.example/cb?token=qu3ry70k3n or postgres://ada:uRl-pa55@db.example/x, and call 06 39 98 12 34";
const PLANTED: [&str; 8] =
    ["sk-Zq8", "ada@", "100.77", "hunter2", "b3arer70k3n", "qu3ry70k3n", "39 98 12", "uRl-pa55"];

/// A server of models that refuses every question, and says too much.
fn careless_models() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|stream| drop(stream.map(refuse))));
    format!("http://{address}/v1")
}

fn refuse(mut stream: TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        head.extend(byte);
    }
    let (status, body) = if head.starts_with(b"GET ") {
        ("200 OK", json!({"object": "list", "data": [{"id": "tiny", "object": "model"}]}))
    } else {
        ("400 Bad Request", json!({"error": {"message": QUOTED}}))
    };
    let body = body.to_string();
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    drop(stream.write_all(answer.as_bytes()));
}

/// Does with a server what puts secrets into logs elsewhere.
async fn misuse(server: &Server) {
    let (_, body) = server.login("ada", PASSWORD).await;
    let token = body["access_token"].as_str().unwrap().to_owned();
    let url = |path: &str| format!("{}{path}", server.base());
    // The password where the name belongs, in the path and in the query; a token in the address, a key in a header.
    server.login("hunter2-as-a-name", "hunter2").await;
    let requests = [
        client().get(url("/ws?token=qu3ry70k3n")),
        client().get(url("/auth/me?password=hunter2&email=ada@private.example")),
        client().get(url("/hunter2/ada@private.example")),
        client().get(url("/auth/me")).header("x-api-key", "hunter2").bearer_auth("b3arer70k3n"),
        client().post(url("/auth/login")).body("{\"password\":\"hunter2\""),
    ];
    for request in requests {
        request.send().await.unwrap();
    }
    let asked = json!({"message": "hello", "model": "tiny"});
    let asked = client().post(url("/chat")).bearer_auth(token).json(&asked).send().await.unwrap();
    assert!(!asked.status().is_success(), "{}", asked.status());
}

#[tokio::test]
async fn the_log_of_a_server_shows_no_secret() {
    let models = careless_models();
    for format in ["text", "json"] {
        let home = Home::new();
        home.add("ada", &["--password-stdin"], PASSWORD);
        let settings = [
            ("LOG_LEVEL", "trace"),
            ("LOG_FORMAT", format),
            ("OPENAI_BASE_URL", models.as_str()),
            ("OPENAI_API_KEY", "hunter2"),
        ];
        let server = home.serve(&settings);
        misuse(&server).await;
        assert_eq!(server.stop("-TERM", crate::process::PATIENCE).0, 0);
        let log = home.log();
        // It is about the failure, or this would show nothing.
        assert!(log.contains("cannot use key ***") && log.contains("answered"), "{log}");
        for secret in PLANTED.iter().chain(&[PASSWORD]) {
            assert!(!log.contains(secret), "{format}: {secret} in {log}");
        }
        if format == "json" {
            log.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
        }
    }
}
