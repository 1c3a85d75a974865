use super::*;
use axum::body::to_bytes;

const API: &[&str] = &["auth", "health"];

fn fixture(name: &str) -> Option<File> {
    let text = match name {
        "index.html" => "<!doctype html>page",
        "assets/app-1a2b.js" => "export {}",
        "assets/app-1a2b.js.br" => "brotli",
        "assets/app-1a2b.js.gz" => "gzip!",
        "assets/app-1a2b.js.map" => "{\"sources\":[]}",
        "notes.md" => "internal",
        ".hidden.js" => "internal",
        "manifest.webmanifest" => "{}",
        _ => return None,
    };
    // A stand-in for the hash: different texts of ours have different beginnings.
    let mut hash = [0; 32];
    hash.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
    Some(File { bytes: text.as_bytes().into(), hash })
}

fn ask(method: &str, path: &str, headers: &[(HeaderName, &str)]) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    let assets = Assets { find: fixture, api: API };
    assets.serve(&method.parse().unwrap(), &path.parse().unwrap(), &map)
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
}

fn status(method: &str, path: &str, headers: &[(HeaderName, &str)]) -> u16 {
    ask(method, path, headers).status().as_u16()
}

const PAGE: (HeaderName, &str) = (ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

#[tokio::test]
async fn the_root_is_the_page_and_is_asked_for_again_each_time() {
    let response = ask("GET", "/", &[]);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
    assert_eq!(text(response).await, "<!doctype html>page");
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever() {
    let response = ask("GET", "/assets/app-1a2b.js", &[]);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(response.headers()[VARY], "accept-encoding");
    assert_eq!(text(response).await, "export {}");
}

#[tokio::test]
async fn the_best_encoding_that_the_client_takes_is_served() {
    let cases = [
        ("gzip, deflate, br, zstd", Some("br"), "brotli"),
        ("GZIP", Some("gzip"), "gzip!"),
        ("br;q=0, gzip;q=0.5", Some("gzip"), "gzip!"),
        ("br; q=0.0", None, "export {}"),
        ("brx", None, "export {}"),
        ("identity", None, "export {}"),
    ];
    for (accepted, encoding, body) in cases {
        let response = ask("GET", "/assets/app-1a2b.js", &[(ACCEPT_ENCODING, accepted)]);
        let given = response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(given.as_deref(), encoding, "{accepted}");
        assert_eq!(response.headers()[CONTENT_LENGTH], body.len().to_string().as_str());
        assert_eq!(text(response).await, body, "{accepted}");
    }
}

#[tokio::test]
async fn a_client_that_has_the_file_is_told_so() {
    let tag = |encoding: &'static str| {
        let response = ask("GET", "/assets/app-1a2b.js", &[(ACCEPT_ENCODING, encoding)]);
        response.headers()[ETAG].to_str().unwrap().to_owned()
    };
    let (plain, brotli) = (tag("identity"), tag("br"));
    assert_ne!(plain, brotli);
    for given in [plain.clone(), format!("W/{plain}"), format!("\"other\", {plain}"), "*".to_owned()] {
        let response = ask("GET", "/assets/app-1a2b.js", &[(IF_NONE_MATCH, &given)]);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{given}");
        assert_eq!(response.headers()[ETAG], plain.as_str());
        assert_eq!(text(response).await, "");
    }
    assert_eq!(status("GET", "/assets/app-1a2b.js", &[(IF_NONE_MATCH, &brotli)]), 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let (get, head) = (ask("GET", "/", &[]), ask("HEAD", "/", &[]));
    assert_eq!(get.headers(), head.headers());
    assert_eq!(text(head).await, "");
}

#[test]
fn what_is_not_for_browsers_is_not_served() {
    let hidden = [
        "/assets/app-1a2b.js.map",
        "/assets/app-1a2b.js.br",
        "/notes.md",
        "/.hidden.js",
        "/../Cargo.toml",
        "/assets/../index.html",
        "/assets//app-1a2b.js",
        "/assets/%61pp-1a2b.js",
        "/assets/none.js",
        "/none",
    ];
    for path in hidden {
        assert_eq!(status("GET", path, &[]), 404, "{path}");
    }
    assert_eq!(status("GET", "/manifest.webmanifest", &[]), 200);
}

#[tokio::test]
async fn a_path_of_the_web_app_is_the_page_for_people_only() {
    assert_eq!(text(ask("GET", "/conversation/12", &[PAGE])).await, "<!doctype html>page");
    assert_eq!(status("HEAD", "/settings", &[PAGE]), 200);
    assert_eq!(status("GET", "/authors", &[PAGE]), 200);
    assert_eq!(status("GET", "/settings", &[(ACCEPT, "application/json")]), 404);
    assert_eq!(status("GET", "/settings", &[(ACCEPT, "*/*")]), 404);
    assert_eq!(status("POST", "/settings", &[PAGE]), 404);
    for path in ["/auth", "/auth/nothing", "/health/", "/assets/gone-9f.js"] {
        assert_eq!(status("GET", path, &[PAGE]), 404, "{path}");
    }
}

#[test]
fn files_are_only_read() {
    for method in ["POST", "DELETE", "OPTIONS"] {
        assert_eq!(status(method, "/", &[]), 405);
        assert_eq!(status(method, "/assets/app-1a2b.js", &[]), 405);
    }
}

#[tokio::test]
async fn without_a_build_the_page_says_how_to_make_one() {
    let assets = Assets { find: |_| None, api: API };
    let response = assets.serve(&Method::GET, &Uri::from_static("/"), &HeaderMap::new());
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert!(text(response).await.contains("make web"));
}
