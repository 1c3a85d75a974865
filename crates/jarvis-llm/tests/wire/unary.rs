use futures_util::future::join;
use jarvis_llm::{ModelError, ModelInfo};
use serde_json::Value;

use crate::server::{Server, Step, response};
use crate::{Model, both, ollama, openai};

fn info(name: &str, context_tokens: Option<u32>) -> ModelInfo {
    ModelInfo { name: name.to_owned(), context_tokens }
}

async fn path(server: &mut Server) -> String {
    server.requests.recv().await.unwrap().head.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn ollama_lists_its_models() {
    let body =
        r#"{"models":[{"name":"qwen3:8b","model":"qwen3:8b","size":1,"details":{}},{"name":"gemma3"}]}"#;
    let mut server = Server::always(response(200, "", body)).await;
    assert_eq!(ollama(&server.url).list().await, Ok(vec![info("qwen3:8b", None), info("gemma3", None)]));
    assert_eq!(path(&mut server).await, "get /api/tags http/1.1");
}

#[tokio::test]
async fn ollama_tells_the_context_length_of_the_model_and_not_of_its_eye() {
    let body = r#"{"license":"x","model_info":{"clip.vision.context_length":77,"general.architecture":"qwen3","qwen3.context_length":40960,"tokenizer.ggml.tokens":null}}"#;
    let mut server = Server::always(response(200, "", body)).await;
    assert_eq!(ollama(&server.url).describe("qwen3:8b").await, Ok(info("qwen3:8b", Some(40960))));
    let received = server.requests.recv().await.unwrap();
    assert!(received.head.starts_with("post /api/show "));
    assert_eq!(
        serde_json::from_str::<Value>(&received.body).unwrap(),
        serde_json::json!({"model": "qwen3:8b"})
    );

    for (body, length) in [
        (r#"{"model_info":{"llama.context_length":8192}}"#, Some(8192)),
        (r#"{"model_info":{"llama.context_length":"long"}}"#, None),
        (r#"{"model_info":{"llama.context_length":99999999999}}"#, None),
        ("{}", None),
    ] {
        let server = Server::always(response(200, "", body)).await;
        assert_eq!(ollama(&server.url).describe("m").await, Ok(info("m", length)), "{body}");
    }
}

#[tokio::test]
async fn openai_lists_and_describes_with_whatever_length_the_server_tells() {
    let body = r#"{"object":"list","data":[{"id":"a","object":"model"},{"id":"b","max_model_len":4096},{"id":"c/d","context_length":8192},{"id":"e","context_window":16384}]}"#;
    let mut server = Server::always(response(200, "", body)).await;
    let model = openai(&server.url);
    let all = vec![info("a", None), info("b", Some(4096)), info("c/d", Some(8192)), info("e", Some(16384))];
    assert_eq!(model.list().await, Ok(all));
    assert_eq!(path(&mut server).await, "get /v1/models http/1.1");
    assert_eq!(model.describe("c/d").await, Ok(info("c/d", Some(8192))));
    assert_eq!(model.describe("z").await, Err(ModelError::ModelNotFound { detail: "z".to_owned() }));
}

#[tokio::test]
async fn a_probe_tells_the_right_server_from_another_one() {
    let server = Server::always(response(200, "", r#"{"version":"0.12.0"}"#)).await;
    assert_eq!(ollama(&server.url).probe().await, Ok(()));
    assert_eq!(openai(&server.url).probe().await.unwrap_err().code(), "bad_response");
    let server = Server::always(response(200, "content-type: text/html\r\n", "<h1>It works!</h1>")).await;
    for model in both(&server.url) {
        assert_eq!(model.probe().await.unwrap_err().code(), "bad_response");
        assert_eq!(model.list().await.unwrap_err().code(), "bad_response");
        assert_eq!(model.describe("m").await.unwrap_err().code(), "bad_response");
    }
    let server = Server::always(response(404, "", r#"{"error":"model 'm' not found"}"#)).await;
    assert_eq!(ollama(&server.url).describe("m").await.unwrap_err().code(), "model_not_found");
}

#[tokio::test]
async fn nothing_but_a_chat_is_waited_for_longer_than_ten_seconds() {
    let mut server = Server::always(vec![Step::Hang]).await;
    for model in both(&server.url) {
        let received = async {
            server.requests.recv().await.unwrap();
            tokio::time::pause();
        };
        let (listed, ()) = join(model.list(), received).await;
        assert_eq!(listed.unwrap_err().code(), "unreachable");
        tokio::time::resume();
    }
}
