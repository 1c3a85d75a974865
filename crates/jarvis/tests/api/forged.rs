//! Forged and abused tokens against a running server, by every lane that reads one. Each names what is wrong with it; good ones go the
//! same ways, so that it is seen that there is something to be refused.
//!
//! What the format itself refuses is told one by one in `jarvis-crypto`; here is what a stranger can send.

mod claims;
mod ended;
mod envelope;
mod forger;
mod frames;
mod headers;
mod kinds;
mod lanes;
mod placed;
mod refresh;
mod rounds;

use futures_util::StreamExt;
use futures_util::stream::iter;
use jarvis_crypto::Claims;
use reqwest::Method;
use serde_json::json;

use crate::support::{Client, SIGNING_KEY, TestApp};
use forger::{FOREIGN_KEY, Forged, Forger, PREVIOUS_KEY, keyring};
use kinds::Kinds;
use lanes::{Lane, Said, ask};

/// The least that the battery may shrink to.
const AT_LEAST: usize = 200;
/// Requests under way at a time.
const AT_ONCE: usize = 16;
/// What every token is tried on: reading, and writing in ways that would be seen.
const REQUESTS: [(Method, &str, Lane); 6] = [
    (Method::GET, "/auth/me", Lane::Header),
    (Method::GET, "/auth/me", Lane::Cookie),
    (Method::POST, "/conversations", Lane::Header),
    (Method::POST, "/conversations", Lane::Cookie),
    (Method::DELETE, "/auth/sessions", Lane::Header),
    (Method::DELETE, "/auth/me", Lane::Cookie),
];

/// A server, people on it, and all that somebody may try instead of a token.
struct Stage {
    app: TestApp,
    forger: Forger,
    kinds: Kinds,
}

impl Stage {
    async fn set() -> Self {
        let app =
            TestApp::start_with(&[("JARVIS_SECRET_KEY_PREVIOUS", PREVIOUS_KEY), ("WS_MAX_PER_USER", "1000")])
                .await;
        let kinds = Kinds::gather(&app).await;
        let good = app.sign_in("ada").await.token.unwrap();
        let bob = app.sign_in("bob").await.token.unwrap();
        let forger = Forger::new(&app, &good, &bob);
        Self { app, forger, kinds }
    }

    fn battery(&self) -> Vec<Forged> {
        let mut all = headers::all(&self.forger);
        all.extend(claims::all(&self.forger));
        all.extend(envelope::all(&self.forger));
        all.extend(self.kinds.all());
        // One of them would be the token itself: then the table is wrong.
        for forged in &all {
            assert!(
                ![&self.forger.good, &self.forger.sibling, &self.kinds.key].contains(&&forged.token),
                "{forged:?}"
            );
        }
        assert!(all.len() >= AT_LEAST, "{}", all.len());
        all
    }
}

