//! A whole Jarvis on a port of its own, and people who use it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use jarvis::app::{App, Edges};
use jarvis::clock::{Clock, Timestamp};
use jarvis::config::{Config, Environment};
use jarvis::models::{Models, Provider};
use jarvis::users::Role;
use jarvis::{server, telemetry};
use jarvis_crypto::Secret;
use jarvis_llm::scripted::{Call, Script, ScriptedModel};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};

/// No answer in this time is a hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const PASSWORD: &str = "lantern orchard winter 42";
/// What the server under test signs with.
pub(crate) const SIGNING_KEY: &str = "zR3vX8qLw5TnJ7cYb2KfHs9GdPm4UeAa";

/// A running Jarvis. Its model is scripted, its clock stands still, its database is its own.
pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) script: Script,
    http: reqwest::Client,
    config: Config,
    folder: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

impl TestApp {
    /// Starts with the settings of a household, and `settings` over them.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = new_database().await;
        let mut environment = BTreeMap::from([
            ("DATA_DIR".to_owned(), folder.path().display().to_string()),
            ("JARVIS_SECRET_KEY".to_owned(), SIGNING_KEY.to_owned()),
            ("BIND".to_owned(), "127.0.0.1:0".to_owned()),
            ("CORS_ORIGINS".to_owned(), "http://localhost:8000,http://127.0.0.1:8000".to_owned()),
            ("OLLAMA_BASE_URL".to_owned(), "off".to_owned()),
            // Most tests are not about it.
            ("REQUIRE_2FA".to_owned(), "none".to_owned()),
            // Many are in a hurry.
            ("RATE_LIMIT_ENABLED".to_owned(), "false".to_owned()),
            // Many are about many refusals.
            ("REFUSAL_PAUSE_MS".to_owned(), "0".to_owned()),
            ("TIME_ZONE".to_owned(), "Europe/Paris".to_owned()),
        ]);
        match &postgres {
            Some((_, url)) => environment.insert("DATABASE_URL".to_owned(), url.clone()),
            None => environment
                .insert("DATABASE_URL".to_owned(), format!("sqlite://{}/jarvis.db", folder.path().display())),
        };
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = Config::load(&Environment::from_iter(environment), None, &BTreeMap::new()).unwrap();

        let (model, script) = ScriptedModel::new("scripted-8b");
        let provider = Provider { id: "ollama", model: std::sync::Arc::new(model), preferred: None };
        let clock = Clock::fixed(Timestamp::from_micros(1_795_000_000_000_000));
        let edges = Edges {
            clock: clock.clone(),
            models: Some(Models::new(vec![provider])),
            metrics: telemetry::metrics().unwrap(),
        };
        let app = App::build(&config, edges).await.unwrap();
        app.chats.recover().await.unwrap();
        let listener = TcpListener::bind(config.bind).await.unwrap();
        let address = listener.local_addr().unwrap();
        jarvis::jobs::start(&app);
        app.tasks.spawn("listener", server::listen(listener, app.clone()));
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { address, app, clock, script, http, config, folder, postgres }
    }

    /// Another process on the same database, without a listener and without jobs.
    pub(crate) async fn beside(&self) -> App {
        self.beside_with(None).await
    }

    /// The same with model servers of the test's own.
    pub(crate) async fn beside_with(&self, models: Option<Models>) -> App {
        let (clock, metrics) = (self.clock.clone(), telemetry::metrics().unwrap());
        App::build(&self.config, Edges { clock, models, metrics }).await.unwrap()
    }

    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Somebody with an account, signed in with a bearer token.
    pub(crate) async fn user(&self, name: &str, role: Role) -> Client {
        let email = format!("{name}@example.org");
        self.app.accounts.add(name, &email, Secret::new(PASSWORD.to_owned()), role).await.unwrap();
        self.sign_in(name).await
    }

    pub(crate) async fn ada(&self) -> Client {
        self.user("ada", Role::User).await
    }

    pub(crate) async fn bob(&self) -> Client {
        self.user("bob", Role::User).await
    }

    pub(crate) async fn sign_in(&self, name: &str) -> Client {
        let reply =
            self.stranger().post("/auth/login", json!({"username": name, "password": PASSWORD})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        Client { token: Some(reply.json["access_token"].as_str().unwrap().to_owned()), ..self.stranger() }
    }

    /// Somebody without any credential.
    pub(crate) fn stranger(&self) -> Client {
        Client { http: self.http.clone(), address: self.address, token: None, headers: Vec::new() }
    }

    /// The next question that reaches the model.
    pub(crate) async fn next_call(&mut self) -> Call {
        tokio::time::timeout(PATIENCE, self.script.next_call())
            .await
            .expect("the model was not asked")
            .unwrap()
    }

    /// Changes the database behind the server's back.
    pub(crate) async fn execute(&self, sql: &'static str) {
        match &self.postgres {
            None => drop(self.sqlite().await.execute(sql).await.unwrap()),
            Some((_, url)) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                connection.execute(sql).await.unwrap();
            }
        }
    }

    /// What a query that counts gives.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        match &self.postgres {
            None => sqlx::query_scalar(sql).fetch_one(&mut self.sqlite().await).await.unwrap(),
            Some((_, url)) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Where our database is, if it is a PostgreSQL one.
    pub(crate) fn postgres_url(&self) -> Option<url::Url> {
        self.postgres.as_ref().map(|(_, url)| url.parse().unwrap())
    }

    /// Another process's connection to the same file.
    pub(crate) async fn sqlite(&self) -> sqlx::SqliteConnection {
        let url = format!("sqlite://{}/jarvis.db", self.folder().display());
        sqlx::SqliteConnection::connect(&url).await.unwrap()
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn on_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// Ends it like a stopped process, and gives the database back.
    pub(crate) async fn stop(self) {
        self.app.tasks.drain(Duration::from_secs(1)).await;
        self.app.db.close().await;
        if let Some((admin, url)) = &self.postgres {
            let name = url.rsplit('/').next().unwrap();
            let mut admin = sqlx::PgConnection::connect(admin).await.unwrap();
            admin.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
        }
    }
}

