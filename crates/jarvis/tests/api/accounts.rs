//! Set-up, registration, sign-in, sessions.

mod borders;
mod devices;
mod ends;
mod hashes;
mod login;
mod newcomers;
mod oauth;
mod own;
mod register;
mod sessions;
mod storm;
mod throttling;
mod tokens;
mod typed;

use serde_json::json;

use crate::support::{Client, PASSWORD, Reply, TestApp};

/// The value that an answer sets a cookie to.
fn cookie(reply: &Reply, name: &str) -> String {
    let lines = reply.cookies();
    let line = lines.iter().find_map(|line| line.strip_prefix(&format!("{name}=")));
    line.unwrap_or_else(|| panic!("no {name} in {lines:?}")).split(';').next().unwrap().to_owned()
}

/// Somebody with a browser: what it keeps of one sign-in.
#[derive(Clone)]
struct Tab {
    stranger: Client,
    access: String,
    refresh: String,
}

impl Tab {
    async fn open(app: &TestApp, name: &str) -> Self {
        let stranger = app.stranger();
        let reply = stranger.post("/auth/login", json!({"username": name, "password": PASSWORD})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Self::keep(stranger, &reply)
    }

    fn keep(stranger: Client, reply: &Reply) -> Self {
        Self { stranger, access: cookie(reply, "jarvis_access"), refresh: cookie(reply, "jarvis_refresh") }
    }

    /// Sends the cookies with a request, as a browser does from our own page.
    fn browser(&self) -> Client {
        let cookies = format!("jarvis_access={}; jarvis_refresh={}", self.access, self.refresh);
        self.stranger.clone().with("cookie", &cookies).with("sec-fetch-site", "same-origin")
    }

    /// A program that has only the access token.
    fn program(&self) -> Client {
        self.stranger.clone().with_token(&self.access)
    }

    async fn me(&self) -> u16 {
        self.program().get("/auth/me").await.status
    }

    /// Presents the refresh token alone.
    async fn present(&self) -> Reply {
        let cookie = format!("jarvis_refresh={}", self.refresh);
        let client = self.stranger.clone().with("cookie", &cookie).with("sec-fetch-site", "same-origin");
        client.post("/auth/refresh", json!({})).await
    }

    /// Renews; gives what the browser then has.
    async fn renew(&self) -> Self {
        let reply = self.present().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Self::keep(self.stranger.clone(), &reply)
    }

    async fn is_refused(&self) {
        assert_eq!(self.present().await.problem(), (401, "unauthenticated"));
    }
}

/// An application in which Ada has an account and one open tab.
async fn with_tab() -> (TestApp, Tab) {
    let app = TestApp::start().await;
    app.ada().await;
    let tab = Tab::open(&app, "ada").await;
    (app, tab)
}
