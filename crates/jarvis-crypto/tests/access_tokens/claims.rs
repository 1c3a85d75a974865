//! Claims that a right signature does not save.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Hmac;
use jarvis_crypto::jwt::{Claims, JwtError};
use serde_json::Value;
use sha2::Sha256;

use crate::forger::*;

#[test]
fn issuer_and_audience_are_exact() {
    for other in ["", "Jarvis", "jarvis ", "jarvis\u{0}", "jarvis-api2", "https://jarvis"] {
        refused(JwtError::Issuer, "iss", &keyring().sign(&Claims { iss: other.into(), ..claims() }).unwrap());
        refused(
            JwtError::Audience,
            "aud",
            &keyring().sign(&Claims { aud: other.into(), ..claims() }).unwrap(),
        );
    }
}

#[test]
fn every_claim_is_required_and_typed() {
    let payload: Value = serde_json::from_str(&part(&good(), 1)).unwrap();
    for name in CLAIM_NAMES {
        let mut without = payload.clone();
        without.as_object_mut().unwrap().remove(name);
        refused(JwtError::Claims, &format!("no {name}"), &with_payload(&without.to_string()));
        for json in ["null", "true", "[]", "{}", "\"\"", "-", "1.5", "[\"jarvis\"]"] {
            let reason = match (name, json) {
                ("iss", "\"\"") => JwtError::Issuer,
                ("aud", "\"\"") => JwtError::Audience,
                ("role", "\"\"") => continue,
                _ => JwtError::Claims,
            };
            refused(reason, &format!("{name} = {json}"), &claim_set_to(name, json));
        }
    }
}

#[test]
fn times_are_whole_numbers_in_one_spelling() {
    for name in ["iat", "nbf", "exp"] {
        for json in [
            "1800000000.0",
            "1.8e9",
            "18e8",
            "\"1800000000\"",
            "\"9999999999\"",
            "9999999999.5",
            "-0",
            "01800000000",
            "+1800000000",
            "0x6b49d200",
            "9223372036854775808",
            "1e400",
            "NaN",
            "Infinity",
        ] {
            refused(JwtError::Claims, &format!("{name} = {json}"), &claim_set_to(name, json));
        }
    }
    refused(JwtError::Expired, "exp = 0", &claim_set_to("exp", "0"));
    refused(JwtError::Expired, "exp < 0", &claim_set_to("exp", "-1"));
    refused(JwtError::Expired, "exp least", &claim_set_to("exp", "-9223372036854775808"));
    refused(JwtError::NotYetValid, "nbf most", &claim_set_to("nbf", "9223372036854775807"));
    refused(JwtError::NotYetValid, "iat most", &claim_set_to("iat", "9223372036854775807"));
}

#[test]
fn ids_have_one_spelling() {
    for json in [
        "\"01900000000070008000000000000001\"",
        "\"{01900000-0000-7000-8000-000000000001}\"",
        "\"urn:uuid:01900000-0000-7000-8000-000000000001\"",
        "\"01900000-0000-7000-8000-00000000000G\"",
        "\"01900000-0000-7000-8000-000000000001 \"",
        "\"0190000A-0000-7000-8000-000000000001\"",
        "\"../../etc/passwd\"",
        "1",
        "\"' OR 1=1 --\"",
    ] {
        for name in ["sub", "sid", "jti"] {
            refused(JwtError::Claims, &format!("{name} = {json}"), &claim_set_to(name, json));
        }
    }
}

#[test]
fn only_the_access_kind_exists() {
    for json in ["\"refresh\"", "\"Access\"", "\"ACCESS\"", "\"access \"", "\"id\"", "0", "{\"access\":null}"]
    {
        refused(JwtError::Claims, json, &claim_set_to("typ", json));
    }
}

#[test]
fn the_payload_is_one_object_without_extras_or_duplicates_and_in_our_spelling() {
    let payload = part(&good(), 1);
    let body = payload.trim_start_matches('{').trim_end_matches('}');
    let values: Vec<Value> = serde_json::from_str::<Value>(&payload)
        .unwrap()
        .as_object()
        .map(|claims| CLAIM_NAMES.iter().map(|name| claims[*name].clone()).collect())
        .unwrap();
    for (what, forged) in [
        ("extra claim", format!("{{{body},\"admin\":true}}")),
        ("scope", format!("{{{body},\"scope\":\"*\"}}")),
        ("__proto__", format!("{{{body},\"__proto__\":{{}}}}")),
        ("duplicate exp", format!("{{{body},\"exp\":9999999999}}")),
        ("duplicate exp first", format!("{{\"exp\":9999999999,{body}}}")),
        ("duplicate role", format!("{{{body},\"role\":\"superuser\"}}")),
        ("escaped duplicate", format!("{{{body},\"r\\u006fle\":\"superuser\"}}")),
        ("escaped name", payload.replace("\"role\"", "\"r\\u006fle\"")),
        ("escaped value", payload.replace("\"user\"", "\"us\\u0065r\"")),
        ("upper-case names", payload.to_uppercase()),
        ("array of the values", Value::from(values).to_string()),
        ("wrapped", format!("[{payload}]")),
        ("nested", format!("{{\"claims\":{payload}}}")),
        ("leading space", format!(" {payload}")),
        ("trailing newline", format!("{payload}\n")),
        ("inner space", payload.replace(':', ": ")),
        ("trailing comma", format!("{{{body},}}")),
        ("two objects", format!("{payload}{payload}")),
        ("byte order mark", format!("\u{feff}{payload}")),
        ("NUL behind", format!("{payload}\u{0}")),
        ("another order", format!("{{{}}}", body.split(',').rev().collect::<Vec<_>>().join(","))),
        ("a string", serde_json::to_string(&payload).unwrap()),
        ("null", "null".into()),
        ("a number", "1".into()),
        ("empty object", "{}".into()),
        ("empty array", "[]".into()),
        ("empty", String::new()),
        ("not JSON", "sub=1&exp=9999999999".into()),
        ("deep", "[".repeat(1000)),
    ] {
        refused(JwtError::Claims, what, &with_payload(&forged));
    }
}

#[test]
fn a_payload_that_is_not_text_is_refused() {
    let header = good().split('.').next().unwrap().to_owned();
    for bytes in [&[0xff, 0xfe][..], &[0], b"{\"sub\":\"\xc3\x28\"}"] {
        let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(bytes));
        refused(JwtError::Claims, "bytes", &format!("{text}.{}", mac::<Hmac<Sha256>>(KEY, &text)));
    }
}
