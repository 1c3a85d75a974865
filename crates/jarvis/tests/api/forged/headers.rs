//! Headers that are not ours, over good claims and, but for a few, under a right signature.

use hmac::Hmac;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sha2::{Sha384, Sha512};

use super::forger::{FOREIGN_KEY, Forged, Forger, PREVIOUS_KEY, encode, forged, mac, signed_with};
use crate::support::SIGNING_KEY;

/// What `alg` is said to be, as JSON.
const ALGORITHMS: [&str; 40] = [
    r#""none""#,
    r#""None""#,
    r#""NONE""#,
    r#""nOnE""#,
    r#""none ""#,
    r#""n\u006fne""#,
    r#""""#,
    r#"" ""#,
    "null",
    r#""HS384""#,
    r#""HS512""#,
    r#""HS1""#,
    r#""RS256""#,
    r#""RS1""#,
    r#""PS256""#,
    r#""ES256""#,
    r#""ES256K""#,
    r#""EdDSA""#,
    r#""dir""#,
    r#""A256KW""#,
    r#""PBES2-HS256+A128KW""#,
    r#""hs256""#,
    r#""Hs256""#,
    r#""HS256 ""#,
    r#"" HS256""#,
    r#""HS256\u0000""#,
    r#""\u0048S256""#,
    r#""HMACSHA256""#,
    r#""HS256,none""#,
    r#""ＨＳ２５６""#,
    "0",
    "1",
    "256",
    "-1",
    "1.5",
    "true",
    "false",
    "[]",
    r#"["HS256"]"#,
    r#"{"alg":"HS256"}"#,
];
/// What `typ` is said to be, as JSON.
const TYPES: [&str; 10] =
    [r#""jwt""#, r#""at+jwt""#, r#""JWE""#, r#""JOSE""#, r#""""#, "null", "1", "true", r#"["JWT"]"#, "{}"];
/// What `kid` is said to be, as JSON.
const KEY_IDS: [&str; 26] = [
    "null",
    r#""""#,
    "0",
    "1.5",
    "true",
    "[]",
    "{}",
    r#""0000000000000000""#,
    r#""ffffffffffffffff""#,
    r#""../../../../../../dev/null""#,
    r#""/dev/null""#,
    r#""/proc/sys/kernel/randomize_va_space""#,
    r#""file:///dev/null""#,
    r#""data:,""#,
    r#""http://127.0.0.1:9/key""#,
    r#""..\\..\\windows\\win.ini""#,
    r#""' OR '1'='1""#,
    r#""'; DROP TABLE sessions; --""#,
    r#""x' UNION SELECT 'AA' --""#,
    r#""$(id)""#,
    r#""|/usr/bin/id""#,
    r#""%00""#,
    r#""\u0000""#,
    r#""current""#,
    r#""jarvis""#,
    r#""*""#,
];

pub(super) fn all(forger: &Forger) -> Vec<Forged> {
    let mut all = algorithms(forger);
    all.extend(other_signatures(forger));
    all.extend(members(forger));
    all.extend(key_ids(forger));
    all.extend(shapes(forger));
    all
}

fn header(forger: &Forger, alg: &str) -> String {
    forger.header().replace(r#""alg":"HS256""#, &format!(r#""alg":{alg}"#))
}

fn algorithms(forger: &Forger) -> Vec<Forged> {
    let mut all = Vec::new();
    for alg in ALGORITHMS {
        let token = forger.with_header(header(forger, alg));
        let unsigned = token.rsplit_once('.').unwrap().0;
        all.push(forged(format!("alg {alg}, HS256 signature"), &token));
        if alg.to_lowercase().contains("none") || alg.len() <= 4 {
            all.push(forged(format!("alg {alg}, empty signature"), format!("{unsigned}.")));
            all.push(forged(format!("alg {alg}, no signature"), unsigned));
        }
    }
    let without = forger.header().replace(r#""alg":"HS256","#, "");
    all.push(forged("alg missing, HS256 signature", forger.with_header(&without)));
    let text = format!("{}.{}", encode(&without), forger.parts()[1]);
    all.push(forged("alg missing, empty signature", format!("{text}.")));
    all
}

/// Right signatures of other algorithms.
fn other_signatures(forger: &Forger) -> Vec<Forged> {
    let key = SIGNING_KEY.as_bytes();
    let text = |alg: &str| format!("{}.{}", encode(header(forger, alg)), forger.parts()[1]);
    let whole = |text: String, signature: Vec<u8>| format!("{text}.{}", encode(signature));
    let (hs384, hs512) = (text(r#""HS384""#), text(r#""HS512""#));
    let hs256 = text(r#""HS256""#);
    let own = SigningKey::from_slice(&[7; 32]).unwrap();
    let es256 = text(r#""ES256""#);
    let by_own: Signature = own.sign(es256.as_bytes());
    // With the header untouched: algorithm confusion without saying so.
    let by_own_as_hs256: Signature = own.sign(hs256.as_bytes());
    vec![
        forged("HS384, rightly signed", whole(hs384.clone(), mac::<Hmac<Sha384>>(key, &hs384))),
        forged("HS512, rightly signed", whole(hs512.clone(), mac::<Hmac<Sha512>>(key, &hs512))),
        forged("HS256 that is HS384", whole(hs256.clone(), mac::<Hmac<Sha384>>(key, &hs256))),
        forged("HS256 that is HS512", whole(hs256.clone(), mac::<Hmac<Sha512>>(key, &hs256))),
        forged(
            "HS512 cut to 32 bytes",
            whole(hs256.clone(), mac::<Hmac<Sha512>>(key, &hs256)[..32].to_vec()),
        ),
        forged("ES256 by the attacker's key", whole(es256, by_own.to_bytes().to_vec())),
        forged("HS256 that is ES256", whole(hs256.clone(), by_own_as_hs256.to_bytes().to_vec())),
        forged("RS256 with 256 bytes", whole(text(r#""RS256""#), vec![0x5a; 256])),
    ]
}

/// Members that name keys, or change what a token is.
fn members(forger: &Forger) -> Vec<Forged> {
    let jwk = json!({"kty": "oct", "k": encode(FOREIGN_KEY), "alg": "HS256"});
    let extra = [
        ("jwk", jwk.clone()),
        ("jwk", json!({"kty": "oct", "k": ""})),
        ("jwks", json!({"keys": [jwk]})),
        ("jku", json!("http://127.0.0.1:9/jwks.json")),
        ("x5u", json!("http://127.0.0.1:9/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(["kid"])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("epk", json!({})),
        ("p2c", json!(1_000_000_000)),
        ("nonce", json!("x")),
        ("exp", json!(9_999_999_999_i64)),
        ("", json!("")),
        ("__proto__", json!({"alg": "none"})),
    ];
    let mut all = Vec::new();
    for (name, value) in extra {
        let with = forger.header().replace('}', &format!(r#","{name}":{value}}}"#));
        all.push(forged(format!("header with {name} {value}"), forger.with_header(&with)));
        let foreign = signed_with(FOREIGN_KEY.as_bytes(), &with, forger.payload());
        all.push(forged(format!("header with {name} {value}, signed by another"), foreign));
    }
    for typ in TYPES {
        let with = forger.header().replace(r#""typ":"JWT""#, &format!(r#""typ":{typ}"#));
        all.push(forged(format!("header typ {typ}"), forger.with_header(with)));
    }
    let without = forger.header().replace(r#""typ":"JWT","#, "");
    all.push(forged("header typ missing", forger.with_header(without)));
    for double in [r#""alg":"none""#, r#""alg":"HS256""#, r#""typ":"JWT""#, r#""kid":"x""#] {
        let before = forger.header().replacen('{', &format!("{{{double},"), 1);
        all.push(forged(format!("header with {double} before"), forger.with_header(before)));
        let after = forger.header().replace('}', &format!(",{double}}}"));
        all.push(forged(format!("header with {double} after"), forger.with_header(after)));
    }
    all
}

fn key_ids(forger: &Forger) -> Vec<Forged> {
    let (current, previous) = (forger.kid(SIGNING_KEY), forger.kid(PREVIOUS_KEY));
    let with = |json: &str| forger.header().replace(&format!("\"{current}\""), json);
    let mut all = Vec::new();
    for kid in KEY_IDS {
        all.push(forged(format!("kid {kid}"), forger.with_header(with(kid))));
        // What a file such as /dev/null, or a query that finds nothing, would give.
        let empty = signed_with(b"", with(kid), forger.payload());
        all.push(forged(format!("kid {kid}, signed with the empty key"), empty));
    }
    let upper = current.to_uppercase();
    for (name, kid) in [
        ("in capitals", upper.as_str()),
        ("with a space", &format!("{current} ")),
        ("cut", &current[..8]),
        ("twice", &format!("{current}{current}")),
        ("very long", &"a".repeat(2000)),
        ("very long, beyond any token", &"a".repeat(20_000)),
    ] {
        all.push(forged(format!("kid {name}"), forger.with_header(with(&format!("\"{kid}\"")))));
    }
    all.push(forged("kid in an array", forger.with_header(with(&format!("[\"{current}\"]")))));
    all.push(forged("kid missing", forger.with_header(r#"{"alg":"HS256","typ":"JWT"}"#)));
    let crossed = with(&format!("\"{previous}\""));
    all.push(forged("the previous key's kid, the current key", forger.with_header(&crossed)));
    let other = signed_with(PREVIOUS_KEY.as_bytes(), forger.header(), forger.payload());
    all.push(forged("the current key's kid, the previous key", other));
    let foreign = signed_with(FOREIGN_KEY.as_bytes(), &crossed, forger.payload());
    all.push(forged("the previous key's kid, another server's key", foreign));
    all
}

/// The same header, or none, written in another way.
fn shapes(forger: &Forger) -> Vec<Forged> {
    let header = forger.header();
    let turned = {
        let kid = forger.kid(SIGNING_KEY);
        format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#)
    };
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let texts: Vec<(&str, String)> = vec![
        ("in another order", turned),
        ("with spaces", header.replace(',', ", ")),
        ("with a space at the end", format!("{header} ")),
        ("with a newline before", format!("\n{header}")),
        ("with a byte order mark", format!("\u{feff}{header}")),
        ("with an escaped name", header.replace("alg", "\\u0061lg")),
        ("with names in capitals", header.replace("alg", "ALG")),
        ("twice", format!("{header}{header}")),
        ("cut", header[..header.len() - 1].to_owned()),
        ("an array of it", format!("[{header}]")),
        ("its text in quotes", serde_json::to_string(&header).unwrap()),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("an empty array", "[]".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("nothing", String::new()),
        ("no JSON", "alg=HS256".to_owned()),
        ("deep", deep),
        ("with a comment", header.replace('}', "/**/}")),
        ("with a comma too many", header.replace('}', ",}")),
    ];
    let mut all: Vec<Forged> = texts
        .into_iter()
        .map(|(name, text)| forged(format!("header {name}"), forger.with_header(text)))
        .collect();
    let mut bytes = header.into_bytes();
    bytes.push(0xff);
    all.push(forged("header not UTF-8", forger.with_header(bytes)));
    all
}
