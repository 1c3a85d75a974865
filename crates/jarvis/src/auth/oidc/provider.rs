//! One provider: what it says of itself, and what it says of people (OpenID Connect Core 1.0, authorization code flow with PKCE).

use std::sync::Arc;
use std::time::Duration;

use jarvis_crypto::{Secret, Shielded};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    CoreTokenResponse,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, TokenResponse,
};
use tokio::sync::{Mutex, Semaphore};
use url::Url;

use super::line::{Line, NoAnswer};
use super::vouched::{UserInfo, Vouched};
use crate::clock::{Clock, Timestamp};
use crate::config::OidcProvider;
use crate::error::{Error, Result, Unvouched};

/// What a provider says of itself is believed this long, its keys too.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// After a failure it is left alone this long.
const PAUSE: Duration = Duration::from_secs(10);
/// Between two looks for a key that we do not know.
const KEYS_EVERY: Duration = Duration::from_secs(60);
/// How long one waits for another who asks the same.
const TURN: Duration = Duration::from_secs(10);
/// People who come back from one provider at once.
const AT_ONCE: usize = 64;
/// How far our clocks may differ when a provider says that it has just asked who is there.
const SKEW: Duration = Duration::from_secs(60);

/// Signatures that are believed: made with a private key. Never `none`, never one with a shared secret.
const SIGNED: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What the library does not know of.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
struct Extra {
    /// RFC 9207, section 3: every answer says whose it is.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What is known of a provider, and how old that is.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Timestamp)>,
    keys_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

/// One provider, as configured.
pub(super) struct Provider {
    /// Without the secret.
    config: OidcProvider,
    client_secret: Option<Shielded<Vec<u8>>>,
    issuer: IssuerUrl,
    line: Line,
    clock: Clock,
    known: Mutex<Known>,
    turns: Semaphore,
}

/// Where a person is sent, and what must be remembered until they are back.
pub(super) struct Sent {
    pub url: Url,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// What a person came back with, and what was remembered.
pub(super) struct Return<'a> {
    pub code: &'a str,
    /// RFC 9207.
    pub iss: Option<&'a str>,
    pub nonce: String,
    pub verifier: String,
    pub redirect: String,
    /// The provider must have asked who is there since then.
    pub asked_since: Option<Timestamp>,
}

impl Provider {
    pub(super) fn new(config: &OidcProvider, line: &Line, clock: Clock) -> Result<Self> {
        let issuer = IssuerUrl::new(config.issuer.clone())
            .map_err(|error| Error::internal("an issuer that was checked", error))?;
        let (mut config, line) = (config.clone(), line.to(issuer.url()));
        let client_secret = config.client_secret.take();
        let client_secret =
            client_secret.map(|secret| Shielded::new(&Secret::new(secret.expose().as_bytes().to_vec())));
        let (known, turns) = (Mutex::default(), Semaphore::new(AT_ONCE));
        Ok(Self { config, client_secret, issuer, line, clock, known, turns })
    }

    pub(super) fn id(&self) -> &str {
        &self.config.id
    }

    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    pub(super) fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Prepares sending a person there. `again`: they are to say who they are even if they are signed in there.
    ///
    /// # Errors
    /// `Unvouched(Away | Distrusted)`.
    pub(super) async fn send(&self, redirect: &str, again: bool) -> Result<Sent> {
        let metadata = self.metadata().await?;
        if !self.line.may_lead(metadata.authorization_endpoint().url()) {
            return Err(self.distrust("its page for people is at an address that is not https"));
        }
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = CoreClient::from_provider_metadata((*metadata).clone(), self.client_id(), None)
            .set_redirect_uri(redirect_url(redirect)?);
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge);
        if again {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, state, nonce) = request.url();
        let verifier = verifier.into_secret();
        Ok(Sent { url, state: state.into_secret(), nonce: nonce.secret().clone(), verifier })
    }

