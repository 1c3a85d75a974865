//! The only file that speaks to the WebAuthn library. Pure: what must be remembered goes in and out as values.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder,
};

use super::{Site, page};
use crate::auth::flows::LIFE;
use crate::auth::store::passkeys::Known;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::users::User;

/// What a browser shows as the name of the site.
const NAME: &str = "Jarvis";

/// A passkey as it is stored.
pub(super) struct Made {
    /// As the authenticator chose it; unique over everybody.
    pub credential_id: Vec<u8>,
    /// Public key, counter and flags, as JSON.
    pub credential: String,
}

/// Who an answer says it comes from. Nothing of it is proved yet.
pub(super) struct Claimed {
    pub credential_id: Vec<u8>,
    pub user: Option<UserId>,
    answer: PublicKeyCredential,
}

/// Options for the browser, and the challenge to remember. Asks for a passkey that needs no name to be found (`residentKey`) and whose
/// authenticator verifies its owner.
pub(super) fn begin_registration(site: &Site, user: &User, known: &[Known]) -> Result<(Value, Value)> {
    let known: Vec<Passkey> = known.iter().map(stored).collect::<Result<_>>()?;
    let exclude = known.iter().map(|passkey| passkey.cred_id().clone()).collect();
    let (options, state) = webauthn(site)?
        .start_passkey_registration(user.id.0, &user.username, &user.username, Some(exclude))
        .map_err(broken)?;
    let mut options = public_key(&options)?;
    if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
        selection.insert("residentKey".to_owned(), json!("required"));
        selection.insert("requireResidentKey".to_owned(), json!(true));
    }
    Ok((options, to_value(&state)?))
}

/// # Errors
/// [`Error::Invalid`] on `credential` when it is not the answer to that challenge, on that page.
pub(super) fn finish_registration(site: &Site, state: Value, answer: Value) -> Result<Made> {
    let state: PasskeyRegistration = remembered(state)?;
    let refused = |detail| Error::invalid("credential", "passkey_invalid", detail);
    let answer: RegisterPublicKeyCredential = serde_json::from_value(answer)
        .map_err(|_| refused("This is not a `PublicKeyCredential` in its JSON form."))?;
    if !page::is_top(&answer.response.client_data_json) {
        return Err(refused("Passkeys are made on our own page and not inside another."));
    }
    let passkey = webauthn(site)?.finish_passkey_registration(&answer, &state).map_err(|error| {
        tracing::info!(%error, "passkey refused");
        refused("The passkey does not fit what was asked for.")
    })?;
    let credential =
        serde_json::to_string(&passkey).map_err(|error| Error::internal("passkeys.credential", error))?;
    Ok(Made { credential_id: passkey.cred_id().to_vec(), credential })
}

/// Options for the browser, and the challenge to remember. `known` names the passkeys of a person who is known already; without, the
/// browser offers all that it has for this site.
pub(super) fn begin_assertion(site: &Site, known: &[Known]) -> Result<(Value, Value)> {
    let webauthn = webauthn(site)?;
    let (options, state) = webauthn.start_discoverable_authentication().map_err(broken)?;
    let mut options = public_key(&options)?;
    if !known.is_empty() {
        let known: Vec<Passkey> = known.iter().map(stored).collect::<Result<_>>()?;
        // For its list only: this state would check with the counters of now, and not with those of when the answer comes.
        let (listing, _) = webauthn.start_passkey_authentication(&known).map_err(broken)?;
        let listed = public_key(&listing)?.get_mut("allowCredentials").map(Value::take);
        if let (Some(options), Some(listed)) = (options.as_object_mut(), listed) {
            options.insert("allowCredentials".to_owned(), listed);
        }
    }
    Ok((options, to_value(&state)?))
}

/// # Errors
/// [`Error::Invalid`] on `credential` when it has another shape.
pub(super) fn claimed(answer: Value) -> Result<Claimed> {
    let answer: PublicKeyCredential = serde_json::from_value(answer).map_err(|_| {
        let detail = "This is not a `PublicKeyCredential` in its JSON form.";
        Error::invalid("credential", "passkey_invalid", detail)
    })?;
    let user = answer.get_user_unique_id().and_then(|id| Uuid::from_slice(id).ok()).map(UserId);
    Ok(Claimed { credential_id: answer.get_credential_id().to_vec(), user, answer })
}

/// Checks the signature over our challenge, the page, that the owner was verified and that the counter has gone on; gives what to store
/// in the place of `known.credential`.
///
/// # Errors
/// [`Error::PasskeyRefused`].
pub(super) fn finish_assertion(
    site: &Site,
    state: Value,
    claimed: &Claimed,
    known: &Known,
) -> Result<String> {
    let state: DiscoverableAuthentication = remembered(state)?;
    let mut passkey = stored(known)?;
    // The library asks this of new passkeys alone.
    if !page::is_top(&claimed.answer.response.client_data_json) {
        tracing::warn!(passkey = %known.id, user = %known.user, "passkey refused: shown inside another page");
        return Err(Error::PasskeyRefused);
    }
    let result = webauthn(site)?
        .finish_discoverable_authentication_v2(&claimed.answer, state, &passkey)
        .map_err(|error| {
            // Among the reasons: a counter that went backwards, which is how a copied authenticator shows.
            tracing::warn!(%error, passkey = %known.id, user = %known.user, "passkey refused");
            Error::PasskeyRefused
        })?;
    passkey.update_credential(&result);
    serde_json::to_string(&passkey).map_err(|error| Error::internal("passkeys.credential", error))
}

fn webauthn(site: &Site) -> Result<Webauthn> {
    let origin = Url::parse(&site.origin).map_err(broken)?;
    WebauthnBuilder::new(&site.id, &origin)
        .and_then(|builder| builder.rp_name(NAME).timeout(LIFE).build())
        .map_err(broken)
}

fn stored(known: &Known) -> Result<Passkey> {
    serde_json::from_str(&known.credential).map_err(|error| Error::internal("passkeys.credential", error))
}

fn remembered<T: DeserializeOwned>(state: Value) -> Result<T> {
    serde_json::from_value(state).map_err(|error| Error::internal("auth_flows.state", error))
}

fn to_value(state: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(state).map_err(|error| Error::internal("auth_flows.state", error))
}

/// The library wraps the options in `publicKey`, and adds how they should be shown: the page decides that.
fn public_key(options: &impl serde::Serialize) -> Result<Value> {
    Ok(to_value(options)?.get_mut("publicKey").map(Value::take).unwrap_or_default())
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::internal("webauthn", error)
}
