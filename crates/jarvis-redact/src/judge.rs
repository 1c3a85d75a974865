//! What a value looks like: nothing, a measure, or what no person would write.

/// Values that say that there is none, or what is wrong with it. A password policy refuses them all.
const NOTHING: [&str; 68] = [
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "empty",
    "unset",
    "set",
    "missing",
    "required",
    "wrong",
    "invalid",
    "incorrect",
    "expired",
    "revoked",
    "rejected",
    "accepted",
    "refused",
    "ok",
    "failed",
    "too",
    "must",
    "is",
    "are",
    "was",
    "has",
    "not",
    "cannot",
    "may",
    "should",
    "the",
    "a",
    "an",
    "this",
    "no.",
    "string",
    "str",
    "&str",
    "&'a",
    "bool",
    "option",
    "bytes",
    "object",
    "include",
    "omit",
    "same-origin",
    "sensitive",
    "generated",
    "configured",
    "changed",
    "unchanged",
    "updated",
    "at",
    "weak",
    "short",
    "manquant",
    "invalide",
    "incorrect,",
    "requis",
    "obligatoire",
    "faux",
    "absent",
    "trop",
    "doit",
    "expiré",
];

/// A parameter of a statement: `$1`.
pub(crate) fn is_parameter(value: &[u8]) -> bool {
    matches!(value.split_first(), Some((b'$', number)) if number.len() <= 2 && number.iter().all(u8::is_ascii_digit))
}

pub(crate) fn says_nothing(value: &[u8]) -> bool {
    value.len() <= 12 && NOTHING.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// A count, a time, a size, a date: `42`, `0.35s`, `128k`.
pub(crate) fn is_measure(value: &[u8]) -> bool {
    let number = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let unit = value.get(number..).unwrap_or_default();
    let decimal = value.get(..number).unwrap_or_default().contains(&b'.');
    number > 0 && (number <= 5 || decimal) && unit.len() <= 2 && unit.iter().all(u8::is_ascii_alphabetic)
}

/// Whether no person would write this: letters and digits mixed, and neither an id nor a hash nor a path.
pub(crate) fn is_random(value: &[u8], least: usize) -> bool {
    let any = |fits: fn(&u8) -> bool| value.iter().any(fits);
    let hex =
        value.iter().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase() || *byte == b'-');
    value.len() >= least
        && any(u8::is_ascii_digit)
        && any(u8::is_ascii_alphabetic)
        && !hex
        && !any(|byte| matches!(byte, b'/' | b':' | b'(' | b',' | b'<'))
        && !is_measure(value)
        && !value.iter().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
        }) | (value.len() >= 20 && !any(|byte| matches!(byte, b'_' | b'-' | b'.')))
}
