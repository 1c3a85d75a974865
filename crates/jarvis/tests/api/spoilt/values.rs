//! Values that do not fit, as they stand in JSON.

use super::operations::Field;

/// What must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// 422 that names the field.
    Named,
    /// Any refusal that is our own and clear.
    Refused,
    /// Whatever is right, but for a fault of ours.
    Sane,
}

/// A text of JSON in place of a field's value; none leaves the field out.
pub(super) struct Spoilt {
    pub(super) name: String,
    pub(super) json: Option<String>,
    pub(super) expected: Expected,
}

fn spoilt(name: impl Into<String>, json: impl Into<String>, expected: Expected) -> Spoilt {
    Spoilt { name: name.into(), json: Some(json.into()), expected }
}

/// Of each JSON type one or two.
const OF_EACH_TYPE: [(&str, &[&str]); 6] = [
    ("null", &["null"]),
    ("boolean", &["true", "false"]),
    ("integer", &["7", "-1", "1.5"]),
    ("string", &["\"x\"", "\"\"", "\"7\"", "\"true\"", "\"null\""]),
    ("array", &["[]", "[null]", "[\"x\"]", "[[[]]]"]),
    ("object", &["{}", "{\"a\":1}", "{\"$ne\":null}"]),
];

/// Texts that somebody somewhere did not think of, as JSON without quotes.
const TEXTS: [(&str, &str); 26] = [
    ("a space", " "),
    ("a line break", "a\\r\\nb: c"),
    ("a NUL", "\\u0000"),
    ("a NUL within", "abc\\u0000def"),
    ("control characters", "a\\u0001\\u0008\\u001b[2Jb\\u007f\\u0085"),
    ("turned right to left", "abc\\u202egpj.exe\\u202c"),
    ("isolated", "\\u2066abc\\u2069\\u200f"),
    ("zero-width", "a\\u200b\\u200c\\u200d\\u2060\\ufeffb"),
    ("no characters", "\\ufffe\\uffff\\ufdd0"),
    ("tag characters", "a\\udb40\\udc61\\udb40\\udc7f"),
    ("line separators", "a\\u2028b\\u2029c"),
    ("many marks", "z\\u0300\\u0301\\u0302\\u0303\\u0304\\u0305\\u0306\\u0307\\u0308"),
    ("an emoji of several", "\\ud83d\\udc69\\u200d\\ud83d\\udc69\\u200d\\ud83d\\udc67"),
    ("letters that change length", "\\u0130\\u00df\\ufb03\\u1e9e\\u017f\\u212a"),
    ("full-width", "\\uff41\\uff44\\uff41"),
    ("SQL", "x' OR '1'='1'; DROP TABLE users; --"),
    ("a pattern", "%_%\\\\"),
    ("a path", "../../../../etc/passwd"),
    ("a URL", "http://169.254.169.254/latest/"),
    ("a template", "{{7*7}}${7*7}<%= 7 %>#{7}"),
    ("a format", "%s%n%x"),
    ("markup", "<script>alert(1)</script>"),
    ("JSON", "{\\\"a\\\":1}"),
    ("a number", "1e309"),
    ("NaN", "NaN"),
    ("a date", "9999-99-99T99:99:99Z"),
];

/// Texts that are no JSON.
const BROKEN: [(&str, &str); 9] = [
    ("half a surrogate", "\"\\ud800\""),
    ("the other half", "\"a\\udc00b\""),
    ("surrogates the wrong way round", "\"\\udc00\\ud800\""),
    ("half a surrogate and a letter", "\"\\ud83dx\""),
    ("half an escape", "\"\\u12\""),
    ("an unknown escape", "\"\\x41\""),
    ("a bare line break", "\"a\nb\""),
    ("a bare control character", "\"a\u{1}b\""),
    ("no value", ""),
];

