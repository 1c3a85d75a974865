//! What passes for a token, and what does not. The battery on the format itself is in `jarvis-crypto`.

use jarvis_crypto::{Claims, Keyring, OpaqueToken, Secret};

use super::{Tab, with_tab};
use crate::support::{SIGNING_KEY, TestApp};

const OTHER_KEY: &str = "pW4nZ8tYc1LrV6kXb3QmJ9sHf7DgEa2U";
/// The header `{"alg":"none","typ":"JWT"}`.
const NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
/// The header `{"alg":"HS256","typ":"JWT"}`: without the id of a key.
const HS256: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

fn keyring(key: &str) -> Keyring {
    Keyring::new(Secret::new(key.as_bytes().to_vec()), Vec::new(), "jarvis", "jarvis").unwrap()
}

/// What a token of the server under test says.
fn claims(app: &TestApp, token: &str) -> Claims {
    keyring(SIGNING_KEY).verify(token, app.clock.now().seconds()).unwrap()
}

async fn status(app: &TestApp, token: &str) -> u16 {
    app.stranger().with_token(token).get("/auth/me").await.status
}

#[tokio::test]
async fn tokens_that_were_changed_or_made_up_are_refused() {
    let (app, tab) = with_tab().await;
    let parts: Vec<&str> = tab.access.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let claims = claims(&app, &tab.access);
    let raised = Claims { role: "superuser".to_owned(), ..claims.clone() };
    let raised = keyring(OTHER_KEY).sign(&raised).unwrap();
    for token in [
        format!("{NONE}.{payload}."),
        format!("{NONE}.{payload}.{signature}"),
        format!("{HS256}.{payload}.{signature}"),
        format!("{header}.{}.{signature}", raised.split('.').nth(1).unwrap()),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}A"),
        format!("{header}.{payload}.{}", "A".repeat(signature.len())),
        format!("{header}.{payload}.{signature}.{signature}"),
        keyring(OTHER_KEY).sign(&claims).unwrap(),
        "null".to_owned(),
        "undefined".to_owned(),
        "x".repeat(10_000),
    ] {
        assert_eq!(status(&app, &token).await, 401, "{token}");
    }
    assert_eq!(status(&app, &tab.access).await, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_rightly_signed_token_still_needs_its_own_living_session() {
    let (app, ada) = with_tab().await;
    app.bob().await;
    let bob = Tab::open(&app, "bob").await;
    let ours = keyring(SIGNING_KEY);
    let (of_ada, of_bob) = (claims(&app, &ada.access), claims(&app, &bob.access));
    assert_eq!(status(&app, &ours.sign(&of_ada).unwrap()).await, 200);
    let mixed = Claims { sid: of_bob.sid, ..of_ada.clone() };
    assert_eq!(status(&app, &ours.sign(&mixed).unwrap()).await, 401);
    let unknown = Claims { sid: of_ada.jti, ..of_ada.clone() };
    assert_eq!(status(&app, &ours.sign(&unknown).unwrap()).await, 401);
    // The role in a token decides nothing.
    let raised = Claims { role: "superuser".to_owned(), ..of_ada.clone() };
    let client = app.stranger().with_token(&ours.sign(&raised).unwrap());
    assert_eq!(client.get("/auth/me").await.json["role"], "user");
    for foreign in [
        Claims { aud: "other".to_owned(), ..of_ada.clone() },
        Claims { iss: "other".to_owned(), ..of_ada.clone() },
    ] {
        assert_eq!(status(&app, &ours.sign(&foreign).unwrap()).await, 401);
    }
    app.stop().await;
}

#[tokio::test]
async fn each_kind_of_token_opens_its_own_door_only() {
    let (app, tab) = with_tab().await;
    assert_eq!(status(&app, &tab.refresh).await, 401);
    let reversed = Tab { access: tab.refresh.clone(), refresh: tab.access.clone(), ..tab.clone() };
    assert_eq!(reversed.browser().get("/auth/me").await.problem(), (401, "unauthenticated"));
    reversed.is_refused().await;
    let unknown = OpaqueToken::generate("jrt_").unwrap().expose().to_owned();
    for refresh in [unknown, tab.refresh[4..].to_owned(), format!("{}A", tab.refresh), "jrt_".to_owned()] {
        Tab { refresh, ..tab.clone() }.is_refused().await;
    }
    // None of that was a replay.
    assert_eq!(tab.renew().await.me().await, 200);
    app.stop().await;
}

#[tokio::test]
async fn tokens_of_the_previous_key_are_good_until_it_is_taken_away() {
    for (settings, expected) in [(&[("JARVIS_SECRET_KEY_PREVIOUS", OTHER_KEY)][..], 200), (&[], 401)] {
        let app = TestApp::start_with(settings).await;
        app.ada().await;
        let tab = Tab::open(&app, "ada").await;
        // `claims` reads only what the current key has signed.
        let older = keyring(OTHER_KEY).sign(&claims(&app, &tab.access)).unwrap();
        assert_eq!(status(&app, &older).await, expected);
        app.stop().await;
    }
}