/// A token by one of [`REQUESTS`].
async fn request(client: &Client, (method, path, lane): &(Method, &str, Lane), token: &str) -> Said {
    let body = (*method == Method::POST).then(|| json!({}));
    ask(client, method.clone(), path, &lane.headers(token), body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_forged_token_is_taken_for_a_good_one() {
    let stage = Stage::set().await;
    let (battery, client) = (stage.battery(), stage.app.stranger());
    let good = [&stage.forger.good, &stage.forger.sibling];
    // Each way lets a good token in, before and after; but for the two that would end its session.
    let controls = async || {
        for token in good {
            for attempt in &REQUESTS[..4] {
                assert_eq!(request(&client, attempt, token).await, Said::Accepted, "{attempt:?}");
            }
        }
    };
    controls().await;
    // What would end Ada's sessions comes last, so that every token that is let in is named.
    let attempts = REQUESTS.iter().flat_map(|attempt| battery.iter().map(move |forged| (forged, attempt)));
    let attempts = attempts.filter(|(forged, (_, _, lane))| lane.carries(&forged.token));
    let said = iter(attempts).map(async |(forged, attempt)| {
        let said = request(&client, attempt, &forged.token).await;
        let large = attempt.2.too_large(&forged.token);
        let right = said == Said::Refused(401) || large && matches!(said, Said::Refused(431) | Said::Broken);
        (!right).then(|| format!("{}: {} {} by {:?}: {said:?}", forged.name, attempt.0, attempt.1, attempt.2))
    });
    let said: Vec<Option<String>> = said.buffer_unordered(AT_ONCE).collect().await;
    let (tried, wrong) = (said.len(), said.into_iter().flatten().collect::<Vec<_>>());
    println!("{} forged tokens, {tried} requests, {} wrong answers", battery.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 4 * AT_LEAST);
    controls().await;
    assert_eq!(stage.app.count("SELECT COUNT(*) FROM conversations").await, 8);
    assert_eq!(stage.app.count("SELECT COUNT(*) FROM users").await, 4);
    stage.app.stop().await;
}

#[tokio::test]
async fn a_good_token_in_a_wrong_place_opens_nothing() {
    let stage = Stage::set().await;
    let (good, client) = (&stage.forger.good, stage.app.stranger());
    let bad = stage.forger.with_claims(|claims| claims.exp = 0);
    let (refused, accepted) = (placed::refused(good, &bad), placed::accepted(good, &bad));
    assert!(refused.len() >= 100, "{}", refused.len());
    let address = "127.0.0.1".parse().unwrap();
    for placed in refused.iter().chain(&accepted) {
        let path = format!("/auth/me{}", placed.query);
        let said = ask(&client, placed.method.clone(), &path, &placed.headers, placed.body.clone()).await;
        assert_eq!(said, placed.expected, "{}", placed.name);
        if placed.method != Method::GET {
            continue;
        }
        let mut headers = placed.headers.clone();
        headers.push(("origin", b"http://localhost:8000".to_vec()));
        let path = format!("/ws{}", placed.query);
        let frame = json!({"type": "ping"}).to_string();
        let said = lanes::knock(stage.app.address, address, &path, &headers, frame).await;
        let expected = if placed.expected == Said::Accepted { Said::Accepted } else { Said::Refused(4401) };
        assert_eq!(said, expected, "the socket: {}", placed.name);
    }
    // A key that works stands in the header alone.
    let key = &stage.kinds.key;
    assert_eq!(request(&client, &REQUESTS[0], key).await, Said::Accepted);
    assert_eq!(request(&client, &REQUESTS[1], key).await, Said::Refused(401));
    assert_eq!(client.with_token(good).get("/auth/me").await.status, 200);
    stage.app.stop().await;
}

#[tokio::test]
async fn the_role_in_a_token_decides_nothing() {
    let stage = Stage::set().await;
    for role in ["superuser", "admin", "", "SUPERUSER", "root", "user,admin"] {
        let token = stage.forger.with_claims(|claims| role.clone_into(&mut claims.role));
        let client = stage.app.stranger().with_token(&token);
        assert_eq!(client.get("/auth/me").await.json["role"], "user", "{role}");
        for path in ["/admin/users", "/admin/invites"] {
            assert_eq!(client.get(path).await.problem(), (403, "forbidden"), "{role}");
        }
        let made = client.post("/admin/invites", json!({"role": "superuser"})).await;
        assert_eq!(made.problem(), (403, "forbidden"), "{role}");
    }
    stage.app.stop().await;
}

#[tokio::test]
async fn tokens_of_the_previous_key_are_still_good_and_of_another_server_never_were() {
    let stage = Stage::set().await;
    let claims: &Claims = &stage.forger.claims;
    for (key, expected) in [(SIGNING_KEY, 200), (PREVIOUS_KEY, 200), (FOREIGN_KEY, 401)] {
        let token = keyring(key).sign(claims).unwrap();
        assert_eq!(stage.app.stranger().with_token(&token).get("/auth/me").await.status, expected);
    }
    stage.app.stop().await;
}
