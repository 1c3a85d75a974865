//! Passkeys (WebAuthn): as a second factor after the password, and alone. The authenticator asks its owner for a finger or a PIN each time
//! (user verification), so one signature is both factors: something they have, and something they are or know.
//!
//! Every ceremony has two halves; what must be remembered in between waits in our own table, or sealed with a stranger ([`super::flows`]).

#[cfg(feature = "passkeys")]
mod ceremony;
#[cfg(not(feature = "passkeys"))]
#[path = "passkeys/absent.rs"]
mod ceremony;
#[cfg(feature = "passkeys")]
mod page;
mod proof;
mod site;

use jarvis_crypto::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::flows::{Flow, FlowKind};
use super::store::factors as held;
use super::store::passkeys::{self as store, Passkey};
use super::{Accounts, Actor};
use crate::audit::{Event, Kind as Audited};
use crate::error::{Error, Result, What, Why};
use crate::ids::PasskeyId;
use crate::users;

pub(super) use site::{Site, Sites};

/// Passkeys of one person: more than anybody has devices, fewer than fill a page.
const MOST: i64 = 20;

/// Whether this program was built with passkeys.
pub const BUILT_IN: bool = cfg!(feature = "passkeys");

/// How a person calls a passkey: 1 to 60 characters, none of them a control character.
pub struct PasskeyName(String);

impl PasskeyName {
    /// # Errors
    /// [`Error::Invalid`] on `name`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 60 || text.chars().any(char::is_control) {
            return Err(Error::invalid("name", "name_invalid", "A passkey's name has 1 to 60 characters."));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The first half of a ceremony.
#[derive(Serialize, ToSchema)]
pub struct Begun {
    /// Comes back with the answer, within five minutes.
    pub flow: String,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    #[schema(value_type = Object)]
    pub options: Value,
}

/// A passkey that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewPasskey {
    #[serde(flatten)]
    pub passkey: Passkey,
    /// With the first factor: shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

/// What waits between the halves.
#[derive(Serialize, Deserialize)]
struct Pending {
    site: Site,
    /// The challenge, as the library keeps it.
    ceremony: Value,
    /// Of a passkey being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Pending {
    fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("auth_flows.state", error))
    }

    fn read(state: &str) -> Result<Self> {
        serde_json::from_str(state).map_err(|error| Error::internal("auth_flows.state", error))
    }
}

impl Accounts {
    /// Begins to make a passkey; `origin` is where the page was loaded from.
    ///
    /// # Errors
    /// `Conflict(PasskeysNeedAName | TooManyPasskeys | NoPasskeys)`.
    pub async fn begin_passkey(
        &self,
        actor: &Actor,
        name: PasskeyName,
        origin: Option<&str>,
    ) -> Result<Begun> {
        let site = self.sites.of(origin)?;
        let mut tx = self.db.begin().await?;
        let user = users::find(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        let known = store::known(&mut tx, actor.user).await?;
        if i64::try_from(known.len()).unwrap_or(i64::MAX) >= MOST {
            return Err(Error::Conflict(Why::TooManyPasskeys));
        }
        let (options, ceremony) = ceremony::begin_registration(&site, &user, &known)?;
        let state = Pending { site, ceremony, name: Some(name.0) }.write()?;
        let flow = Flow { user: actor.user, session: actor.session(), state };
        let flow = self.open_flow(&mut tx, FlowKind::PasskeyRegistration, &flow).await?;
        tx.commit().await?;
        Ok(begun(&flow, options))
    }

    /// Keeps the passkey that the browser has made.
    ///
    /// # Errors
    /// `Conflict(FlowOver | PasskeyKnown | TooManyPasskeys)`, [`Error::Invalid`] on `credential`.
    pub async fn finish_passkey(&self, actor: &Actor, flow: &str, answer: Value) -> Result<NewPasskey> {
        let flow = self.take_flow(FlowKind::PasskeyRegistration, flow).await?;
        // Begun by another person, or in a session of theirs that somebody else may hold: as good as unknown.
        if flow.user != actor.user || flow.session != actor.session() {
            return Err(Error::Conflict(Why::FlowOver));
        }
        let pending = Pending::read(&flow.state)?;
        let made = ceremony::finish_registration(&pending.site, pending.ceremony, answer)?;
        let now = self.clock.now();
        let passkey = Passkey {
            id: PasskeyId::new(),
            name: pending.name.unwrap_or_default(),
            created_at: now,
            last_used_at: None,
        };
        let mut tx = self.db.begin().await?;
        held::lock_person(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        let before = held::held(&mut tx, actor.user).await?;
        if before.passkeys >= MOST {
            return Err(Error::Conflict(Why::TooManyPasskeys));
        }
        store::insert(&mut tx, &passkey, actor.user, &made.credential_id, &made.credential).await?;
        let (recovery_codes, ended) =
            self.after_adding(&mut tx, (actor.user, actor.session()), before, now).await?;
        let event = Event::new(Audited::FactorAdded).own(actor.user).with("factor", "passkey");
        self.audit.commit(tx, [event.with("passkey", passkey.id.to_string())]).await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, passkey = %passkey.id, "passkey added");
        Ok(NewPasskey { passkey, recovery_codes })
    }

    /// # Errors
    /// `NotFound(Passkey)`.
    pub async fn rename_passkey(&self, actor: &Actor, id: PasskeyId, name: PasskeyName) -> Result<Passkey> {
        let mut tx = self.db.begin().await?;
        let renamed = store::rename(&mut tx, actor.user, id, &name.0).await?;
        tx.commit().await?;
        renamed.ok_or(Error::NotFound(What::Passkey))
    }

    /// # Errors
    /// `NotFound(Passkey)`, `Conflict(FactorRequired)`.
    pub async fn remove_passkey(&self, actor: &Actor, id: PasskeyId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let role = held::lock_person(&mut tx, actor.user).await?.ok_or(Error::Unauthenticated)?;
        if !store::delete(&mut tx, actor.user, id).await? {
            return Err(Error::NotFound(What::Passkey));
        }
        let now = self.clock.now();
        let ended = self.after_removing(&mut tx, (actor.user, actor.session()), role, now).await?;
        let event = Event::new(Audited::FactorRemoved).own(actor.user).with("factor", "passkey");
        self.audit.commit(tx, [event.with("passkey", id.to_string())]).await?;
        self.announce_ended(&ended);
        tracing::info!(user = %actor.user, passkey = %id, "passkey removed");
        Ok(())
    }
}

/// The opaque token for the client.
fn begun(flow: &Secret<String>, options: Value) -> Begun {
    Begun { flow: flow.expose().clone(), options }
}
