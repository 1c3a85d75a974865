//! What a credential may be used for, whatever its owner may do.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of scopes. Spoken as an array of words (`["read", "chat"]`), stored as words with a space between them, as OAuth2 writes
/// them (RFC 6749, 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes {
    /// Write in one's own conversations.
    pub chat: bool,
    /// Read what is one's own.
    pub read: bool,
    /// What admins do, and changes to accounts.
    pub admin: bool,
}

impl Scopes {
    /// What a session has: everything its user may do.
    pub const ALL: Self = Self { chat: true, read: true, admin: true };
    /// Nothing.
    pub const NONE: Self = Self { chat: false, read: false, admin: false };

    /// The words, in a fixed order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let words = [(self.chat, "chat"), (self.read, "read"), (self.admin, "admin")];
        words.into_iter().filter_map(|(has, word)| has.then_some(word))
    }

    /// The set with one more word; None when there is no such scope.
    fn with(self, word: &str) -> Option<Self> {
        match word {
            "chat" => Some(Self { chat: true, ..self }),
            "read" => Some(Self { read: true, ..self }),
            "admin" => Some(Self { admin: true, ..self }),
            _ => None,
        }
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, word) in self.words().enumerate() {
            f.write_str(if place == 0 { "" } else { " " })?;
            f.write_str(word)?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = String;

    /// Words with white space between them. An unknown word is refused: a scope that means nothing must not look granted.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split_ascii_whitespace().try_fold(Self::NONE, |scopes, word| {
            scopes.with(word).ok_or_else(|| "a scope is chat, read or admin".to_owned())
        })
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.words())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        words.iter().try_fold(Self::NONE, |scopes, word| {
            scopes.with(word).ok_or_else(|| D::Error::custom("a scope is chat, read or admin"))
        })
    }
}

impl utoipa::PartialSchema for Scopes {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
        let word =
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["chat", "read", "admin"]));
        ArrayBuilder::new().items(word).into()
    }
}

impl utoipa::ToSchema for Scopes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_the_same_set() {
        for (text, scopes) in [
            ("", Scopes::NONE),
            ("chat read admin", Scopes::ALL),
            ("read", Scopes { read: true, ..Scopes::NONE }),
        ] {
            assert_eq!((text.parse(), scopes.to_string()), (Ok(scopes), text.to_owned()));
            let json = serde_json::to_string(&scopes).unwrap();
            assert_eq!(serde_json::from_str::<Scopes>(&json).unwrap(), scopes, "{json}");
        }
        assert_eq!(" read  read ".parse(), Ok(Scopes { read: true, ..Scopes::NONE }));
    }

    #[test]
    fn an_unknown_scope_is_refused() {
        for text in ["all", "Admin", "read,chat", "*", "аdmin"] {
            assert!(text.parse::<Scopes>().is_err(), "{text}");
            assert!(serde_json::from_value::<Scopes>(serde_json::json!([text])).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Scopes>("\"read\"").is_err());
        assert!(serde_json::from_str::<Scopes>("null").is_err());
    }
}
