//! Good tokens that were damaged, and tokens under other keys: what holds the three parts together.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use hmac::Hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::forger::{FOREIGN_KEY, Forged, Forger, decode, encode, forged, keyring, mac, signed_with};
use crate::support::SIGNING_KEY;

/// Keys that guides, examples and other products print.
const PUBLISHED_KEYS: [&str; 16] = [
    "",
    "secret",
    "your-256-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "changeme",
    "change-me-in-production",
    "your-secret-key-here-change-in-production",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "jarvis",
    "jarvis-secret-key",
    "00000000000000000000000000000000",
    "0123456789abcdef0123456789abcdef",
    "null",
    "undefined",
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    "e+I8IVpLTZyuCWFMGGz1BSJMa2cvNjA5FYsSpgCW5pA=",
];

pub(super) fn all(forger: &Forger) -> Vec<Forged> {
    let mut all = keys(forger);
    all.extend(signatures(forger));
    all.extend(flips(forger));
    all.extend(parts(forger));
    all.extend(texts(forger));
    all
}

fn keys(forger: &Forger) -> Vec<Forged> {
    let (header, payload) = (forger.header(), forger.payload());
    let with = |key: &[u8]| signed_with(key, &header, &payload);
    let mut all: Vec<Forged> =
        PUBLISHED_KEYS.map(|key| forged(format!("signed with {key:?}"), with(key.as_bytes()))).into();
    // Keys that a slip in reading the right one would give.
    let hex: String = SIGNING_KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (name, key) in [
        ("a NUL", format!("{SIGNING_KEY}\0x").into_bytes()),
        ("a newline", format!("{SIGNING_KEY}\n").into_bytes()),
        ("its hexadecimal", hex.into_bytes()),
        ("its base64", STANDARD.encode(SIGNING_KEY).into_bytes()),
        ("what it is the base64 of", STANDARD.decode(SIGNING_KEY).unwrap()),
        ("its hash", Sha256::digest(SIGNING_KEY).to_vec()),
        ("its capitals", SIGNING_KEY.to_uppercase().into_bytes()),
        ("its first half", SIGNING_KEY.as_bytes()[..16].to_vec()),
        ("its id", forger.kid(SIGNING_KEY).into_bytes()),
    ] {
        all.push(forged(format!("signed with the key made {name}"), with(&key)));
    }
    let foreign = keyring(FOREIGN_KEY);
    all.push(forged("of another server, whole", foreign.sign(&forger.claims).unwrap()));
    all.push(forged("of another server, under our key's id", with(FOREIGN_KEY.as_bytes())));
    all.push(forged("of another server, Bob's", foreign.sign(&forger.of_bob).unwrap()));
    all
}

