//! Claims that are not as they must be, all of them rightly signed with the current key.

use jarvis_crypto::Claims;
use uuid::Uuid;

use super::forger::{Forged, Forger, forged, object};

const NAMES: [&str; 10] = ["sub", "sid", "role", "typ", "iat", "nbf", "exp", "iss", "aud", "jti"];
/// No claim of ours is any of these, as JSON.
const NEVER: [&str; 9] = ["null", "true", "false", "[]", "{}", "1.5", "1e3", "18446744073709551616", "-0"];

pub(super) fn all(forger: &Forger) -> Vec<Forged> {
    let mut all = Vec::new();
    for (name, json) in forger.members() {
        assert!(NAMES.contains(&name.as_str()));
        all.push(forged(format!("{name} missing"), forger.with_claim(&name, None)));
        let number = json.parse::<i64>().is_ok();
        let inner = json.trim_matches('"');
        let mut values: Vec<String> = NEVER.map(str::to_owned).into();
        values.extend([format!("[{json}]"), format!("{{\"{name}\":{json}}}")]);
        if number {
            // The right number, but not as one.
            values.extend([
                format!("\"{json}\""),
                format!("{json}.0"),
                format!("{json}e0"),
                format!("0{json}"),
                format!("+{json}"),
                "\"\"".to_owned(),
                "1e400".to_owned(),
                "NaN".to_owned(),
                "9223372036854775808".to_owned(),
            ]);
        } else {
            values.extend(["0", "1", "-1"].map(str::to_owned));
            // The right text, in other spellings.
            values.extend([
                format!("\" {inner}\""),
                format!("\"{inner} \""),
                format!("\"{inner}\\u0000\""),
                format!("\"\\u{:04x}{}\"", u32::from(inner.as_bytes()[0]), &inner[1..]),
            ]);
            // The role decides nothing, so any text may stand there: see `the_role_in_a_token_decides_nothing`.
            if name == "role" {
                values.retain(|json| !json.starts_with('"') || json.contains("\\u00"));
                values.retain(|json| !json.ends_with("\\u0000\""));
            } else {
                values.extend(["\"\"".to_owned(), format!("\"{}\"", "x".repeat(1000))]);
            }
        }
        for value in values {
            let shown: String = value.chars().take(60).collect();
            all.push(forged(format!("{name} {shown}"), forger.with_claim(&name, Some(&value))));
        }
    }
    all.extend(wrong(forger));
    all.extend(shapes(forger));
    all
}

