//! Signing in through others, against a provider that does what a test wants.

mod accounts;
mod answers;
mod browser;
mod forged;
mod linking;
mod provider;
pub(crate) mod second;

use serde_json::Value;

use crate::support::{Client, Reply, TestApp};
pub(crate) use provider::Provider;

/// A provider, and a server where it vouches for people and anybody may register. The owner exists.
async fn open_house() -> (TestApp, Provider) {
    house(&[]).await
}

pub(crate) async fn house(settings: &[(&str, &str)]) -> (TestApp, Provider) {
    let provider = Provider::start().await;
    let all: Vec<_> = provider.settings().into_iter().chain(settings.iter().copied()).collect();
    let app = TestApp::start_with(&all).await;
    provider.keep_time(&app.clock);
    app.user("owner", jarvis::users::Role::Superuser).await;
    (app, provider)
}

/// Somebody on the way: the browser's cookie, and where it was sent.
#[derive(Clone)]
pub(crate) struct Away {
    cookie: String,
    url: url::Url,
}

impl Away {
    fn of(sent: &Reply, url: &str) -> Self {
        let cookies = sent.cookies();
        let [line] = cookies.as_slice() else { panic!("{cookies:?}") };
        assert!(line.contains("; HttpOnly; SameSite=Lax"), "{line}");
        let cookie = line.split(';').next().unwrap().to_owned();
        Self { cookie, url: url.parse().unwrap() }
    }

    fn query(&self, name: &str) -> String {
        let found = self.url.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.url)).1.into_owned()
    }

    fn state(&self) -> String {
        self.query("state")
    }
}

/// Goes to the provider `oidc`.
async fn leave(client: &Client, query: &str) -> Away {
    let reply = client.get(&format!("/auth/oidc/oidc/start{query}")).await;
    assert_eq!(reply.status, 302, "{}", reply.text);
    Away::of(&reply, &location(&reply))
}

/// The way that a signed-in person's request was answered with.
pub(crate) fn way(reply: &Reply) -> Away {
    assert_eq!(reply.status, 200, "{}", reply.text);
    Away::of(reply, reply.json["url"].as_str().unwrap())
}

/// Comes back with an answer, in the browser that has `cookie`.
async fn come_back(client: &Client, cookie: &str, query: &str) -> Reply {
    let client = client.clone().without_token().with("cookie", cookie).with("sec-fetch-site", "cross-site");
    let reply = client.get(&format!("/auth/oidc/oidc/callback?{query}")).await;
    assert_eq!(reply.status, 302, "{}", reply.text);
    reply
}

/// There and back, as `sub`.
pub(crate) async fn through(app: &TestApp, provider: &Provider, sub: &str) -> Reply {
    let away = leave(&app.stranger(), "?return_to=/c/one").await;
    back_as(app, provider, &away, sub).await
}

pub(crate) async fn back_as(app: &TestApp, provider: &Provider, away: &Away, sub: &str) -> Reply {
    let code = provider.grant(&away.url, sub);
    come_back(&app.stranger(), &away.cookie, &format!("code={code}&state={}", away.state())).await
}

fn location(reply: &Reply) -> String {
    reply.headers["location"].to_str().unwrap().to_owned()
}

/// Why somebody was sent to the door.
fn refusal(reply: &Reply) -> String {
    assert!(!reply.cookies().iter().any(|line| line.contains("jarvis_access=e")), "{:?}", reply.cookies());
    let to = location(reply);
    to.split_once("#error=").unwrap_or_else(|| panic!("{to}")).1.to_owned()
}

/// The person whom an answer has signed in.
async fn signed_in(app: &TestApp, reply: &Reply) -> (Client, Value) {
    let cookies = reply.cookies();
    let token = cookies.iter().find_map(|line| line.strip_prefix("jarvis_access="));
    let token = token.unwrap_or_else(|| panic!("not signed in: {} {cookies:?}", location(reply)));
    let client = app.stranger().with_token(token.split(';').next().unwrap());
    let me = client.get("/auth/me").await;
    assert_eq!(me.status, 200);
    (client, me.json)
}

const SESSIONS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM sessions WHERE how = 'oidc'";
const PEOPLE: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM users";
const IDENTITIES: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM identities";

/// Nobody came in, and nothing was made.
async fn nothing_happened(app: &TestApp) {
    let counts = [app.count(SESSIONS).await, app.count(PEOPLE).await, app.count(IDENTITIES).await];
    assert_eq!(counts, [0, 1, 0]);
}
