//! Every refusal is a problem with an id, and says the same to the browser as any answer.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jarvis::models::{Models, Provider};
use jarvis_llm::{ChatRequest, EventStream, Model, ModelError, ModelInfo};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;

use super::is_guarded;
use crate::support::{Client, Reply, TestApp};

async fn send(client: &Client, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Reply {
    Client::send(client.request(method, path).header("content-type", kind).body(body)).await
}

#[tokio::test]
async fn each_refusal_is_a_guarded_problem() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let json = "application/json";
    let cases = [
        (
            send(&ada, Method::POST, "/conversations", json, b"{\"title\":".to_vec()).await,
            (400, "malformed_json"),
        ),
        (send(&ada, Method::POST, "/conversations", json, b"".to_vec()).await, (400, "malformed_json")),
        (send(&ada, Method::POST, "/conversations", json, b"{} {}".to_vec()).await, (400, "malformed_json")),
        (
            send(&ada, Method::POST, "/conversations", json, vec![b'{', 0xff, b'}']).await,
            (400, "malformed_json"),
        ),
        (ada.clone().with("host", "evil.example").get("/auth/me").await, (400, "host_refused")),
        (ada.clone().with("x-http-method-override", "DELETE").get("/auth/me").await, (400, "bad_request")),
        (app.stranger().get("/auth/me").await, (401, "unauthenticated")),
        (
            app.stranger().post("/auth/login", json!({"username": "x", "password": "x"})).await,
            (401, "invalid_credentials"),
        ),
        (app.stranger().with("cookie", "a=b").post("/auth/login", json!({})).await, (403, "origin_refused")),
        (ada.get("/nothing").await, (404, "not_found")),
        (ada.get("/conversations/01a202f6-9c47-748e-ab19-d6261ae385b4").await, (404, "not_found")),
        (ada.delete("/auth/login").await, (405, "method_not_allowed")),
        (ada.post("/", json!({})).await, (405, "method_not_allowed")),
        (
            send(&ada, Method::POST, "/conversations", json, vec![b' '; 257 * 1024]).await,
            (413, "payload_too_large"),
        ),
        (
            send(&ada, Method::POST, "/conversations", "text/plain", b"{}".to_vec()).await,
            (415, "unsupported_media_type"),
        ),
        (
            Client::send(ada.request(Method::POST, "/conversations").body("{}")).await,
            (415, "unsupported_media_type"),
        ),
        (ada.post("/conversations", json!({"titel": "x"})).await, (422, "invalid")),
        (ada.get("/conversations?limit=0").await, (422, "invalid")),
        (ada.get("/conversations?limit=x").await, (422, "invalid")),
        (ada.get("/conversations?offset=7").await, (422, "invalid")),
    ];
    for (reply, expected) in &cases {
        assert_eq!(reply.problem(), *expected, "{}", reply.text);
        is_guarded(reply);
        assert_eq!(reply.headers["cache-control"], "no-store");
        for field in ["type", "title", "detail"] {
            assert!(
                reply.json[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {}",
                reply.text
            );
        }
        assert_eq!(reply.json["errors"].is_array(), expected.0 == 422, "{}", reply.text);
        assert_eq!(reply.headers.contains_key("www-authenticate"), expected.0 == 401, "{}", reply.text);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_read() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let mut body = b"{}".to_vec();
    body.resize(256 * 1024, b' ');
    assert_eq!(send(&ada, Method::POST, "/conversations", "application/json", body).await.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn a_body_of_unknown_size_is_cut_at_the_same_limit() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let pieces = (0..257).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = ada.request(Method::POST, "/conversations").header("content-type", "application/json");
    let reply = Client::send(request.body(body)).await;
    assert_eq!(reply.problem(), (413, "payload_too_large"));
    app.stop().await;
}

#[tokio::test]
async fn what_is_nested_without_end_is_refused() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for text in ["[".repeat(100_000), "{\"title\":".repeat(20_000)] {
        let reply = send(&ada, Method::POST, "/conversations", "application/json", text.into_bytes()).await;
        assert!(matches!(reply.problem(), (400, "malformed_json") | (422, "invalid")), "{}", reply.text);
    }
    app.stop().await;
}

#[tokio::test]
async fn the_request_id_is_ours_and_never_the_same() {
    let app = TestApp::start().await;
    let client = app.stranger().with("x-request-id", "forged\" level=ERROR");
    let (one, two) = (client.get("/health/live").await, client.get("/health/live").await);
    is_guarded(&one);
    assert_ne!(one.headers["x-request-id"], two.headers["x-request-id"]);
    app.stop().await;
}

/// A model server whose very list breaks.
struct Broken;

impl Model for Broken {
    fn chat(&self, _: ChatRequest) -> EventStream {
        panic!("secret of the house")
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>> {
        panic!("secret of the house")
    }

    fn describe<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<ModelInfo, ModelError>> {
        panic!("secret of the house")
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        panic!("secret of the house")
    }

    fn address(&self) -> &str {
        "nowhere"
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_is_a_problem_and_the_server_lives() {
    let test = TestApp::start().await;
    let ada = test.ada().await;
    let broken = Provider { id: "ollama", model: Arc::new(Broken), preferred: None };
    let app = test.beside_with(Some(Models::new(vec![broken]))).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    test.app.tasks.spawn("listener", jarvis::server::listen(listener, app));
    let token = ada.token.unwrap();
    for _ in 0..2 {
        let http = reqwest::Client::builder().build().unwrap();
        let answer = http.get(format!("http://{address}/models")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), 500);
        let headers = answer.headers().clone();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("secret of the house"), "{text}");
        let json = serde_json::from_str(&text).unwrap();
        let reply = Reply { status: 500, headers, text, json };
        assert_eq!(reply.problem(), (500, "internal"));
        is_guarded(&reply);
        let answer = http.get(format!("http://{address}/auth/me")).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    test.stop().await;
}
