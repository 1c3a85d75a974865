//! The application: a struct of services, each a cheap clone of the few handles it needs.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::auth::{Accounts, Cookies};
use crate::chat::Chats;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::health::Health;
use crate::lifecycle::Tasks;
use crate::live::{Hub, socket::Seats};
use crate::models::Models;
use crate::people::People;
use crate::rates::Rates;
use crate::tls::Tls;
use crate::vault::Vault;

/// What a test replaces and nobody else does.
pub struct Edges {
    pub clock: Clock,
    /// None: the configured servers.
    pub models: Option<Models>,
    pub metrics: PrometheusHandle,
}

/// Everything a handler can ask for. A clone is another handle to the same.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// What an [`App`] holds.
pub struct Services {
    pub accounts: Accounts,
    pub people: People,
    pub chats: Chats,
    pub models: Models,
    pub health: Health,
    pub cookies: Cookies,
    pub seats: Seats,
    pub rates: Rates,
    pub tasks: Tasks,
    pub db: Db,
    pub vault: Vault,
    pub borders: Arc<config::Borders>,
    pub connections: config::Connections,
    pub tls: Option<Tls>,
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// A handler asks for the service that it uses.
macro_rules! handed_out {
    ($($field:ident: $service:ty),+ $(,)?) => {$(
        impl FromRef<App> for $service {
            fn from_ref(app: &App) -> Self {
                app.$field.clone()
            }
        }
    )+};
}

handed_out! {
    accounts: Accounts,
    people: People,
    chats: Chats,
    models: Models,
    health: Health,
    cookies: Cookies,
    seats: Seats,
}

impl App {
    /// Opens the database, brings it up to date and puts the services together.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` when the database cannot be opened, `Misconfigured` when its keys are others than those given.
    pub async fn build(config: &Config, edges: Edges) -> Result<Self> {
        let Edges { clock, models, metrics } = edges;
        let tasks = Tasks::new();
        let db = Db::open(&config.database, tasks.clone()).await;
        let db = db.map_err(|error| Error::internal("the database does not open", error))?;
        let models = match models {
            Some(models) => models,
            None => Models::from_config(&config.llm)?,
        };
        let hub = Hub::new(clock.now());
        // Before anything is written: these may be the wrong keys.
        let vault = Vault::open(db.clone(), clock.clone(), &config.secrets).await?;
        let accounts =
            Accounts::open((db.clone(), vault.clone()), clock.clone(), tasks.clone(), config).await?;
        let rates = Rates::new(config.rate_limits.as_ref(), clock.clone());
        let chats = Chats::new(
            (db.clone(), vault.clone()),
            clock.clone(),
            hub,
            models.clone(),
            tasks.clone(),
            rates.clone(),
            config.chat.clone(),
        );
        let people = People::new((db.clone(), vault.clone()), clock.clone(), accounts.clone());
        let token = config.metrics_token.clone();
        let tls = config.tls.clone().map(Tls::open).transpose();
        let tls = tls.map_err(|reason| Error::internal("the certificate cannot be used", reason))?;
        let health = Health::new(db.clone(), models.clone(), tasks.clone(), clock, metrics, token);
        Ok(Self(Arc::new(Services {
            people,
            accounts,
            chats,
            models,
            health,
            cookies: Cookies::new(config.is_https()),
            seats: Seats::new(config.ws_max_per_user),
            rates,
            tasks,
            db,
            vault,
            borders: Arc::new(config.borders.clone()),
            connections: config.connections,
            tls,
        })))
    }
}