/// A fresh database on the server that the tests were given, if they were given one.
#[expect(clippy::disallowed_methods, reason = "how the test run says which database to use")]
async fn new_database() -> Option<(String, String)> {
    let admin = std::env::var("TEST_POSTGRES_URL").ok()?;
    let name = format!("jarvis_{}", jarvis::ids::RunId::new().0.simple());
    let mut connection = sqlx::PgConnection::connect(&admin).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let mut url = url::Url::parse(&admin).unwrap();
    url.set_path(&name);
    Some((admin, url.to_string()))
}

/// One person, or one program, and how it says who it is.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    pub(crate) token: Option<String>,
    headers: Vec<(String, String)>,
}

/// An answer. `json` is null when the body is not JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Reply {
    /// The status and code of a problem.
    pub(crate) fn problem(&self) -> (u16, &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(self.json["status"], self.status);
        assert!(self.json["request_id"].as_str().is_some_and(|id| self.headers["x-request-id"] == id));
        (self.status, self.json["code"].as_str().unwrap())
    }

    pub(crate) fn id(&self) -> String {
        self.json["id"].as_str().unwrap().to_owned()
    }

    /// Values of `Set-Cookie`.
    pub(crate) fn cookies(&self) -> Vec<String> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

impl Client {
    /// The same, with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with another bearer token.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same without a bearer token.
    pub(crate) fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    /// The same from another address of this machine: 127.1.2.3 is another network than 127.0.0.1.
    pub(crate) fn from(mut self, address: &str) -> Self {
        let address: std::net::IpAddr = address.parse().unwrap();
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        self.http = builder.local_address(address).timeout(PATIENCE).build().unwrap();
        self
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, self.url(path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn send(request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
        Reply { status: status.as_u16(), headers, text, json }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        Self::send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        Self::send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        Self::send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        Self::send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// Opens `/ws` and reads the greeting.
    pub(crate) async fn socket(&self) -> Socket {
        let mut socket = self.raw_socket().await;
        let hello = socket.next().await;
        assert_eq!(hello["type"], "connected", "{hello}");
        socket
    }

    /// Opens `/ws` and reads nothing.
    pub(crate) async fn raw_socket(&self) -> Socket {
        self.try_socket().await.unwrap_or_else(|status| panic!("the upgrade was refused with {status}"))
    }

    /// Opens `/ws`, or gives the status with which that was refused.
    pub(crate) async fn try_socket(&self) -> Result<Socket, u16> {
        let mut request = self.url("/ws").replace("http://", "ws://").into_client_request().unwrap();
        if let Some(token) = &self.token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        for (name, value) in &self.headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::Error::Http(refusal)) => Err(refusal.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }
}

/// One WebSocket.
pub(crate) struct Socket(
    pub(crate) tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
);

impl Socket {
    pub(crate) async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next JSON frame.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing came");
            match message.expect("the socket ended").expect("the socket broke") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads on until a refusal. What was still on its way of an earlier answer may come first.
    pub(crate) async fn refusal(&mut self) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == "error" {
                return frame;
            }
        }
    }

    /// Reads on until a frame of this type; gives that one.
    pub(crate) async fn until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
            assert_ne!(frame["type"], "error", "{frame}");
        }
    }

    /// Reads on to the end; gives the close code, 1006 when there was none.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("the socket stays open") {
                Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return 1006,
                Some(Ok(_)) => {}
            }
        }
    }
}
