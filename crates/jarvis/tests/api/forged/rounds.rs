//! The socket, a hundred times over: what slips through one time in fifty is found too.

use std::net::IpAddr;

use futures_util::StreamExt;
use futures_util::stream::iter;
use jarvis::users::Role;
use serde_json::json;

use super::Stage;
use super::forger::Forged;
use super::lanes::{Lane, OF_SOCKETS, Said, knock};
use crate::support::{Client, PASSWORD};

const ROUNDS: usize = 100;
/// Of the battery, one part in so many is tried in a round: all of it in each takes minutes.
const PARTS: usize = 7;
/// Sockets at a time.
const AT_ONCE: usize = 48;

impl Stage {
    async fn by(&self, lane: Lane, from: IpAddr, token: &str) -> Said {
        knock(self.app.address, from, "/ws", &lane.headers(token), lane.first_frame(token)).await
    }

    /// What was said wrongly to a token on the socket.
    async fn refused(&self, forged: &Forged, lane: Lane, from: IpAddr) -> Option<String> {
        let lane = if lane.carries(&forged.token) { lane } else { Lane::SocketFrame };
        let said = self.by(lane, from, &forged.token).await;
        let large = lane.too_large(&forged.token);
        let right =
            said == Said::Refused(4401) || large && matches!(said, Said::Refused(1009) | Said::Broken);
        (!right).then(|| format!("{} by {lane:?}: {said:?}", forged.name))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_times_no_forged_token_opens_a_socket() {
    rounds(PARTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute: make battery"]
async fn a_hundred_times_none_of_all_forged_tokens_opens_a_socket() {
    rounds(1).await;
}

/// Each round tries one part of the tokens, by another lane than before, and has one session ended under an open socket.
async fn rounds(parts: usize) {
    let stage = Stage::set().await;
    let battery = stage.battery();
    let root = stage.app.user("rosa", Role::Superuser).await;
    let leaver = stage.app.user("leaver", Role::User).await.get("/auth/me").await.id();
    let mut tried = 0;
    for round in 0..ROUNDS {
        // Another network each time: its own ports, and its own count of keys that nobody has.
        let from: IpAddr = format!("127.2.{round}.1").parse().unwrap();
        for lane in OF_SOCKETS {
            assert_eq!(stage.by(lane, from, &stage.forger.good).await, Said::Accepted, "{round}: {lane:?}");
        }
        let part = battery.iter().enumerate().filter(|(place, _)| (place + round) % parts == 0);
        let said = part.map(async |(place, forged)| {
            stage.refused(forged, OF_SOCKETS[(place + round) % OF_SOCKETS.len()], from).await
        });
        let said: Vec<Option<String>> = iter(said).buffer_unordered(AT_ONCE).collect().await;
        tried += said.len();
        let wrong: Vec<String> = said.into_iter().flatten().collect();
        assert!(wrong.is_empty(), "round {round}:\n{}", wrong.join("\n"));
        leave(&stage, &root, &leaver, round, from).await;
    }
    println!("{} forged tokens, {ROUNDS} rounds, {tried} sockets refused", battery.len());
    assert!(tried >= 200 * ROUNDS / parts);
    assert_eq!(stage.app.count("SELECT COUNT(*) FROM messages").await, 0);
    stage.app.stop().await;
}

/// Ends a session with a socket open. Nothing said after it is heard, and its token opens no other socket.
async fn leave(stage: &Stage, root: &Client, id: &str, round: usize, from: IpAddr) {
    let body = json!({"username": "leaver", "password": PASSWORD});
    let reply = stage.app.stranger().post("/auth/login", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let token = reply.json["access_token"].as_str().unwrap();
    let leaving = stage.app.stranger().with_token(token);
    let mut socket = leaving.socket().await;
    let person = format!("/admin/users/{id}");
    match round % 4 {
        0 => assert_eq!(leaving.post("/auth/logout", json!({})).await.status, 204),
        1 => assert_eq!(root.delete(&format!("{person}/sessions")).await.status, 204),
        2 => assert_eq!(root.patch(&person, json!({"is_active": false})).await.status, 200),
        _ => assert_eq!(root.post(&format!("{person}/reset-2fa"), json!({})).await.status, 204),
    }
    // It may be closed already.
    let late = json!({"type": "message", "message": "late"}).to_string();
    drop(futures_util::SinkExt::send(&mut socket.0, late.into()).await);
    assert_eq!(socket.closed().await, 4403, "{round}");
    let lane = OF_SOCKETS[round % OF_SOCKETS.len()];
    assert_eq!(stage.by(lane, from, token).await, Said::Refused(4401), "{round}");
    if round % 4 == 2 {
        assert_eq!(root.patch(&person, json!({"is_active": true})).await.status, 200);
        assert_eq!(stage.by(lane, from, token).await, Said::Refused(4401), "enabled again: {round}");
    }
}
