//! Good tokens whose time is over, by every lane: what ended them is nobody's guess.

use std::time::{Duration, Instant};

use jarvis::users::Role;
use reqwest::Method;
use serde_json::json;

use super::kinds::cookie;
use super::lanes::{Lane, OF_SOCKETS, Said, ask, knock};
use crate::support::{Client, PASSWORD, TestApp};

/// What makes tokens worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Logout,
    ThisSessionFromAnother,
    AllOtherSessions,
    SessionsByAdmin,
    NewPassword,
    Disabled,
    DisabledAndEnabled,
    Promoted,
    Demoted,
    LeftByThemselves,
    DeletedByAdmin,
    FactorsReset,
    RefreshReplayed,
    SignedInAnew,
    RunOut,
}

const WAYS: [Way; 15] = [
    Way::Logout,
    Way::ThisSessionFromAnother,
    Way::AllOtherSessions,
    Way::SessionsByAdmin,
    Way::NewPassword,
    Way::Disabled,
    Way::DisabledAndEnabled,
    Way::Promoted,
    Way::Demoted,
    Way::LeftByThemselves,
    Way::DeletedByAdmin,
    Way::FactorsReset,
    Way::RefreshReplayed,
    Way::SignedInAnew,
    Way::RunOut,
];

impl Way {
    /// Whether an API key of the same person ends with it.
    fn ends_keys(self) -> bool {
        matches!(self, Self::Disabled | Self::LeftByThemselves | Self::DeletedByAdmin)
    }
}

/// Somebody with a browser, a second one, and a program.
struct Person {
    name: String,
    id: String,
    access: String,
    refresh: String,
    /// The second browser.
    other: Client,
    key: Client,
}