/// Everything that is tried in place of a field.
pub(super) fn of(field: &Field) -> Vec<Spoilt> {
    let schema = &field.schema;
    let mut all = Vec::new();
    if field.required {
        all.push(Spoilt { name: "missing".into(), json: None, expected: Expected::Named });
    }
    for (kind, values) in OF_EACH_TYPE {
        let fits = schema.takes(kind) || kind == "integer" && schema.takes("number");
        for json in values {
            // A whole number is asked for, or one of a few words.
            let never = kind == "integer" && (json.contains('.') || json.starts_with('-'));
            let never = never || kind == "string" && schema.fits(json.trim_matches('"')) == Some(false);
            let never = never || kind == "array" && (json.contains("null") || json.contains("[["));
            let expected = if !fits || never { Expected::Named } else { Expected::Sane };
            all.push(spoilt(*json, *json, expected));
        }
    }
    if schema.takes("string") {
        texts(field, &mut all);
    }
    if schema.takes("integer") {
        numbers(field, &mut all);
    }
    if schema.takes("array") {
        arrays(field, &mut all);
    }
    if schema.takes("object") {
        objects(&mut all);
    }
    all.extend(BROKEN.map(|(name, json)| spoilt(name, json, Expected::Refused)));
    all
}

fn texts(field: &Field, all: &mut Vec<Spoilt>) {
    let schema = &field.schema;
    let longest = schema.bound("maxLength").map_or(usize::MAX, |most| usize::try_from(most).unwrap());
    // Escapes are no letters that any of them may have.
    let judged = |text: &str| {
        let fits = schema.fits(text) != Some(false) && text.chars().count() <= longest;
        if fits { Expected::Sane } else { Expected::Named }
    };
    all.extend(TEXTS.map(|(name, text)| spoilt(name, format!("\"{text}\""), judged(text))));
    let too_long = [300, 5_000, 100_000].map(|length| ("a", length));
    let by_one = ["a", "\u{e9}", "\u{1f389}"].map(|letter| (letter, longest.saturating_add(1)));
    for (letter, length) in too_long.into_iter().chain(by_one).filter(|(_, length)| *length < usize::MAX) {
        let text = letter.repeat(length);
        all.push(spoilt(format!("{length} times {letter}"), format!("\"{text}\""), judged(&text)));
    }
    if schema.bound("minLength").is_some_and(|least| least > 0) {
        all.push(spoilt("no letter", "\"\"", Expected::Named));
    }
}

fn numbers(field: &Field, all: &mut Vec<Spoilt>) {
    for json in
        ["0.1", "1e3", "1e308", "-0", "9223372036854775808", "18446744073709551616", "-9223372036854775809"]
    {
        all.push(spoilt(json, json, Expected::Named));
    }
    // What no number can hold is no JSON to some readers.
    for json in ["1e400", "-1e400", "0x10", "01", "+1", ".5", "Infinity", "NaN"] {
        all.push(spoilt(json, json, Expected::Refused));
    }
    for (bound, by) in [("minimum", -1), ("maximum", 1)] {
        if let Some(limit) = field.schema.bound(bound) {
            all.push(spoilt(format!("beyond the {bound}"), (limit + by).to_string(), Expected::Named));
        }
    }
}

fn arrays(field: &Field, all: &mut Vec<Spoilt>) {
    for json in ["[1]", "[true]", "[{}]", "[\"\\u0000\"]", "[\"\\u202e\"]", "[\"\"]"] {
        all.push(spoilt(json, json, Expected::Named));
    }
    all.push(spoilt("one long text", format!("[\"{}\"]", "a".repeat(100_000)), Expected::Named));
    all.push(spoilt("ten thousand", format!("[{}\"x\"]", "\"x\",".repeat(9_999)), Expected::Named));
    if let Some(most) = field.schema.bound("maxItems") {
        let most = usize::try_from(most).unwrap();
        let json = format!("[{}\"10.0.0.1\"]", "\"10.0.0.1\",".repeat(most));
        all.push(spoilt("one too many", json, Expected::Named));
    }
}

fn objects(all: &mut Vec<Spoilt>) {
    for (name, json) in [
        ("a name that is empty", "{\"\":1}".to_owned()),
        ("a name with a NUL", "{\"a\\u0000b\":\"\\u0000\"}".to_owned()),
        ("a prototype", "{\"__proto__\":{\"admin\":true}}".to_owned()),
        ("a huge number", "{\"a\":1e308}".to_owned()),
        ("50 deep", format!("{}1{}", "{\"a\":".repeat(50), "}".repeat(50))),
        ("a name of 100,000 letters", format!("{{\"{}\":1}}", "a".repeat(100_000))),
        ("a thousand members", {
            let members: Vec<_> = (0..1000).map(|n| format!("\"a{n}\":[]")).collect();
            format!("{{{}}}", members.join(","))
        }),
    ] {
        all.push(spoilt(name, json, Expected::Sane));
    }
}
