//! The description of the API that clients are generated from.

use crate::support::TestApp;

/// `web/openapi.json`: the page's types are made from it.
const KEPT: &str = include_str!("../../../../web/openapi.json");

#[test]
fn the_kept_description_is_the_one_the_code_gives() {
    let generated = jarvis::server::openapi().to_pretty_json().unwrap() + "\n";
    assert!(
        generated == KEPT,
        "web/openapi.json is not what the code says. Make it again with `make openapi`, and look at the difference."
    );
}

#[tokio::test]
async fn the_server_describes_itself_to_anybody() {
    let app = TestApp::start().await;
    let reply = app.stranger().get("/openapi.json").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.json, serde_json::to_value(jarvis::server::openapi()).unwrap());
    app.stop().await;
}