    /// Asks whom the code is about, and judges the answer.
    ///
    /// # Errors
    /// `Unvouched`.
    pub(super) async fn ask(&self, back: Return<'_>) -> Result<Vouched> {
        let Ok(_turn) = self.turns.try_acquire() else { return Err(Error::Unvouched(Unvouched::Away)) };
        let metadata = self.metadata().await?;
        let says_iss = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        if back.iss.map_or(says_iss, |iss| iss != self.issuer()) {
            return Err(self.distrust("the answer is another provider's"));
        }
        let tokens = self.exchange(&metadata, back.code, back.verifier, &back.redirect).await?;
        let id_token = tokens.id_token().ok_or_else(|| self.distrust("no ID token"))?;
        let claims = self.verify(metadata, id_token, &Nonce::new(back.nonce)).await?;
        if claims.authorized_party().is_some_and(|party| **party != self.config.client_id) {
            return Err(self.distrust("the ID token was made for another client"));
        }
        if let Some(since) = back.asked_since {
            self.check_recent(claims.auth_time().map(|at| at.timestamp()), since)?;
        }
        let vouched = Vouched::new(self.issuer(), &claims, tokens.access_token().secret());
        vouched.ok_or_else(|| self.distrust("the subject is not 1 to 255 visible characters"))
    }

    /// Asks for the e-mail address where the ID token does not say it.
    ///
    /// # Errors
    /// `Unvouched(Away | Distrusted)`.
    pub(super) async fn complete(&self, vouched: &mut Vouched) -> Result<()> {
        let metadata = self.metadata().await?;
        let endpoint = metadata.userinfo_endpoint().map(|url| url.url().as_str());
        let (None, Some(endpoint), Some(authorization)) =
            (vouched.email(), endpoint, vouched.authorization())
        else {
            return Ok(());
        };
        let request = openidconnect::http::Request::get(endpoint)
            .header("accept", "application/json")
            .header("authorization", authorization)
            .body(Vec::new())
            .map_err(|error| self.away(&error.into()))?;
        let answer = self.line.ask(request).await.map_err(|error| self.away(&error))?;
        let said: UserInfo =
            serde_json::from_slice(answer.body()).map_err(|_| self.distrust("no answer about the person"))?;
        // OpenID Connect Core 1.0, section 5.3.2: or else it is about somebody else.
        if !vouched.take(said) {
            return Err(self.distrust("the answer is about somebody else"));
        }
        Ok(())
    }

