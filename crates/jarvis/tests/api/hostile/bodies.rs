//! Bodies: how they are encoded, what they call themselves, and what is in them.

use super::{Case, Expect, MARK, case, request, signed_in, survive};
use crate::support::TestApp;

const JSON: &str = "Content-Type: application/json\r\n";

/// `{}` as gzip (stored, RFC 1951 3.2.4), and the start of a bomb.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x02\0\xfd\xff{}\x43\xbf\xa6\xa3\x02\0\0\0";
const ZLIB: &[u8] = b"x\x01\x01\x02\0\xfd\xff{}\x01\x75\0\xf9";

const ENCODINGS: [&str; 18] = [
    "gzip",
    "x-gzip",
    "GZIP",
    "deflate",
    "br",
    "zstd",
    "compress",
    "x-compress",
    "gzip, gzip",
    "identity, gzip",
    "gzip,identity",
    "exi",
    "pack200-gzip",
    "aes128gcm",
    "*",
    "",
    "identity;q=1",
    "zQ9kX7",
];

const CHARSETS: [&str; 20] = [
    "utf-16",
    "utf-16le",
    "UTF-16BE",
    "utf-32",
    "utf-7",
    "utf7",
    "iso-8859-1",
    "latin1",
    "windows-1252",
    "us-ascii",
    "shift_jis",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "iso-2022-kr",
    "ibm037",
    "cp875",
    "x-user-defined",
    "zQ9kX7",
];

const KINDS: [&str; 30] = [
    "",
    ";",
    "json",
    "application",
    "application/",
    "/json",
    "text/plain",
    "text/json",
    "text/html",
    "text/javascript",
    "application/jsonp",
    "application/xjson",
    "application/json/x",
    "application/json+x",
    "application/+json",
    "application/json, text/plain",
    "text/plain, application/json",
    "application/json x",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=application/json",
    "application/octet-stream",
    "application/x-ndjson",
    "application/json-seq",
    "*/*",
    "application/*",
    "\"application/json\"",
    "application\\json",
    "application/j\u{455}on",
];

/// No UTF-8, inside a JSON text.
const BYTES: [(&str, &[u8]); 24] = [
    ("a lone continuation", b"\x80"),
    ("two of them", b"\xbf\xbf"),
    ("a lone start of two", b"\xc3"),
    ("a lone start of three", b"\xe2\x82"),
    ("a lone start of four", b"\xf0\x9f\x98"),
    ("a start and a letter", b"\xc3("),
    ("an overlong slash", b"\xc0\xaf"),
    ("an overlong NUL", b"\xc0\x80"),
    ("an overlong quote", b"\xc0\xa2"),
    ("an overlong quote of three", b"\xe0\x80\xa2"),
    ("an overlong less-than", b"\xc0\xbc"),
    ("an overlong of four", b"\xf0\x80\x80\xbc"),
    ("a high surrogate", b"\xed\xa0\x80"),
    ("a low surrogate", b"\xed\xbf\xbf"),
    ("a pair of them (CESU-8)", b"\xed\xa0\xbd\xed\xb8\x80"),
    ("above the last character", b"\xf4\x90\x80\x80"),
    ("five bytes", b"\xf8\x88\x80\x80\x80"),
    ("six bytes", b"\xfc\x84\x80\x80\x80\x80"),
    ("FE", b"\xfe"),
    ("FF", b"\xff"),
    ("Latin-1", b"caf\xe9"),
    ("UTF-7 as it is", b"+ADw-script+AD4-\xff"),
    ("a NUL", b"\0"),
    ("a line feed", b"\n"),
];

/// Whole bodies.
fn wholes() -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        let pairs =
            text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        pairs.collect()
    };
    vec![
        ("UTF-16, little", utf16("{\"title\":\"x\"}", true)),
        ("UTF-16, big", utf16("{\"title\":\"x\"}", false)),
        ("UTF-16 with a mark", [b"\xff\xfe".to_vec(), utf16("{}", true)].concat()),
        ("UTF-8 with a mark", b"\xef\xbb\xbf{}".to_vec()),
        ("UTF-32", b"{\0\0\0}\0\0\0".to_vec()),
        ("EBCDIC", b"\xc0\xd0".to_vec()),
        ("gzip that says nothing of it", GZIP.to_vec()),
        ("zlib that says nothing of it", ZLIB.to_vec()),
        ("65 deep", format!("{}{}", "{\"title\":".repeat(65), "}".repeat(65)).into_bytes()),
        ("100,000 deep", b"[".repeat(100_000)),
        ("80,000 pairs deep", b"{\"a\":[".repeat(40_000)),
        ("a lone escape", b"{\"title\":\"\\ud800\"}".to_vec()),
        ("two low escapes", b"{\"title\":\"\\udc00\\udc00\"}".to_vec()),
        ("a short escape", b"{\"title\":\"\\u12\"}".to_vec()),
        ("an escape that is none", b"{\"title\":\"\\x41\"}".to_vec()),
        ("a number without end", format!("{{\"title\":{}}}", "9".repeat(200_000)).into_bytes()),
        ("an exponent without end", b"{\"title\":1e999999999}".to_vec()),
        ("twice the same name", b"{\"title\":\"a\",\"title\":\"b\"}".to_vec()),
        ("twice, once disguised", b"{\"title\":\"a\",\"\\u0074itle\":\"b\"}".to_vec()),
        ("a prototype", format!("{{\"__proto__\":{{\"role\":\"{MARK}\"}}}}").into_bytes()),
        ("a name of ours", format!("{{\"{}\":1}}", MARK.replace('"', "")).into_bytes()),
        ("a name without end", format!("{{\"{}\":1}}", "zQ9kX7".repeat(20_000)).into_bytes()),
        ("a value of ours", format!("{{\"title\":[\"{MARK}\"]}}").into_bytes()),
        ("behind the end", format!("{{}}{MARK}").into_bytes()),
        ("no JSON at all", MARK.as_bytes().to_vec()),
        ("a NUL in a text", b"{\"title\":\"\\u0000\"}".to_vec()),
        ("300,000 bytes", format!("{{\"title\":\"{}\"}}", "x".repeat(300_000)).into_bytes()),
        (
            "XML",
            format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;{MARK}</x>").into_bytes(),
        ),
        ("YAML", b"!!python/object/apply:os.system [id]".to_vec()),
        ("a Java object", b"\xac\xed\0\x05sr\0".to_vec()),
    ]
}