fn signatures(forger: &Forger) -> Vec<Forged> {
    let [header, payload, signature] = forger.parts();
    let (text, bytes) = (format!("{header}.{payload}"), decode(signature));
    let key = SIGNING_KEY.as_bytes();
    let mut reversed = bytes.clone();
    reversed.reverse();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = |first: &[u8], second: &[u8]| Sha256::digest([first, second].concat()).to_vec();
    let of_sibling = forger.sibling.rsplit('.').next().unwrap().to_owned();
    let mut all: Vec<(String, String)> = [
        ("empty", String::new()),
        ("of a token signed a moment later", of_sibling),
        ("of zeros", encode([0; 32])),
        ("of ones", encode([0xff; 32])),
        ("of one zero", encode([0])),
        ("backwards", encode(reversed)),
        ("twice", encode([bytes.clone(), bytes.clone()].concat())),
        ("with a zero more", encode([bytes.clone(), vec![0]].concat())),
        ("with a zero before", encode([vec![0], bytes.clone()].concat())),
        ("in hexadecimal", hex),
        ("padded", format!("{signature}=")),
        ("padded twice", format!("{signature}==")),
        ("encoded twice", encode(signature)),
        ("in capitals", signature.to_uppercase()),
        ("in small letters", signature.to_lowercase()),
        ("of the header", encode(mac::<Hmac<Sha256>>(key, header))),
        ("of the payload", encode(mac::<Hmac<Sha256>>(key, payload))),
        (
            "of the payload before the header",
            encode(mac::<Hmac<Sha256>>(key, &format!("{payload}.{header}"))),
        ),
        ("of the parts without the dot", encode(mac::<Hmac<Sha256>>(key, &format!("{header}{payload}")))),
        ("of the parts and a dot", encode(mac::<Hmac<Sha256>>(key, &format!("{text}.")))),
        (
            "of the decoded parts",
            encode(mac::<Hmac<Sha256>>(key, &format!("{}.{}", forger.header(), forger.payload()))),
        ),
        ("with key and text changed about", encode(mac::<Hmac<Sha256>>(text.as_bytes(), SIGNING_KEY))),
        ("by HMAC with SHA-1", encode(mac::<Hmac<Sha1>>(key, &text))),
        ("that is a hash of key and text", encode(hash(key, text.as_bytes()))),
        ("that is a hash of text and key", encode(hash(text.as_bytes(), key))),
        ("that is a hash of the text", encode(Sha256::digest(&text))),
        ("that is the key", encode(key)),
        ("that is the key as it is", SIGNING_KEY.to_owned()),
        ("that is the header", header.to_owned()),
        ("null", "null".to_owned()),
        ("in standard base64, padded", STANDARD.encode(&bytes)),
        ("in base64url, padded", URL_SAFE.encode(&bytes)),
    ]
    .map(|(name, signature)| (format!("signature {name}"), signature))
    .into();
    for length in [1, 8, 16, 20, 24, 30, 31] {
        all.push((format!("signature cut to {length} bytes"), encode(&bytes[..length])));
    }
    // 32 bytes are 43 letters, of which the last has two bits to spare.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = alphabet.find(last).unwrap();
    for spare in 1..4 {
        let other = alphabet.as_bytes()[value | spare];
        let spelled = format!("{}{}", &signature[..signature.len() - 1], char::from(other));
        all.push((format!("signature with spare bits {spare}"), spelled));
    }
    let standard = STANDARD_NO_PAD.encode(&bytes);
    if standard != signature {
        all.push(("signature in standard base64".to_owned(), standard));
    }
    all.into_iter().map(|(name, signature)| forged(name, format!("{text}.{signature}"))).collect()
}

/// One bit of each part turned, at several places.
fn flips(forger: &Forger) -> Vec<Forged> {
    let mut all = Vec::new();
    for (index, part) in ["header", "payload", "signature"].into_iter().enumerate() {
        let bytes = decode(forger.parts()[index]);
        for place in (0..8).map(|eighth| eighth * (bytes.len() - 1) / 7) {
            let mut turned = bytes.clone();
            turned[place] ^= 1 << (place % 8);
            let turned = encode(turned);
            let mut parts = forger.parts();
            parts[index] = &turned;
            all.push(forged(format!("{part} with a bit turned in byte {place}"), parts.join(".")));
        }
    }
    all
}