    async fn exchange(
        &self,
        metadata: &Arc<Metadata>,
        code: &str,
        verifier: String,
        redirect: &str,
    ) -> Result<CoreTokenResponse> {
        let secret = self
            .client_secret
            .as_ref()
            .map(|secret| ClientSecret::new(String::from_utf8_lossy(secret.open().expose()).into_owned()));
        let client = CoreClient::from_provider_metadata((**metadata).clone(), self.client_id(), secret)
            .set_redirect_uri(redirect_url(redirect)?)
            .set_auth_type(auth_type(metadata));
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|_| self.distrust("it names no token endpoint"))?;
        let answer = request.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.line);
        Box::pin(answer).await.map_err(|error| match error {
            RequestTokenError::Request(error) => self.away(&error),
            RequestTokenError::ServerResponse(refusal) => {
                self.distrust(&format!("the code was refused: {:.40?}", refusal.error().to_string()))
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => self.distrust("no tokens"),
        })
    }

    /// OpenID Connect Core 1.0, section 3.1.3.7. A key that is not known may be a new one: looked for once.
    async fn verify(
        &self,
        metadata: Arc<Metadata>,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims> {
        let mut judged = token.claims(&self.verifier(&metadata), nonce).cloned();
        if let Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) =
            judged
            && let Some(renewed) = self.renew_keys(&metadata).await?
        {
            judged = token.claims(&self.verifier(&renewed), nonce).cloned();
        }
        judged.map_err(|error| self.distrust(&format!("its ID token: {error:.200}")))
    }

    fn verifier(&self, metadata: &Metadata) -> CoreIdTokenVerifier<'static> {
        let now = chrono::DateTime::from_timestamp(self.clock.now().seconds(), 0).unwrap_or_default();
        let offered = metadata.id_token_signing_alg_values_supported();
        // As of a client without a secret: nothing that is signed with one is looked at.
        CoreIdTokenVerifier::new_public_client(self.client_id(), self.issuer.clone(), metadata.jwks().clone())
            .set_allowed_algs(SIGNED.into_iter().filter(|algorithm| offered.contains(algorithm)))
            .set_time_fn(move || now)
    }

    fn check_recent(&self, asked_at: Option<i64>, since: Timestamp) -> Result<()> {
        let earliest = since.minus(SKEW).seconds();
        let latest = self.clock.now().plus(SKEW).seconds();
        match asked_at {
            Some(at) if (earliest..=latest).contains(&at) => Ok(()),
            _ => Err(Error::Unvouched(Unvouched::NotRecent)),
        }
    }

    /// What the provider says of itself, asked at most once every [`FRESH`]; one asks, the others wait for what it hears.
    async fn metadata(&self) -> Result<Arc<Metadata>> {
        let Ok(mut known) = tokio::time::timeout(TURN, self.known.lock()).await else {
            return Err(Error::Unvouched(Unvouched::Away));
        };
        let now = self.clock.now();
        if let Some((metadata, at)) = &known.metadata
            && now.since(*at) < FRESH
        {
            return Ok(Arc::clone(metadata));
        }
        if known.failed_at.is_some_and(|at| now.since(at) < PAUSE) {
            return Err(Error::Unvouched(Unvouched::Away));
        }
        match Metadata::discover_async(self.issuer.clone(), &self.line).await {
            Ok(found) => {
                let found = Arc::new(found);
                *known = Known { metadata: Some((Arc::clone(&found), now)), keys_at: None, failed_at: None };
                Ok(found)
            }
            Err(error) => {
                known.failed_at = Some(self.clock.now());
                tracing::warn!(provider = self.id(), error = %cause(&error), "the provider says nothing of itself");
                Err(Error::Unvouched(Unvouched::Away))
            }
        }
    }

    /// The same with the keys of now; None when they were asked for a moment ago.
    async fn renew_keys(&self, seen: &Arc<Metadata>) -> Result<Option<Arc<Metadata>>> {
        let Ok(mut known) = tokio::time::timeout(TURN, self.known.lock()).await else { return Ok(None) };
        let now = self.clock.now();
        if let Some((metadata, _)) = &known.metadata
            && !Arc::ptr_eq(metadata, seen)
        {
            return Ok(Some(Arc::clone(metadata)));
        }
        if known.keys_at.is_some_and(|at| now.since(at) < KEYS_EVERY) {
            return Ok(None);
        }
        known.keys_at = Some(now);
        let keys = CoreJsonWebKeySet::fetch_async(seen.jwks_uri(), &self.line).await.map_err(|error| {
            tracing::warn!(provider = self.id(), error = %cause(&error), "the provider's keys cannot be read");
            Error::Unvouched(Unvouched::Away)
        })?;
        let renewed = Arc::new((**seen).clone().set_jwks(keys));
        known.metadata = known.metadata.take().map(|(_, at)| (Arc::clone(&renewed), at));
        Ok(Some(renewed))
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.config.client_id.clone())
    }

    fn away(&self, error: &NoAnswer) -> Error {
        tracing::warn!(provider = self.id(), error = %cause(error), "the provider does not answer");
        Error::Unvouched(Unvouched::Away)
    }

    fn distrust(&self, why: &str) -> Error {
        tracing::warn!(provider = self.id(), why, "what the provider says is not believed");
        Error::Unvouched(Unvouched::Distrusted)
    }
}

/// How we show who is asking (OpenID Connect Discovery 1.0, section 3): by the header, unless only the body is taken.
fn auth_type(metadata: &Metadata) -> AuthType {
    match metadata.token_endpoint_auth_methods_supported() {
        Some(methods)
            if methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) =>
        {
            AuthType::RequestBody
        }
        _ => AuthType::BasicAuth,
    }
}

fn redirect_url(text: &str) -> Result<RedirectUrl> {
    RedirectUrl::new(text.to_owned()).map_err(|error| Error::internal("our own address", error))
}

/// An error and what is behind it, without what the other side sent.
fn cause(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error:.200}");
    let mut behind = error.source();
    while let Some(error) = behind.take() {
        text.push_str(&format!(": {error:.200}"));
        behind = error.source();
    }
    text
}