fn forms() -> Vec<Vec<u8>> {
    let forms = [
        "username=%00&password=x",
        "username=%ff%fe&password=x",
        "username=%c0%af&password=x",
        "username=%&password=%",
        "username=%zz&password=%1",
        "username[]=a&password[]=b",
        "username[$ne]=a&password[$gt]=",
        "username=a&username=b&password=x",
        "username=a",
        "&&&&",
        "=",
        "%",
        "username=a;password=b",
        "username=a&password=b&is_admin=true",
        "username=zQ9kX7%3Csvg%2Fonload%3Dk(1)%3E&password=%0d%0aSet-Cookie:a=b",
    ];
    let mut forms: Vec<Vec<u8>> = forms.map(|form| form.as_bytes().to_vec()).into();
    forms.push(b"username=\xff\xfe&password=\x00".to_vec());
    forms.push("a=b&".repeat(50_000).into_bytes());
    forms
}

fn cases(token: &str) -> Vec<Case> {
    const LOGIN: &str = "POST /auth/login";
    const MADE: &str = "POST /conversations";
    let login = format!("{{\"username\":\"{MARK}\",\"password\":\"x\"}}");
    let mut cases = Vec::new();
    for encoding in ENCODINGS {
        for (kind, body) in [("plain", login.as_bytes()), ("gzip", GZIP), ("zlib", ZLIB)] {
            let headers = format!("{JSON}Content-Encoding: {encoding}\r\n");
            cases.push(case(
                format!("{encoding:?} over {kind}"),
                request(LOGIN, &headers, body),
                Expect::Only(&[415]),
            ));
        }
    }
    for charset in CHARSETS {
        for form in [
            format!("; charset={charset}"),
            format!(";charset=\"{charset}\""),
            format!("; charset=utf-8; CHARSET={charset}"),
        ] {
            let headers = format!("Content-Type: application/json{form}\r\n");
            let bytes = request(LOGIN, &headers, login.as_bytes());
            cases.push(case(form, bytes, Expect::Only(&[415])));
        }
    }
    for kind in KINDS {
        let bytes = request(MADE, &format!("{token}Content-Type: {kind}\r\n"), b"{\"title\":\"zQ9kX7\"}");
        cases.push(case(format!("as {kind:?}"), bytes, Expect::Only(&[415])));
    }
    // The same again is no contradiction, and signs nobody in with a wrong password.
    let seconds: [(&str, &'static [u16]); 4] = [
        ("text/plain", &[415]),
        ("application/json; charset=utf-8", &[415]),
        ("application/x-www-form-urlencoded", &[415]),
        ("application/json", &[401]),
    ];
    for (second, statuses) in seconds {
        let headers = format!("{JSON}Content-Type: {second}\r\n");
        cases.push(case(
            format!("JSON and {second}"),
            request(LOGIN, &headers, login.as_bytes()),
            Expect::Only(statuses),
        ));
    }
    for (what, bytes) in BYTES {
        let body = [b"{\"title\":\"".as_slice(), bytes, b"\"}"].concat();
        cases.push(case(what, request(MADE, &format!("{token}{JSON}"), &body), Expect::Only(&[400])));
    }
    for (what, body) in wholes() {
        let bytes = request(MADE, &format!("{token}{JSON}"), &body);
        cases.push(case(what, bytes, Expect::Only(&[400, 413, 422])));
    }
    for (number, body) in forms().into_iter().enumerate() {
        let bytes = request(LOGIN, "Content-Type: application/x-www-form-urlencoded\r\n", &body);
        cases.push(case(format!("form {number}"), bytes, Expect::Only(&[400, 401, 422])));
    }
    cases
}

#[tokio::test]
async fn no_body_is_taken_for_what_it_is_not() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    survive(&app, &ada, cases(&signed_in(&ada)), 200).await;
    assert_eq!(ada.get("/conversations").await.json["items"].as_array().unwrap().len(), 0);
    app.stop().await;
}
