//! An authenticator in software, and the browser round it: enough of WebAuthn to answer our options, and to cheat.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The page that the tests are on.
pub(super) const PAGE: &str = "http://localhost:8000";

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// One passkey. What a cheat would change can be changed before an answer is made.
#[derive(Clone)]
pub(crate) struct Authenticator {
    key: SigningKey,
    pub(super) id: Vec<u8>,
    /// The `user.id` that it was made for.
    pub(super) user: Option<Vec<u8>>,
    pub(super) counter: u32,
    /// Its owner showed a finger or a PIN.
    pub(super) verified: bool,
    /// Where the browser says the page came from.
    pub(super) origin: String,
    /// The name that the browser lets it sign for.
    pub(super) site: String,
    /// What else the browser says of the page: `crossOrigin`, `topOrigin`.
    pub(super) page: Value,
}

impl Authenticator {
    pub(super) fn new() -> Self {
        let random = || [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
        Self {
            key: SigningKey::from_slice(&random()).unwrap(),
            id: random(),
            user: None,
            counter: 1,
            verified: true,
            origin: PAGE.to_owned(),
            site: "localhost".to_owned(),
            page: json!({"crossOrigin": false}),
        }
    }

    /// `navigator.credentials.create()`.
    pub(super) fn create(&mut self, options: &Value) -> Value {
        assert_eq!(options["rp"]["id"], self.site);
        self.user = Some(decode(&options["user"]["id"]));
        let point = self.key.verifying_key().to_sec1_point(false);
        let point = point.as_bytes();
        // COSE (RFC 9053, 7.1): {kty: EC2, alg: ES256, crv: P-256, x, y}.
        let mut public = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32];
        public.extend(&point[1..33]);
        public.extend([0x22, 0x58, 32]);
        public.extend(&point[33..65]);
        let mut data = self.data(HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(public);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        let client = self.client_data("webauthn.create", &options["challenge"]);
        self.wrap(json!({"clientDataJSON": encode(&client), "attestationObject": encode(&object)}))
    }

    /// `navigator.credentials.get()`.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        self.sign(options)
    }

    /// The same without counting on.
    pub(super) fn sign(&self, options: &Value) -> Value {
        let data = self.data(0);
        let client = self.client_data("webauthn.get", &options["challenge"]);
        let signature: Signature = self.key.sign(&[data.clone(), Sha256::digest(&client).to_vec()].concat());
        self.wrap(json!({
            "clientDataJSON": encode(&client),
            "authenticatorData": encode(&data),
            "signature": encode(signature.to_der().as_bytes()),
            "userHandle": self.user.as_deref().map(encode),
        }))
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(&self.site).to_vec();
        data.push(PRESENT | if self.verified { VERIFIED } else { 0 } | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let mut data = json!({"type": kind, "challenge": challenge, "origin": self.origin});
        data.as_object_mut().unwrap().extend(self.page.as_object().unwrap().clone());
        data.to_string().into_bytes()
    }

    fn wrap(&self, response: Value) -> Value {
        let id = encode(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response})
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
