//! Passkeys as an attacker would bring them: nothing of it opens anything.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::{factors, login};
use super::authenticator::{Authenticator, decode, encode};
use super::{add_passkey, begin_login, finish_login, in_page};
use crate::support::{Client, Reply, TestApp};

/// Begins a sign-in and answers it with what `cheat` makes of the options.
async fn attempt(app: &TestApp, cheat: impl FnOnce(&Value) -> Value) -> Reply {
    let begun = begin_login(app, json!({})).await;
    let answer = cheat(&begun.json["options"]);
    finish_login(app, &begun, answer).await
}

#[tokio::test]
async fn what_was_not_signed_for_us_now_is_refused() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.ada().await, app.bob().await);
    let (key, _) = add_passkey(&ada, "blue key").await;
    let (bobs, _) = add_passkey(&bob, "red key").await;
    let with = |change: fn(&mut Authenticator)| {
        let mut cheat = key.clone();
        cheat.counter += 1;
        change(&mut cheat);
        move |options: &Value| cheat.sign(options)
    };
    let mut replies = vec![
        ("another page", attempt(&app, with(|key| key.origin = "http://localhost:9999".into())).await),
        ("a foreign page", attempt(&app, with(|key| key.origin = "https://evil.example".into())).await),
        ("another site", attempt(&app, with(|key| key.site = "evil.example".into())).await),
        ("a page inside another", attempt(&app, with(|key| key.page = json!({"crossOrigin": true}))).await),
        (
            "a page inside another that is named",
            attempt(
                &app,
                with(|key| key.page = json!({"crossOrigin": false, "topOrigin": "https://evil.example"})),
            )
            .await,
        ),
        ("no finger and no PIN", attempt(&app, with(|key| key.verified = false)).await),
        ("nobody's name", attempt(&app, with(|key| key.user = None)).await),
        ("a counter that stands still", attempt(&app, with(|key| key.counter -= 1)).await),
        ("a counter that went back", attempt(&app, with(|key| key.counter = 0)).await),
        ("an unknown passkey", attempt(&app, with(|key| key.id = vec![7; 32])).await),
    ];
    let stolen_name = {
        let (mut cheat, user) = (bobs.clone(), key.user.clone());
        (cheat.counter, cheat.user) = (2, user);
        attempt(&app, move |options| cheat.sign(options)).await
    };
    replies.push(("Bob's passkey in Ada's name", stolen_name));
    let another_key = {
        let mut cheat = Authenticator::new();
        (cheat.id, cheat.user, cheat.counter) = (key.id.clone(), key.user.clone(), 9);
        attempt(&app, move |options| cheat.sign(options)).await
    };
    replies.push(("another private key", another_key));
    let foreign_challenge = {
        let other = begin_login(&app, json!({})).await;
        let answer = key.clone().get(&other.json["options"]);
        attempt(&app, |_| answer).await
    };
    replies.push(("the answer to another challenge", foreign_challenge));
    let registration = {
        let page = in_page(&ada);
        let begun = page.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
        let answer = key.clone().get(&begun.json["options"]);
        let body = json!({"flow": begun.json["flow"], "credential": answer});
        in_page(&app.stranger()).post("/auth/passkeys/login/finish", body).await
    };
    assert_eq!(registration.problem(), (409, "flow_over"));
    for (what, reply) in replies {
        assert_eq!(reply.problem(), (401, "passkey_refused"), "{what}");
        assert!(reply.cookies().is_empty());
    }
    // None of it has harmed the owner.
    let mut owner = key.clone();
    owner.counter = 10;
    assert_eq!(attempt(&app, |options| owner.get(options)).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_copied_authenticator_shows_by_its_counter() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    let mut copy = key.clone();
    assert_eq!(attempt(&app, |options| key.get(options)).await.status, 200);
    assert_eq!(attempt(&app, |options| copy.get(options)).await.problem(), (401, "passkey_refused"));
    assert_eq!(attempt(&app, |options| key.get(options)).await.status, 200);
    // Two at the same moment with the same counter: one at most is the owner.
    let mut copy = key.clone();
    let (one, two) = tokio::join!(begin_login(&app, json!({})), begin_login(&app, json!({})));
    let (first, second) = (key.get(&one.json["options"]), copy.get(&two.json["options"]));
    let (first, second) = tokio::join!(finish_login(&app, &one, first), finish_login(&app, &two, second));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    app.stop().await;
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    // One that does not count, like those that travel between devices: only the challenge protects it.
    key.counter = 0;
    app.execute("DELETE FROM passkeys").await;
    let begun = in_page(&ada).post("/auth/passkeys/register/start", json!({"name": "telephone"})).await;
    let body = json!({"flow": begun.json["flow"], "credential": key.create(&begun.json["options"])});
    assert_eq!(in_page(&ada).post("/auth/passkeys/register/finish", body).await.status, 201);
    let begun = begin_login(&app, json!({})).await;
    let answer = key.sign(&begun.json["options"]);
    let replies = join_all((0..8).map(|_| finish_login(&app, &begun, answer.clone()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(finish_login(&app, &begun, answer).await.problem(), (409, "flow_over"));
    app.stop().await;
}

#[tokio::test]
async fn a_failed_answer_spends_the_challenge_of_a_second_step() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    let asked = login(&app, None).await;
    let begun = begin_login(&app, json!({"flow": asked.json["flow"]})).await;
    let mut wrong = key.get(&begun.json["options"]);
    wrong["response"]["signature"] = json!(encode(&[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]));
    assert_eq!(finish_login(&app, &begun, wrong).await.problem(), (401, "passkey_refused"));
    let right = key.get(&begun.json["options"]);
    assert_eq!(finish_login(&app, &begun, right).await.problem(), (409, "flow_over"));
    app.stop().await;
}

#[tokio::test]
async fn a_disabled_person_is_refused_like_an_unknown_passkey() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    app.execute("UPDATE users SET is_active = FALSE").await;
    let reply = attempt(&app, |options| key.get(options)).await;
    assert_eq!(reply.problem(), (401, "passkey_refused"));
    app.stop().await;
}

#[tokio::test]
async fn a_passkey_is_made_for_whoever_began_it() {
    let app = TestApp::start().await;
    let (ada, bob) = (in_page(&app.ada().await), in_page(&app.bob().await));
    let other = in_page(&app.sign_in("ada").await);
    let begin = async |client: &Client| {
        let begun = client.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
        let mut key = Authenticator::new();
        let credential = key.create(&begun.json["options"]);
        (key, json!({"flow": begun.json["flow"], "credential": credential}))
    };
    for stranger in [&bob, &other] {
        let (_, body) = begin(&ada).await;
        let refused = stranger.post("/auth/passkeys/register/finish", body).await;
        assert_eq!(refused.problem(), (409, "flow_over"));
    }
    let (key, body) = begin(&ada).await;
    assert_eq!(ada.post("/auth/passkeys/register/finish", body.clone()).await.status, 201);
    assert_eq!(ada.post("/auth/passkeys/register/finish", body).await.problem(), (409, "flow_over"));
    // The id of Ada's passkey under a key of Bob's own: whoever signs with it later is not Ada.
    let begun = bob.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
    let mut cheat = Authenticator::new();
    cheat.id = key.id;
    let body = json!({"flow": begun.json["flow"], "credential": cheat.create(&begun.json["options"])});
    assert_eq!(bob.post("/auth/passkeys/register/finish", body).await.problem(), (409, "passkey_known"));
    // Neither an unverified owner nor another page makes one.
    for change in [
        |key: &mut Authenticator| key.verified = false,
        |key: &mut Authenticator| key.origin = "http://localhost:9999".into(),
        |key: &mut Authenticator| key.page = json!({"crossOrigin": true}),
        |key: &mut Authenticator| key.page = json!({"topOrigin": "https://evil.example"}),
    ] {
        let begun = bob.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
        let mut cheat = Authenticator::new();
        change(&mut cheat);
        let body = json!({"flow": begun.json["flow"], "credential": cheat.create(&begun.json["options"])});
        assert_eq!(bob.post("/auth/passkeys/register/finish", body).await.problem(), (422, "invalid"));
    }
    assert_eq!(factors(&bob).await["passkeys"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn mangled_answers_are_refused_and_break_nothing() {
    let app = TestApp::start().await;
    let ada = in_page(&app.ada().await);
    let mut seed = 42_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..150 {
        let begun = ada.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
        let mut key = Authenticator::new();
        let mut credential = key.create(&begun.json["options"]);
        let mut object = decode(&credential["response"]["attestationObject"]);
        for _ in 0..=random(3) {
            // Past the site's hash: that alone would be refused too early to be of interest.
            let place = 70 + random(object.len() - 70);
            match random(3) {
                0 => object[place] ^= 1 << random(8),
                1 => object.truncate(place),
                _ => object.insert(place, u8::try_from(random(256)).unwrap()),
            }
            if object.len() < 80 {
                break;
            }
        }
        credential["response"]["attestationObject"] = json!(encode(&object));
        let body = json!({"flow": begun.json["flow"], "credential": credential});
        // `send` fails the test on a 500.
        let reply = ada.post("/auth/passkeys/register/finish", body).await;
        assert!(matches!(reply.status, 201 | 409 | 422), "{}", reply.text);
        if reply.status == 201 {
            // A changed serial number or counter of a passkey that nobody vouches for is no forgery.
            app.execute("DELETE FROM passkeys").await;
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_begun_is_bounded() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    let (mut key, _) = add_passkey(&ada, "blue key").await;
    let asked = login(&app, None).await;
    let oldest = begin_login(&app, json!({"flow": asked.json["flow"]})).await;
    for _ in 0..15 {
        app.clock.advance(Duration::from_secs(1));
        login(&app, None).await;
    }
    // Ten of a kind: who knows no more than the password ends nothing that its owner has begun with a passkey.
    assert_eq!(app.count("SELECT COUNT(*) FROM auth_flows").await, 11);
    let answer = key.get(&oldest.json["options"]);
    assert_eq!(finish_login(&app, &oldest, answer).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn nobody_has_more_than_twenty() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    for n in 0..20 {
        add_passkey(&ada, &format!("key {n}")).await;
    }
    let more = in_page(&ada).post("/auth/passkeys/register/start", json!({"name": "x"})).await;
    assert_eq!(more.problem(), (409, "too_many_passkeys"));
    app.stop().await;
}