async fn browser(app: &TestApp, name: &str) -> (String, String) {
    let reply = app.stranger().post("/auth/login", json!({"username": name, "password": PASSWORD})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    (cookie(&reply, "jarvis_access"), cookie(&reply, "jarvis_refresh"))
}

impl Person {
    async fn come(app: &TestApp, name: &str, role: Role) -> Self {
        let other = app.user(name, role).await;
        let id = other.get("/auth/me").await.id();
        let key = other.post("/auth/keys", json!({"name": "program", "scopes": ["read", "chat"]})).await;
        let key = app.stranger().with_token(key.json["key"].as_str().unwrap());
        let (access, refresh) = browser(app, name).await;
        Self { name: name.to_owned(), id, access, refresh, other, key }
    }

    /// Presents the refresh token by the cookie.
    async fn renew(&self, app: &TestApp) -> crate::support::Reply {
        let cookie = format!("jarvis_refresh={}", self.refresh);
        let page = app.stranger().with("cookie", &cookie).with("sec-fetch-site", "same-origin");
        page.post("/auth/refresh", json!({})).await
    }
}

/// Makes it so.
async fn end(app: &TestApp, root: &Client, person: &mut Person, way: Way) {
    let own = app.stranger().with_token(&person.access);
    let path = format!("/admin/users/{}", person.id);
    let active = async |is_active: bool| root.patch(&path, json!({"is_active": is_active})).await;
    let reply = match way {
        Way::Logout => own.post("/auth/logout", json!({})).await,
        Way::ThisSessionFromAnother => {
            let list = own.get("/auth/sessions").await.json;
            let current = list["items"].as_array().unwrap().iter().find(|item| item["current"] == true);
            let id = current.unwrap()["id"].as_str().unwrap().to_owned();
            person.other.delete(&format!("/auth/sessions/{id}")).await
        }
        Way::AllOtherSessions => person.other.delete("/auth/sessions").await,
        Way::SessionsByAdmin => root.delete(&format!("{path}/sessions")).await,
        Way::NewPassword => {
            let body = json!({"current_password": PASSWORD, "new_password": "meadow lantern violin 77"});
            person.other.post("/auth/password", body).await
        }
        Way::Disabled => active(false).await,
        Way::DisabledAndEnabled => {
            assert_eq!(active(false).await.status, 200);
            active(true).await
        }
        Way::Promoted => root.patch(&path, json!({"role": "admin"})).await,
        Way::Demoted => root.patch(&path, json!({"role": "user"})).await,
        Way::LeftByThemselves => person.other.delete("/auth/me").await,
        Way::DeletedByAdmin => root.delete(&path).await,
        Way::FactorsReset => root.post(&format!("{path}/reset-2fa"), json!({})).await,
        Way::RefreshReplayed => {
            let first = person.refresh.clone();
            for _ in 0..2 {
                let renewed = person.renew(app).await;
                assert_eq!(renewed.status, 200, "{}", renewed.text);
                person.access = cookie(&renewed, "jarvis_access");
                person.refresh = cookie(&renewed, "jarvis_refresh");
            }
            app.stranger().post("/auth/refresh", json!({"refresh_token": first})).await
        }
        Way::SignedInAnew => {
            let page = app.stranger().with("cookie", &format!("jarvis_refresh={}", person.refresh));
            let page = page.with("sec-fetch-site", "same-origin");
            page.post("/auth/login", json!({"username": person.name, "password": PASSWORD})).await
        }
        Way::RunOut => {
            app.clock.advance(Duration::from_secs(8 * 24 * 60 * 60));
            return;
        }
    };
    let expected = if way == Way::RefreshReplayed { &[401][..] } else { &[200, 204] };
    assert!(expected.contains(&reply.status), "{way:?}: {}", reply.text);
}

#[tokio::test]
async fn what_has_ended_opens_nothing_by_any_lane() {
    let app = TestApp::start().await;
    let mut root = app.user("root", Role::Superuser).await;
    let address = "127.0.0.1".parse().unwrap();
    let mut tried = 0;
    for (number, way) in WAYS.into_iter().enumerate() {
        let role = if way == Way::Demoted { Role::Admin } else { Role::User };
        let mut person = Person::come(&app, &format!("person{number}"), role).await;
        let mut open = app.stranger().with_token(&person.access).socket().await;
        let since = Instant::now();
        end(&app, &root, &mut person, way).await;
        if way == Way::RunOut {
            // A frame is looked at when it is sent.
            open.say(json!({"type": "message", "message": "late"})).await;
        }
        assert_eq!(open.closed().await, 4403, "{way:?}");
        assert!(way == Way::RefreshReplayed || since.elapsed() < Duration::from_secs(1), "{way:?}");

        let stranger = app.stranger();
        for (method, path, lane) in &super::REQUESTS {
            let body = (*method == Method::POST).then(|| json!({}));
            let said = ask(&stranger, method.clone(), path, &lane.headers(&person.access), body).await;
            assert_eq!(said, Said::Refused(401), "{way:?}: {method} {path} by {lane:?}");
            tried += 1;
        }
        for lane in OF_SOCKETS {
            let (headers, frame) = (lane.headers(&person.access), lane.first_frame(&person.access));
            let said = knock(app.address, address, "/ws", &headers, frame).await;
            assert_eq!(said, Said::Refused(4401), "{way:?}: {lane:?}");
            tried += 1;
        }
        assert_eq!(person.renew(&app).await.problem(), (401, "unauthenticated"), "{way:?}");
        let body = json!({"refresh_token": person.refresh});
        assert_eq!(stranger.post("/auth/refresh", body).await.problem(), (401, "unauthenticated"), "{way:?}");
        let key = person.key.get("/auth/me").await.status;
        assert_eq!(key, if way.ends_keys() { 401 } else { 200 }, "{way:?}");
        tried += 3;
        root = if way == Way::RunOut { app.sign_in("root").await } else { root };
    }
    println!("{} ways of ending, {tried} attempts", WAYS.len());
    assert_eq!(app.count("SELECT COUNT(*) FROM conversations").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn an_access_token_runs_out_by_the_clock_and_begins_by_it() {
    let app = TestApp::start().await;
    app.ada().await;
    let (access, refresh) = browser(&app, "ada").await;
    let stranger = app.stranger();
    let said = async |lane: Lane| ask(&stranger, Method::GET, "/auth/me", &lane.headers(&access), None).await;
    // Signed by a server whose clock is a minute ahead.
    let claims = super::keyring(crate::support::SIGNING_KEY);
    let mut early = claims.verify(&access, app.clock.now().seconds()).unwrap();
    (early.iat, early.nbf, early.exp) = (early.iat + 60, early.nbf + 60, early.exp + 60);
    let early = stranger.clone().with_token(&claims.sign(&early).unwrap());
    assert_eq!(early.get("/auth/me").await.problem(), (401, "unauthenticated"));
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(early.get("/auth/me").await.status, 200);
    // Five seconds of leeway, and not one more.
    app.clock.advance(Duration::from_secs(29 * 60 + 4));
    assert_eq!(said(Lane::Header).await, Said::Accepted);
    app.clock.advance(Duration::from_secs(1));
    for lane in [Lane::Header, Lane::Cookie] {
        assert_eq!(said(lane).await, Said::Refused(401));
    }
    assert_eq!(stranger.post("/auth/refresh", json!({"refresh_token": refresh})).await.status, 200);
    app.stop().await;
}