/// Too few parts, too many, in another order, from other tokens.
fn parts(forger: &Forger) -> Vec<Forged> {
    let [header, payload, signature] = forger.parts();
    let sibling: Vec<&str> = forger.sibling.split('.').collect();
    let bob = encode(serde_json::to_string(&forger.of_bob).unwrap());
    let raised = forger.payload().replace(r#""role":"user""#, r#""role":"superuser""#);
    assert_ne!(raised, forger.payload());
    let texts = [
        ("header alone", header.to_owned()),
        ("payload alone", payload.to_owned()),
        ("signature alone", signature.to_owned()),
        ("without a signature", format!("{header}.{payload}")),
        ("without a header", format!("{payload}.{signature}")),
        ("without a payload", format!("{header}.{signature}")),
        ("with an empty header", format!(".{payload}.{signature}")),
        ("with an empty payload", format!("{header}..{signature}")),
        ("with only a header", format!("{header}..")),
        ("with only a payload", format!(".{payload}.")),
        ("with only a signature", format!("..{signature}")),
        ("a dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("many dots", ".".repeat(3000)),
        ("with a dot before", format!(".{}", forger.good)),
        ("with a dot after", format!("{}.", forger.good)),
        ("with two dots between", format!("{header}..{payload}.{signature}")),
        ("with a fourth part", format!("{}.{signature}", forger.good)),
        ("with five parts, as if encrypted", format!("{header}.{payload}.{payload}.{payload}.{signature}")),
        ("parts turned round", format!("{signature}.{payload}.{header}")),
        ("twice", format!("{}.{}", forger.good, forger.good)),
        ("the payload of a sibling", format!("{header}.{}.{signature}", sibling[1])),
        ("the payload of Bob", format!("{header}.{bob}.{signature}")),
        ("a greater role", format!("{header}.{}.{signature}", encode(raised))),
        ("a token as payload, signed", forger.with_payload(&forger.good)),
        ("a token as a claim, signed", forger.with_payload(format!("{{\"token\":\"{}\"}}", forger.good))),
        ("header and payload not encoded", format!("{}.{}.{signature}", forger.header(), forger.payload())),
        (
            "header and payload in hexadecimal",
            format!("{:x?}.{:x?}.{signature}", forger.header().as_bytes(), forger.payload().as_bytes()),
        ),
        ("header padded", format!("{}.{payload}.{signature}", URL_SAFE.encode(forger.header() + " "))),
        ("payload with letters that are not base64", format!("{header}.{}+/.{signature}", &payload[2..])),
        (
            "payload with a newline within",
            format!("{header}.{}\n{}.{signature}", &payload[..9], &payload[9..]),
        ),
        ("payload with a space within", format!("{header}.{} {}.{signature}", &payload[..9], &payload[9..])),
        ("payload with one letter", format!("{header}.A.{signature}")),
        (
            "as a JSON object",
            format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
        ),
        (
            "as a JSON object with a list",
            format!(
                r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
            ),
        ),
        (
            "as a JSON object that is unprotected",
            format!(
                r#"{{"payload":"{payload}","signatures":[{{"header":{{"alg":"none"}},"signature":""}}]}}"#
            ),
        ),
    ];
    texts.into_iter().map(|(name, token)| forged(name, token)).collect()
}

/// Texts around, instead of, and almost like a token.
fn texts(forger: &Forger) -> Vec<Forged> {
    let good = &forger.good;
    let texts = [
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("undefined", "undefined".to_owned()),
        ("true", "true".to_owned()),
        ("0", "0".to_owned()),
        ("NaN", "NaN".to_owned()),
        ("[object Object]", "[object Object]".to_owned()),
        ("{}", "{}".to_owned()),
        ("a letter", "x".to_owned()),
        ("*", "*".to_owned()),
        ("%", "%".to_owned()),
        ("SQL", "' OR 1=1 --".to_owned()),
        ("a format", "%s%n{0}${jndi:ldap://127.0.0.1:9/a}".to_owned()),
        ("10,000 letters", "x".repeat(10_000)),
        ("in quotes", format!("\"{good}\"")),
        ("in single quotes", format!("'{good}'")),
        ("in angle brackets", format!("<{good}>")),
        ("Bearer before it", format!("Bearer {good}")),
        ("a comma after", format!("{good},")),
        ("a semicolon after", format!("{good};x")),
        ("two with a comma", format!("{good},{good}")),
        ("two with a space", format!("{good} {good}")),
        ("a space before", format!(" {good}")),
        ("a tab before", format!("\t{good}")),
        ("a space after", format!("{good} ")),
        ("a newline after", format!("{good}\n")),
        ("a carriage return and a header after", format!("{good}\r\nx-role: superuser")),
        ("a NUL after", format!("{good}\0")),
        ("a no-break space before", format!("\u{a0}{good}")),
        ("a zero-width space within", good.replacen('.', ".\u{200b}", 1)),
        ("a byte order mark before", format!("\u{feff}{good}")),
        ("a full-width dot", good.replacen('.', "．", 1)),
        ("percent-encoded dots", good.replace('.', "%2e")),
        ("percent-encoded first letter", format!("%65{}", &good[1..])),
        ("in capitals", good.to_uppercase()),
        ("in small letters", good.to_lowercase()),
        ("backwards", good.chars().rev().collect()),
        ("encoded again", encode(good)),
        ("without its first letter", good[1..].to_owned()),
        ("without its last letter", good[..good.len() - 1].to_owned()),
        ("with a letter more", format!("{good}A")),
        ("an URL with it", format!("http://localhost/?token={good}")),
        ("a key's prefix before it", format!("jrv_{good}")),
        ("a refresh token's prefix before it", format!("jrt_{good}")),
        ("a hash of it", Sha256::digest(good).iter().map(|byte| format!("{byte:02x}")).collect()),
    ];
    texts.into_iter().map(|(name, token)| forged(format!("text: {name}"), token)).collect()
}