/// Of the right type and of the wrong value.
fn wrong(forger: &Forger) -> Vec<Forged> {
    let mut all = Vec::new();
    let now = forger.now;
    for (name, exp) in [
        ("now", now - 5),
        ("an hour ago", now - 3600),
        ("zero", 0),
        ("negative", -1),
        ("the least", i64::MIN),
    ] {
        all.push(forged(format!("exp {name}"), forger.with_claims(|claims| claims.exp = exp)));
    }
    for (name, later) in [("in six seconds", now + 6), ("tomorrow", now + 86_400), ("the greatest", i64::MAX)]
    {
        all.push(forged(format!("nbf {name}"), forger.with_claims(|claims| claims.nbf = later)));
        all.push(forged(format!("iat {name}"), forger.with_claims(|claims| claims.iat = later)));
    }
    let (bob, ada) = (&forger.of_bob, &forger.claims);
    type Change<'a> = Box<dyn FnOnce(&mut Claims) + 'a>;
    let ids: Vec<(&str, Change<'_>)> = vec![
        ("Bob's sub in Ada's session", Box::new(|claims| claims.sub = bob.sub)),
        ("Bob's sid under Ada's sub", Box::new(|claims| claims.sid = bob.sid)),
        ("sub and sid changed about", Box::new(|claims| (claims.sub, claims.sid) = (ada.sid, ada.sub))),
        ("sid of nobody", Box::new(|claims| claims.sid = claims.jti)),
        ("sub of nobody", Box::new(|claims| claims.sub = claims.jti)),
        ("sub nil", Box::new(|claims| claims.sub = Uuid::nil())),
        ("sid nil", Box::new(|claims| claims.sid = Uuid::nil())),
        ("sub and sid nil", Box::new(|claims| (claims.sub, claims.sid) = (Uuid::nil(), Uuid::nil()))),
        ("sub the greatest", Box::new(|claims| claims.sub = Uuid::max())),
        ("sub one off", Box::new(|claims| claims.sub = Uuid::from_u128(claims.sub.as_u128() ^ 1))),
        ("sid one off", Box::new(|claims| claims.sid = Uuid::from_u128(claims.sid.as_u128() ^ 1))),
    ];
    all.extend(ids.into_iter().map(|(name, change)| forged(name, forger.with_claims(change))));
    for (claim, id) in [("sub", ada.sub), ("sid", ada.sid), ("jti", ada.jti)] {
        for (name, text) in [
            ("in capitals", id.to_string().to_uppercase()),
            ("without dashes", id.simple().to_string()),
            ("in braces", id.braced().to_string()),
            ("as a URN", id.urn().to_string()),
            ("a name", "ada".to_owned()),
            ("SQL", "' OR '1'='1".to_owned()),
            ("a path", "../../ada".to_owned()),
        ] {
            all.push(forged(
                format!("{claim} {name}"),
                forger.with_claim(claim, Some(&format!("\"{text}\""))),
            ));
        }
    }
    for typ in ["refresh", "id", "Access", "ACCESS", "access_token", "api_key", "mfa"] {
        all.push(forged(format!("typ {typ}"), forger.with_claim("typ", Some(&format!("\"{typ}\"")))));
    }
    for other in [
        "Jarvis",
        "JARVIS",
        "evil",
        "jarvis/",
        "http://jarvis",
        "jarvi",
        "jarvis,evil",
        "*",
        "%6aarvis",
        "jаrvis",
    ] {
        let json = format!("\"{other}\"");
        all.push(forged(format!("iss {other}"), forger.with_claim("iss", Some(&json))));
        all.push(forged(format!("aud {other}"), forger.with_claim("aud", Some(&json))));
    }
    all.push(forged("aud a list with ours", forger.with_claim("aud", Some(r#"["evil","jarvis"]"#))));
    all
}

/// The payload as a whole.
fn shapes(forger: &Forger) -> Vec<Forged> {
    let payload = forger.payload();
    let members = forger.members();
    let mut turned = members.clone();
    turned.reverse();
    let values: Vec<&str> = members.iter().map(|(_, json)| json.as_str()).collect();
    let with = |extra: &str| payload.replace('}', &format!(",{extra}}}"));
    let mut texts: Vec<(String, String)> = [
        ("in another order", object(&turned)),
        ("the values in an array", format!("[{}]", values.join(","))),
        ("an array of it", format!("[{payload}]")),
        ("within an object", format!("{{\"claims\":{payload}}}")),
        ("its text in quotes", serde_json::to_string(&payload).unwrap()),
        ("with spaces", payload.replace(',', ", ")),
        ("with a space at the end", format!("{payload} ")),
        ("with a newline before", format!("\n{payload}")),
        ("with a byte order mark", format!("\u{feff}{payload}")),
        ("with a NUL at the end", format!("{payload}\0")),
        ("with an escaped name", payload.replace("\"sub\"", "\"s\\u0075b\"")),
        ("with names in capitals", payload.replace("\"sub\"", "\"SUB\"")),
        ("twice", format!("{payload}{payload}")),
        ("cut", payload[..payload.len() - 1].to_owned()),
        ("with a comment", with("/* */\"x\":1")),
        ("with a comma too many", payload.replace('}', ",}")),
        ("with single quotes", payload.replace('"', "'")),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("true", "true".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("an empty array", "[]".to_owned()),
        ("nothing", String::new()),
        ("a word", "foo".to_owned()),
        ("a query string", "sub=ada&role=superuser".to_owned()),
        ("deep in arrays", format!("{}{}", "[".repeat(1400), "]".repeat(1400))),
        ("deep in objects", format!("{}1{}", "{\"a\":".repeat(400), "}".repeat(400))),
        ("with a claim that is deep", with(&format!("\"x\":{}{}", "[".repeat(900), "]".repeat(900)))),
        ("of 12 KB", with(&format!("\"x\":\"{}\"", "a".repeat(8_800)))),
        ("of 50 KB", with(&format!("\"x\":\"{}\"", "a".repeat(35_000)))),
        ("of 1 MB", with(&format!("\"x\":\"{}\"", "a".repeat(1_000_000)))),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into();
    for extra in [
        r#""admin":true"#,
        r#""scope":"admin""#,
        r#""scopes":["admin"]"#,
        r#""kid":"x""#,
        r#""alg":"none""#,
        r#""act":{"sub":"x"}"#,
        r#""cnf":null"#,
        r#""":null"#,
        r#""__proto__":{}"#,
    ] {
        texts.push((format!("with {extra}"), with(extra)));
    }
    for (name, json) in &members {
        texts.push((format!("with {name} twice"), with(&format!("\"{name}\":{json}"))));
        texts.push((
            format!("with a false {name} before"),
            payload.replacen('{', &format!("{{\"{name}\":null,"), 1),
        ));
    }
    texts.push(("with a false role after".into(), with(r#""role":"superuser""#)));
    let mut all: Vec<Forged> = texts
        .iter()
        .map(|(name, text)| forged(format!("payload {name}"), forger.with_payload(text)))
        .collect();
    let utf16: Vec<u8> = payload.encode_utf16().flat_map(u16::to_le_bytes).collect();
    all.push(forged("payload in UTF-16", forger.with_payload(utf16)));
    let broken = [payload.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    all.push(forged("payload not UTF-8", forger.with_payload(broken)));
    all
}
