//! Every operation of the API, called by everybody who should not.

use jarvis::auth::gate::is_public;
use jarvis::users::Role;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Client, TestApp};

/// Every (method, path template) of the OpenAPI document, with ids that belong to nobody.
fn operations() -> Vec<(Method, String, String)> {
    let document = serde_json::to_value(jarvis::server::openapi()).unwrap();
    let nobody = "01a202f6-9c47-748e-ab19-d6261ae385b4";
    let paths = document["paths"].as_object().unwrap().clone();
    paths
        .into_iter()
        .flat_map(|(path, methods)| {
            let methods: Vec<String> =
                methods.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
            methods
                .into_iter()
                .map(move |method| (method.parse().unwrap(), path.clone(), path.replace("{id}", nobody)))
        })
        .collect()
}

async fn call(client: &Client, method: Method, path: &str) -> (u16, Value) {
    let request = client.request(method, path).header("content-type", "application/json").body("{}");
    let reply = Client::send(request).await;
    (reply.status, reply.json)
}

#[tokio::test]
async fn nothing_private_answers_a_stranger() {
    let app = TestApp::start().await;
    let operations = operations();
    assert!(operations.len() >= 20, "{}", operations.len());
    let forged = app.stranger().with_token("eyJhbGciOiJub25lIn0.e30.");
    for (method, template, path) in operations {
        for client in [app.stranger(), forged.clone()] {
            let (status, json) = call(&client, method.clone(), &path).await;
            if template == "/auth/refresh" {
                // Public, because it has a credential of its own kind.
                assert_eq!(status, 401);
            } else if is_public(&method, &template) {
                assert_ne!(
                    (status, json["code"].as_str()),
                    (401, Some("unauthenticated")),
                    "{method} {template}"
                );
            } else {
                assert_eq!(
                    (status, json["code"].as_str()),
                    (401, Some("unauthenticated")),
                    "{method} {template}"
                );
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_another_persons_does_not_exist() {
    let mut app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let root = app.user("root", Role::Superuser).await;
    let sent = ada.post("/chat", serde_json::json!({"message": "hello"}));
    let answer = async {
        let call = app.next_call().await;
        call.text("hi").await;
        call.stop().await;
    };
    let (reply, ()) = tokio::join!(sent, answer);
    let id = reply.json["conversation_id"].as_str().unwrap().to_owned();
    for client in [&bob, &root] {
        for (method, _, path) in operations().into_iter().filter(|(_, template, _)| template.contains("{id}"))
        {
            let path = path.replace("01a202f6-9c47-748e-ab19-d6261ae385b4", &id);
            let (status, json) = call(client, method.clone(), &path).await;
            // A body that does not fit may be told first: it says nothing about the conversation.
            assert!(
                (status, json["code"].as_str()) == (404, Some("not_found")) || status == 422,
                "{method} {path}: {status} {json}"
            );
        }
        let body = serde_json::json!({"message": "mine now", "conversation_id": id});
        assert_eq!(client.post("/chat", body).await.problem(), (404, "not_found"));
        let body = serde_json::json!({"message": "mine now"});
        assert_eq!(
            client.post(&format!("/conversations/{id}/messages"), body).await.problem(),
            (404, "not_found")
        );
        assert_eq!(
            client.patch(&format!("/conversations/{id}"), serde_json::json!({"title": "x"})).await.status,
            404
        );
        let mut socket = client.socket().await;
        for kind in ["subscribe", "stop", "message"] {
            socket.say(serde_json::json!({"type": kind, "conversation_id": id, "message": "x"})).await;
            let frame = socket.next().await;
            assert_eq!(frame["type"], "error", "{kind}: {frame}");
        }
        socket.say(serde_json::json!({"type": "subscribe", "conversation_id": id})).await;
        assert_eq!(socket.next().await["code"], "not_found");
    }
    assert_eq!(ada.get(&format!("/conversations/{id}")).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    assert_eq!(ada.get("/conversations/not-an-id").await.problem(), (404, "not_found"));
    assert_eq!(ada.get("/chat/nothing").await.problem(), (404, "not_found"));
    assert_eq!(ada.delete("/models").await.problem(), (405, "method_not_allowed"));
    assert_eq!(app.stranger().get("/../../etc/passwd").await.problem(), (404, "not_found"));
    app.stop().await;
}
