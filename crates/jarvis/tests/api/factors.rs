//! Second factors: authenticator programs, recovery codes, passkeys, and roles that must have one.

mod codes;
mod enrolment;
mod input;
#[cfg(feature = "passkeys")]
pub(crate) mod passkeys;
mod race;
mod storm;
mod totp;

use std::time::Duration;

use jarvis_crypto::TotpSecret;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, Reply, TestApp};

/// The authenticator program on somebody's telephone.
pub(crate) struct Telephone(TotpSecret);

impl Telephone {
    /// What its camera reads from the QR code.
    pub(crate) fn scan(reply: &Reply) -> Self {
        assert_eq!(reply.status, 201, "{}", reply.text);
        let secret = reply.json["secret"].as_str().unwrap();
        assert!(reply.json["uri"].as_str().unwrap().contains(&format!("secret={secret}&issuer=Jarvis")));
        let bits = secret.bytes().flat_map(|letter| {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|l| *l == letter).unwrap();
            (0..5).rev().map(move |bit| value >> bit & 1 == 1)
        });
        let bits: Vec<bool> = bits.collect();
        let bytes: Vec<u8> = bits
            .chunks_exact(8)
            .map(|byte| byte.iter().fold(0, |all, bit| all << 1 | u8::from(*bit)))
            .collect();
        Self(TotpSecret::from_slice(&bytes).unwrap())
    }

    pub(crate) fn code(&self, app: &TestApp) -> String {
        self.code_in(app, 0)
    }

    /// The code of some steps later.
    fn code_in(&self, app: &TestApp, steps: i64) -> String {
        self.0.code_at(app.clock.now().seconds() + 30 * steps).expose().clone()
    }

    /// Six digits that are not a code of any step near.
    pub(crate) fn wrong(&self, app: &TestApp) -> String {
        let near: Vec<String> = (-3..=3).map(|steps| self.code_in(app, steps)).collect();
        (0..).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

/// Enrols an authenticator program as the first factor; a new code is due afterwards.
pub(crate) async fn enrol(app: &TestApp, client: &Client) -> (Telephone, Vec<String>) {
    let telephone = Telephone::scan(&client.post("/auth/2fa/totp", json!({})).await);
    let reply = client.post("/auth/2fa/totp/confirm", json!({"code": telephone.code(app)})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    app.clock.advance(Duration::from_secs(30));
    (telephone, codes_of(&reply))
}

fn codes_of(reply: &Reply) -> Vec<String> {
    let codes = reply.json["recovery_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Signs in as Ada with the right password and perhaps a code.
async fn login(app: &TestApp, otp: Option<&str>) -> Reply {
    login_as(app, "ada", otp).await
}

async fn login_as(app: &TestApp, name: &str, otp: Option<&str>) -> Reply {
    let mut body = json!({"username": name, "password": PASSWORD});
    if let Some(otp) = otp {
        body["otp"] = json!(otp);
    }
    app.stranger().post("/auth/login", body).await
}

/// Which factors somebody has, as they are told.
async fn factors(client: &Client) -> Value {
    let reply = client.get("/auth/2fa").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json
}

#[cfg(not(feature = "passkeys"))]
#[tokio::test]
async fn without_passkeys_the_operations_say_so() {
    let app = TestApp::start().await;
    let ada = app.ada().await.with("origin", "http://localhost:8000");
    let refused = ada.post("/auth/passkeys/register/start", json!({"name": "x"})).await;
    assert_eq!(refused.problem(), (409, "no_passkeys"));
    let refused = ada.without_token().post("/auth/passkeys/login/start", json!({})).await;
    assert_eq!(refused.problem(), (409, "no_passkeys"));
    app.stop().await;
}
