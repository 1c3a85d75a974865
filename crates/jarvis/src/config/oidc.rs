use jarvis_crypto::Secret;
use url::Url;

use super::{
    origin,
    reader::{Faulted, Reader, without_user},
    source::Provider,
};

/// Somebody else who may say who a person is (OpenID Connect Core 1.0).
#[derive(Debug, Clone)]
pub struct OidcProvider {
    /// In our paths and records: 1 to 32 of a-z, 0-9 and -, unique.
    pub id: String,
    /// On the button.
    pub name: String,
    /// Exactly as the provider spells itself: https, or http on this machine; no query, no fragment. Kept as text,
    /// since issuers are compared letter by letter (OpenID Connect Core 1.0, section 3.1.3.7).
    pub issuer: String,
    pub client_id: String,
    /// None: a public client, which has only PKCE.
    pub client_secret: Option<Secret<String>>,
}

const ID: &str = "id";
const NAME: &str = "name";
const ISSUER: &str = "issuer";
const CLIENT_ID: &str = "client_id";
pub(super) const CLIENT_SECRET: &str = "client_secret";
pub(super) const CLIENT_SECRET_FILE: &str = "client_secret_file";
/// What a table may hold, beside [`CLIENT_SECRET_FILE`].
pub(super) const NAMES: [&str; 5] = [ID, NAME, ISSUER, CLIENT_ID, CLIENT_SECRET];

/// Buttons on one page.
const MAX_PROVIDERS: usize = 16;
const MAX_ID: usize = 32;
const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 1_024;
/// Of the one provider that is given by `OIDC_ISSUER`.
const ONLY_ID: &str = "oidc";

pub(super) fn providers(
    reader: &mut Reader,
    strict: bool,
    homeless: bool,
) -> Result<Vec<OidcProvider>, Faulted> {
    let single = single(reader);
    let tables = reader.providers();
    let several: Vec<_> = tables.into_iter().map(|table| from_table(reader, table)).collect();

    let mut found: Vec<OidcProvider> = Vec::new();
    for provider in several.into_iter().chain(single.transpose()) {
        let provider = provider?;
        if found.iter().any(|other| other.id == provider.id) {
            return Err(reader.fault(format!("oidc: two providers have the id {:?}", provider.id)));
        }
        found.push(provider);
    }
    if found.len() > MAX_PROVIDERS {
        return Err(reader.fault(format!("oidc: more than {MAX_PROVIDERS} providers")));
    }
    if strict && homeless && !found.is_empty() {
        let line = "PUBLIC_URL: missing: sign-in providers send people back to it".to_owned();
        return Err(reader.fault(line));
    }
    Ok(found)
}

/// The provider that the four keys describe.
fn single(reader: &mut Reader) -> Result<Option<OidcProvider>, Faulted> {
    let parts = ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"];
    let stray = parts.into_iter().find(|part| reader.is_given(part));
    let has_issuer = reader.is_given("OIDC_ISSUER");
    let issuer = reader.optional("OIDC_ISSUER", issuer);
    let client_id = reader.optional("OIDC_CLIENT_ID", client_id);
    let client_secret = reader.optional("OIDC_CLIENT_SECRET", client_secret);
    let name = reader.optional("OIDC_NAME", name);
    let (issuer, client_id, client_secret, name) = (issuer?, client_id?, client_secret?, name?);
    match (issuer, client_id, stray) {
        (Some(issuer), Some(client_id), _) => {
            let name = name.unwrap_or_else(|| host_of(&issuer));
            Ok(Some(OidcProvider { id: ONLY_ID.to_owned(), name, issuer, client_id, client_secret }))
        }
        (Some(_), None, _) => Err(reader.fault("OIDC_CLIENT_ID: missing: OIDC_ISSUER is set".to_owned())),
        (None, _, Some(part)) if !has_issuer => {
            Err(reader.fault(format!("OIDC_ISSUER: missing: {part} is set")))
        }
        (None, ..) => Ok(None),
    }
}

fn from_table(reader: &mut Reader, mut table: Provider) -> Result<OidcProvider, Faulted> {
    let id = value(reader, &mut table, ID, id);
    let issuer = value(reader, &mut table, ISSUER, issuer);
    let client_id = value(reader, &mut table, CLIENT_ID, client_id);
    let name = value(reader, &mut table, NAME, name);
    let client_secret = value(reader, &mut table, CLIENT_SECRET, client_secret);
    let needed = |reader: &mut Reader, name: &str| reader.fault(format!("{}{name}: missing", table.place));
    let id = id?.ok_or_else(|| needed(reader, ID));
    let issuer = issuer?.ok_or_else(|| needed(reader, ISSUER));
    let client_id = client_id?.ok_or_else(|| needed(reader, CLIENT_ID));
    let (id, issuer, client_id) = (id?, issuer?, client_id?);
    let name = name?.unwrap_or_else(|| host_of(&issuer));
    Ok(OidcProvider { id, name, issuer, client_id, client_secret: client_secret? })
}

fn value<T>(
    reader: &mut Reader,
    table: &mut Provider,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Faulted> {
    let Some(given) = table.given.remove(name) else { return Ok(None) };
    let text = given.text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).map_err(|reason| match name {
        CLIENT_SECRET => reader.fault(format!("{}{reason}", given.place)),
        _ => reader.fault(format!("{}{:?} {reason}", given.place, without_user(text))),
    })
}

fn id(text: &str) -> Result<String, String> {
    let fits = text.len() <= MAX_ID
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(text.to_owned()) } else { Err(format!("is not 1 to {MAX_ID} of a-z, 0-9 and -")) }
}

fn name(text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("is longer than {MAX_NAME} characters, or holds a line end"))
    }
}

fn issuer(text: &str) -> Result<String, String> {
    let url = origin::server_url(text)?;
    if text.len() > MAX_TEXT || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("is not an address of at most {MAX_TEXT} visible ASCII characters"));
    }
    if url.scheme() == "http" && !origin::is_loopback(&url) {
        return Err("is plain http: whoever is between could say who people are".to_owned());
    }
    Ok(text.to_owned())
}

fn client_id(text: &str) -> Result<String, String> {
    visible(text).map(str::to_owned)
}

fn client_secret(text: &str) -> Result<Secret<String>, String> {
    visible(text).map(|text| Secret::new(text.to_owned()))
}

/// RFC 6749, appendix A.1 and A.2, without the space, which is there by mistake.
fn visible(text: &str) -> Result<&str, String> {
    if text.len() <= MAX_TEXT && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err(format!("is not at most {MAX_TEXT} visible ASCII characters: copy it again"))
    }
}

fn host_of(issuer: &str) -> String {
    Url::parse(issuer)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| issuer.to_owned())
}
