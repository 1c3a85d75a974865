//! A provider that says whatever a test wants: its own key, no pages, and faults on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{KeyInit, Mac};
use jarvis::clock::Clock;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub(super) const CLIENT: &str = "jarvis";
pub(super) const SECRET: &str = "s3cret:of+jarvis";

/// How an ID token is signed.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Sign {
    #[default]
    Own,
    /// `alg: none`, and no signature.
    Nobody,
    /// HMAC, with the published key as the secret.
    PublicKey,
    /// HMAC, with the client's secret.
    ClientSecret,
    /// Another key, under the name of ours.
    Stranger,
}

/// How one path answers.
#[derive(Clone, Default)]
pub(crate) enum Reply {
    #[default]
    Right,
    Huge,
    Never,
    Text(u16, &'static str),
    Elsewhere(String),
}

/// What a test changes.
#[derive(Default)]
pub(crate) struct Twist {
    /// Over the claims of the ID token; null takes one away.
    pub(crate) claims: Value,
    pub(crate) header: Value,
    pub(crate) sign: Sign,
    pub(crate) metadata: Value,
    pub(crate) user_info: Value,
    pub(crate) replies: BTreeMap<&'static str, Reply>,
    /// Codes may be used again.
    pub(crate) lax: bool,
    pub(crate) access_token: Option<&'static str>,
    /// How its key is called; changing it is a rotation.
    pub(crate) kid: Option<&'static str>,
}

/// What a code stands for.
#[derive(Clone)]
struct Grant {
    sub: String,
    nonce: String,
    challenge: String,
    redirect: String,
}

struct Inner {
    issuer: String,
    clock: Mutex<Clock>,
    key: SigningKey,
    twist: Mutex<Twist>,
    grants: Mutex<BTreeMap<String, Grant>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub(crate) struct Provider(Arc<Inner>);

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = SigningKey::from_slice(&Sha256::digest(issuer.as_bytes())).unwrap();
        let clock = Mutex::new(Clock::System);
        let (twist, grants, asked) = (Mutex::default(), Mutex::default(), Mutex::default());
        let provider = Self(Arc::new(Inner { issuer, clock, key, twist, grants, asked }));
        let router = Router::new().fallback(answer).with_state(provider.clone());
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub(super) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(super) fn settings(&self) -> [(&str, &str); 4] {
        [
            ("OIDC_ISSUER", self.issuer()),
            ("OIDC_CLIENT_ID", CLIENT),
            ("OIDC_CLIENT_SECRET", SECRET),
            ("REGISTRATION", "open"),
        ]
    }

    /// Its clock is the app's.
    pub(super) fn keep_time(&self, clock: &Clock) {
        *self.0.clock.lock().unwrap() = clock.clone();
    }

    pub(crate) fn twist(&self) -> MutexGuard<'_, Twist> {
        self.0.twist.lock().unwrap()
    }

    /// How often a path was asked for.
    pub(super) fn asked(&self, path: &str) -> usize {
        self.0.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    /// A person signs in there and is sent back: the code for the address they were sent to.
    pub(super) fn grant(&self, sent_to: &Url, sub: &str) -> String {
        let query: BTreeMap<_, _> = sent_to.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["client_id"], CLIENT);
        let grant = Grant {
            sub: sub.to_owned(),
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            redirect: query["redirect_uri"].clone(),
        };
        let mut grants = self.0.grants.lock().unwrap();
        let code = format!("code-{}", grants.len());
        grants.insert(code.clone(), grant);
        code
    }

