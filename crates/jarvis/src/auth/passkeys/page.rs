//! In which page a passkey was used, as the browser says in what the authenticator signs.

use serde::Deserialize;
use serde_json::Value;

/// Of `CollectedClientData` (WebAuthn, 5.8.1).
#[derive(Deserialize)]
struct ClientData {
    #[serde(default, rename = "crossOrigin")]
    cross_origin: Option<Value>,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<Value>,
}

/// Whether it was our page by itself, and not within one of another origin (WebAuthn, 7.1 step 10 and 7.2 step 13): there, whoever made the
/// outer page chooses what is seen around the question. We let nobody frame us, so an honest browser never says so.
pub(super) fn is_top(client_data: &[u8]) -> bool {
    let Ok(data) = serde_json::from_slice::<ClientData>(client_data) else { return false };
    // Serde reads a list as a struct, too.
    client_data.starts_with(b"{")
        && data.cross_origin.is_none_or(|cross| cross == Value::Bool(false))
        && data.top_origin.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_is_on_top() {
        for top in
            [r#"{}"#, r#"{"crossOrigin":false}"#, r#"{"crossOrigin":null}"#, r#"{"type":"webauthn.get"}"#]
        {
            assert!(is_top(top.as_bytes()), "{top}");
        }
        for framed in [
            r#"{"crossOrigin":true}"#,
            r#"{"crossOrigin":"true"}"#,
            r#"{"crossOrigin":1}"#,
            r#"{"crossOrigin":false,"topOrigin":"https://evil.example"}"#,
            r#"{"topOrigin":"http://localhost:8000"}"#,
            r#"{"crossOrigin":true,"crossOrigin":false}"#,
            r#"{"crossOrigin":false,"crossOrigin":true}"#,
            "[]",
            "",
        ] {
            assert!(!is_top(framed.as_bytes()), "{framed}");
        }
    }
}
