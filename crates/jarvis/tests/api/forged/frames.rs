//! First frames of a socket that bring a good token in a form that is not ours.

use serde_json::json;

use super::Stage;
use super::lanes::{Said, knock};

#[tokio::test]
async fn a_first_frame_in_another_form_signs_nobody_in() {
    let stage = Stage::set().await;
    let good = &stage.forger.good;
    let address = "127.0.0.1".parse().unwrap();
    let text = |frame: serde_json::Value| frame.to_string();
    let frames = [
        text(json!({"type": "auth"})),
        text(json!({"type": "auth", "token": null})),
        text(json!({"type": "auth", "token": 1})),
        text(json!({"type": "auth", "token": true})),
        text(json!({"type": "auth", "token": [good]})),
        text(json!({"type": "auth", "token": {"token": good}})),
        text(json!({"type": "auth", "token": good, "role": "admin"})),
        text(json!({"type": "auth", "token": good, "user": null})),
        text(json!({"type": "auth", "access_token": good})),
        text(json!({"type": "auth", "Token": good})),
        text(json!({"type": "Auth", "token": good})),
        text(json!({"type": "AUTH", "token": good})),
        text(json!({"type": "login", "token": good})),
        text(json!({"type": "ping", "token": good})),
        text(json!({"type": "message", "message": "hi", "token": good})),
        text(json!({"type": ["auth"], "token": good})),
        text(json!({"type": null, "token": good})),
        text(json!({"token": good})),
        text(json!({"authorization": format!("Bearer {good}")})),
        text(json!({"type": "auth", "token": format!("Bearer {good}")})),
        text(json!([{"type": "auth", "token": good}])),
        text(json!(["auth", good])),
        text(json!(good)),
        good.clone(),
        format!("Bearer {good}"),
        format!(r#"{{"type":"auth","token":"{good}","token":"{good}"}}"#),
        format!(r#"{{"type":"auth","token":null,"token":"{good}"}}"#),
        format!(r#"{{"type":"auth","token":"{good}","token":null}}"#),
        format!(r#"{{"type":"ping","type":"auth","token":"{good}"}}"#),
        format!(r#"{{"type":"auth","type":"ping","token":"{good}"}}"#),
        format!(r#"{{"type":"auth","token":"{good}""#),
        format!(r#"{{"type":"auth","token":"{good}"}}{{}}"#),
        format!(r#"{{'type':'auth','token':'{good}'}}"#),
        format!(r#"{{"type":"auth","token":"{good}",}}"#),
        format!("\u{feff}{{\"type\":\"auth\",\"token\":\"{good}\"}}"),
        format!("type=auth&token={good}"),
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        "[".repeat(10_000),
        "{\"type\":".repeat(5_000),
    ];
    for frame in &frames {
        let said = knock(stage.app.address, address, "/ws", &[], frame.clone()).await;
        assert_eq!(said, Said::Refused(4401), "{}", frame.replace(good, "TOKEN"));
    }
    let right = json!({"type": "auth", "token": good}).to_string();
    assert_eq!(knock(stage.app.address, address, "/ws", &[], right).await, Said::Accepted);
    stage.app.stop().await;
}