    fn public_key(&self) -> Value {
        let point = self.0.key.verifying_key().to_sec1_point(false);
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let kid = self.twist().kid.unwrap_or("one");
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
               "x": part(&point.as_bytes()[1..33]), "y": part(&point.as_bytes()[33..])})
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer());
        let mut metadata = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/me"),
            "jwks_uri": at("/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256", "none"],
        });
        merge(&mut metadata, &self.twist().metadata);
        metadata
    }

    fn id_token(&self, grant: &Grant) -> String {
        let now = self.0.clock.lock().unwrap().now().seconds();
        let mut claims = json!({"iss": self.issuer(), "aud": CLIENT, "sub": grant.sub, "nonce": grant.nonce,
            "iat": now, "exp": now + 300, "email": format!("{}@example.org", grant.sub)});
        let public = self.public_key();
        let twist = self.twist();
        merge(&mut claims, &twist.claims);
        let algorithm = match twist.sign {
            Sign::Own | Sign::Stranger => "ES256",
            Sign::Nobody => "none",
            Sign::PublicKey | Sign::ClientSecret => "HS256",
        };
        let mut header = json!({"alg": algorithm, "kid": public["kid"], "typ": "JWT"});
        merge(&mut header, &twist.header);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&claims));
        let mac = |key: &[u8]| {
            let mac = hmac::Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        };
        let ecdsa = |key: &SigningKey| {
            let signature: Signature = key.sign(text.as_bytes());
            signature.to_bytes().to_vec()
        };
        let signature = match twist.sign {
            Sign::Own => ecdsa(&self.0.key),
            Sign::Stranger => ecdsa(&SigningKey::from_slice(&Sha256::digest(b"stranger")).unwrap()),
            Sign::Nobody => Vec::new(),
            Sign::PublicKey => mac(public.to_string().as_bytes()),
            Sign::ClientSecret => mac(SECRET.as_bytes()),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// RFC 6749, 4.1.3 and RFC 7636, 4.6.
    fn tokens(&self, authorization: &str, form: &[u8]) -> (u16, Value) {
        let form: BTreeMap<_, _> = url::form_urlencoded::parse(form).into_owned().collect();
        // RFC 6749, 2.3.1: encoded before it is put together.
        let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let client = format!("{CLIENT}:{secret}");
        if authorization != format!("Basic {}", STANDARD.encode(client)) {
            return (401, json!({"error": "invalid_client"}));
        }
        let lax = self.twist().lax;
        let mut grants = self.0.grants.lock().unwrap();
        let grant = grants.get(&form["code"]).cloned().filter(|grant| {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
            grant.challenge == challenge && grant.redirect == form["redirect_uri"]
        });
        if !lax {
            grants.remove(&form["code"]);
        }
        let Some(grant) = grant else { return (400, json!({"error": "invalid_grant"})) };
        let access = self.twist().access_token.map_or(grant.sub.clone(), str::to_owned);
        (200, json!({"access_token": access, "token_type": "Bearer", "id_token": self.id_token(&grant)}))
    }

    fn user_info(&self, authorization: &str) -> Value {
        let sub = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let mut info = json!({"sub": sub, "email": format!("{sub}@info.example")});
        merge(&mut info, &self.twist().user_info);
        info
    }
}

fn merge(into: &mut Value, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(into.as_object_mut().unwrap().remove(name)),
            value => into[name] = value.clone(),
        }
    }
}

async fn answer(State(provider): State<Provider>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let authorization = header.unwrap_or_default().to_owned();
    provider.0.asked.lock().unwrap().push(path.clone());
    let reply = provider.twist().replies.get(path.as_str()).cloned().unwrap_or_default();
    match reply {
        Reply::Right => (),
        Reply::Never => tokio::time::sleep(Duration::from_secs(3600)).await,
        Reply::Huge => {
            let chunks = (0..1_000).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 65_536])));
            let body = Body::from_stream(futures_util::stream::iter(chunks));
            return ([("content-type", "application/json")], body).into_response();
        }
        Reply::Text(status, text) => {
            let status = http::StatusCode::from_u16(status).unwrap();
            return (status, [("content-type", "application/json")], text).into_response();
        }
        Reply::Elsewhere(to) => return (http::StatusCode::FOUND, [("location", to)]).into_response(),
    }
    let form = axum::body::to_bytes(request.into_body(), 65_536).await.unwrap();
    let (status, body) = match path.as_str() {
        "/.well-known/openid-configuration" => (200, provider.metadata()),
        "/keys" => (200, json!({"keys": [provider.public_key()]})),
        "/token" => provider.tokens(&authorization, &form),
        "/me" => (200, provider.user_info(&authorization)),
        _ => (404, json!({})),
    };
    let status = http::StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
