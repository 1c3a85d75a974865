//! Strangers and passkeys: what they begin costs us nothing, and what they get wrong keeps nobody else out.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::authenticator::{Authenticator, PAGE};
use super::{add_passkey, begin_login, finish_login, in_page};
use crate::support::{Client, Reply, TestApp};

const STORED: &str = "SELECT (SELECT COUNT(*) FROM auth_flows) + (SELECT COUNT(*) FROM spent_flows)";

#[tokio::test]
async fn however_much_strangers_begin_it_leaves_nothing_and_ends_nothing() {
    let app = TestApp::start().await;
    let (mut key, _) = add_passkey(&app.ada().await, "blue key").await;
    let early = begin_login(&app, json!({})).await;
    for network in 0..250 {
        let begin = async |n: usize| {
            let client = in_page(&app.stranger()).from(&format!("127.1.{network}.{}", n + 1));
            client.post("/auth/passkeys/login/start", json!({})).await.status
        };
        assert_eq!(join_all((0..2).map(begin)).await, [200, 200]);
    }
    let here = in_page(&app.stranger());
    for _ in 0..60 {
        assert_eq!(here.post("/auth/passkeys/login/start", json!({})).await.status, 200);
    }
    assert_eq!(app.count(STORED).await, 0);
    let answer = key.get(&early.json["options"]);
    assert_eq!(finish_login(&app, &early, answer).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn what_succeeded_is_remembered_until_it_would_have_run_out() {
    let app = TestApp::start().await;
    let (mut key, _) = add_passkey(&app.ada().await, "blue key").await;
    let begun = begin_login(&app, json!({})).await;
    // Found wrong, it is still good: only who began it has it.
    let mut cheat = Authenticator::new();
    (cheat.id, cheat.user) = (key.id.clone(), key.user.clone());
    let refused = finish_login(&app, &begun, cheat.get(&begun.json["options"])).await;
    assert_eq!(refused.problem(), (401, "passkey_refused"));
    assert_eq!(app.count(STORED).await, 0);
    assert_eq!(finish_login(&app, &begun, key.get(&begun.json["options"])).await.status, 200);
    assert_eq!(app.count(STORED).await, 1);
    app.clock.advance(Duration::from_secs(5 * 60 - 1));
    app.app.accounts.sweep().await.unwrap();
    // Signed anew, with a counter that went on: the challenge alone is what is old.
    let again = finish_login(&app, &begun, key.get(&begun.json["options"])).await;
    assert_eq!(again.problem(), (409, "flow_over"));
    app.clock.advance(Duration::from_secs(1));
    app.app.accounts.sweep().await.unwrap();
    assert_eq!(app.count(STORED).await, 0);
    let late = finish_login(&app, &begun, key.get(&begun.json["options"])).await;
    assert_eq!(late.problem(), (409, "flow_over"));
    app.stop().await;
}

#[tokio::test]
async fn what_we_did_not_seal_for_this_begins_nothing() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    let begun = begin_login(&app, json!({})).await;
    let flow = begun.json["flow"].as_str().unwrap().to_owned();
    let answer = key.get(&begun.json["options"]);
    let changed = |place: usize| {
        let other = if flow.as_bytes()[place] == b'A' { "B" } else { "A" };
        [&flow[..place], other, &flow[place + 1..]].concat()
    };
    // The version, the key, the nonce, the time it runs out, the state, the tag.
    let places = [4, 10, 30, 52, flow.len() / 2, flow.len() - 3];
    let mut bad: Vec<String> = places.iter().map(|place| changed(*place)).collect();
    bad.extend([
        format!("{flow}A"),
        format!("{flow}="),
        flow[4..].to_owned(),
        flow[..flow.len() - 1].to_owned(),
    ]);
    bad.extend([format!(" {flow}"), "jrf_".repeat(5000), format!("{flow}{flow}")]);
    for flow in bad {
        let body = json!({"flow": flow, "credential": answer});
        let reply = in_page(&app.stranger()).post("/auth/passkeys/login/finish", body).await;
        assert_eq!(reply.problem(), (409, "flow_over"), "{flow}");
    }
    // A stranger's proves nothing again and makes no passkey.
    for path in ["/auth/passkeys/prove/finish", "/auth/passkeys/register/finish"] {
        let body = json!({"flow": flow, "credential": answer});
        assert_eq!(ada.post(path, body).await.problem(), (409, "flow_over"), "{path}");
    }
    let second = in_page(&app.stranger()).post("/auth/passkeys/login/start", json!({"flow": flow})).await;
    assert_eq!(second.problem(), (409, "flow_over"));
    assert_eq!(finish_login(&app, &begun, answer).await.status, 200);
    app.stop().await;
}

/// Begins and answers, from where this client is.
async fn shown(client: &Client, key: &mut Authenticator) -> Reply {
    let begun = client.post("/auth/passkeys/login/start", json!({})).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let body = json!({"flow": begun.json["flow"], "credential": key.get(&begun.json["options"])});
    client.post("/auth/passkeys/login/finish", body).await
}

#[tokio::test]
async fn a_browser_that_is_known_signs_in_whatever_its_network_gets_wrong() {
    let app = TestApp::start().await;
    let (mut key, _) = add_passkey(&app.ada().await, "blue key").await;
    let browser = app.stranger().with("origin", PAGE).with("sec-fetch-site", "same-origin");
    let first = shown(&browser, &mut key).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let mark = first.cookies().into_iter().find(|line| line.starts_with("jarvis_device=")).unwrap();
    let browser = browser.with("cookie", mark.split(';').next().unwrap());
    // A stranger beside her, who knows whose account it is, and which passkey.
    let mut cheat = Authenticator::new();
    (cheat.id, cheat.user) = (key.id.clone(), key.user.clone());
    let stranger = in_page(&app.stranger());
    let mut answers = Vec::new();
    for _ in 0..52 {
        answers.push(shown(&stranger, &mut cheat).await.status);
    }
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 50, "{answers:?}");
    assert_eq!(answers.last(), Some(&429));
    // Without her mark she cannot be told from them; elsewhere she is let in, and so is her browser here.
    assert_eq!(shown(&stranger, &mut key).await.status, 429);
    assert_eq!(shown(&stranger.clone().from("127.2.1.1"), &mut key).await.status, 200);
    assert_eq!(shown(&browser, &mut key).await.status, 200);
    // The mark is good for her account alone, and for a few wrong answers.
    let (mut bobs, _) = add_passkey(&app.bob().await, "red key").await;
    assert_eq!(shown(&browser, &mut bobs).await.status, 429);
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(shown(&browser, &mut cheat).await.status);
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429]);
    app.stop().await;
}

#[tokio::test]
async fn what_is_begun_or_is_no_answer_is_no_attempt() {
    let app = TestApp::start().await;
    let (mut key, _) = add_passkey(&app.ada().await, "blue key").await;
    let client = in_page(&app.stranger());
    let late = begin_login(&app, json!({})).await;
    app.clock.advance(Duration::from_secs(5 * 60));
    for _ in 0..60 {
        let begun = client.post("/auth/passkeys/login/start", json!({})).await;
        let body = json!({"flow": begun.json["flow"], "credential": {"id": 7}});
        assert_eq!(client.post("/auth/passkeys/login/finish", body).await.status, 422);
        let answer = key.sign(&late.json["options"]);
        assert_eq!(finish_login(&app, &late, answer).await.problem(), (409, "flow_over"));
    }
    assert_eq!(shown(&client, &mut key).await.status, 200);
    app.stop().await;
}
