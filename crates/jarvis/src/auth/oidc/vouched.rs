//! Whom a provider vouches for, and what a new account of theirs is called.

use openidconnect::core::CoreIdTokenClaims;
use serde::Deserialize;

use crate::auth::store::identities::NewIdentity;
use crate::users::Username;

/// OpenID Connect Core 1.0, section 2: a subject has at most 255 ASCII characters.
const SUBJECT_MAX: usize = 255;
/// Characters of what the list of identities shows.
const LABEL_MAX: usize = 254;
/// Letters of a name that is made from what the provider says: room is left for a number.
const NAME_MAX: usize = 40;
const NAME_MIN: usize = 3;

/// A person, as a provider knows them. Only issuer and subject say who it is; all else is what they are called.
pub(super) struct Vouched {
    pub issuer: String,
    pub subject: String,
    email: Option<String>,
    name: Option<String>,
    /// Opens what the provider says of the person, and nothing else is done with it.
    token: String,
}

/// OpenID Connect Core 1.0, section 5.3.2.
#[derive(Deserialize)]
pub(super) struct UserInfo {
    sub: String,
    email: Option<String>,
    preferred_username: Option<String>,
}

impl Vouched {
    /// None when the subject cannot be one.
    pub(super) fn new(issuer: &str, claims: &CoreIdTokenClaims, token: &str) -> Option<Self> {
        let subject = claims.subject().as_str();
        let fits = (1..=SUBJECT_MAX).contains(&subject.len())
            && subject.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        fits.then(|| Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()),
            name: claims.preferred_username().map(|name| name.as_str().to_owned()),
            token: token.to_owned(),
        })
    }

    pub(super) fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// The header that opens what more there is to know; None where the token does not fit into one.
    pub(super) fn authorization(&self) -> Option<String> {
        let fits = !self.token.is_empty() && self.token.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| format!("Bearer {}", self.token))
    }

    /// Takes over what more was said; false when it is about somebody else.
    pub(super) fn take(&mut self, said: UserInfo) -> bool {
        if said.sub != self.subject {
            return false;
        }
        self.email = self.email.take().or(said.email);
        self.name = self.name.take().or(said.preferred_username);
        true
    }

    /// As it is stored.
    pub(super) fn identity(&self) -> NewIdentity<'_> {
        NewIdentity { issuer: &self.issuer, subject: &self.subject, label: self.label() }
    }

    /// For the list of identities.
    pub(super) fn label(&self) -> String {
        let told = [self.email.as_deref(), self.name.as_deref()];
        let plain = told.into_iter().flatten().find(|text| is_plain(text));
        plain.unwrap_or(&self.subject).chars().take(LABEL_MAX).collect()
    }

    /// What the account may be called, best first; one of them is bound to be free.
    pub(super) fn names(&self) -> Vec<Username> {
        let told = [self.name.as_deref(), self.email.as_deref()];
        let stem = told.into_iter().flatten().map(stem).find(|stem| stem.len() >= NAME_MIN);
        let stem = stem.unwrap_or_else(|| "member".to_owned());
        let random = random_tail();
        let numbered = (2..10).map(|number| format!("{stem}-{number}"));
        let all = std::iter::once(stem.clone()).chain(numbered).chain([format!("{stem}-{random}")]);
        all.filter_map(|name| Username::parse(&name).ok()).collect()
    }
}

/// What stands before an `@`, without what a name may not have.
fn stem(text: &str) -> String {
    let kept = text.split('@').next().unwrap_or_default().chars().map(|letter| match letter {
        '.' | ' ' | '+' => '-',
        letter => letter,
    });
    let kept: String = kept.filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-').collect();
    kept.trim_matches(['-', '_']).chars().take(NAME_MAX).collect()
}

fn is_plain(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(|letter| letter.is_control() || is_invisible(letter))
}

/// What turns text round or hides in it.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Eight hexadecimal digits that nobody can foresee.
fn random_tail() -> String {
    let id = crate::ids::IdentityId::new().0.simple().to_string();
    id.chars().skip(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: Option<&str>, email: Option<&str>) -> Vouched {
        Vouched {
            issuer: "https://id.example".into(),
            subject: "248289761001".into(),
            email: email.map(str::to_owned),
            name: name.map(str::to_owned),
            token: "t".into(),
        }
    }

    #[test]
    fn a_name_is_made_of_what_the_provider_calls_a_person() {
        for (name, email, expected) in [
            (Some("ada.lovelace"), Some("x@example.org"), "ada-lovelace"),
            (Some("Ada Lovelace"), None, "Ada-Lovelace"),
            (Some("é"), Some("ada+home@example.org"), "ada-home"),
            (Some("<script>"), None, "script"),
            (Some("аdmin"), None, "dmin"),
            (None, Some("@"), "member"),
            (None, None, "member"),
            (Some(&"x".repeat(300)), None, &"x".repeat(40)),
        ] {
            let names = named(name, email).names();
            assert_eq!(names[0].as_str(), expected);
            assert_eq!(names.len(), 10);
        }
    }

    #[test]
    fn a_label_shows_what_it_says() {
        let label = |name, email| named(name, email).label();
        assert_eq!(label(Some("ada"), Some("ada@example.org")), "ada@example.org");
        assert_eq!(label(Some("ada"), Some("a\u{202e}da@example.org")), "ada");
        assert_eq!(label(Some("a\nda"), Some(" ")), "248289761001");
        assert_eq!(label(Some(&"x".repeat(999)), None).len(), 254);
    }

    #[test]
    fn a_token_that_would_break_out_of_its_header_is_not_used() {
        let mut vouched = named(None, None);
        assert_eq!(vouched.authorization().unwrap(), "Bearer t");
        for bad in ["", "a\r\nx: y", "a b", "é"] {
            vouched.token = bad.to_owned();
            assert!(vouched.authorization().is_none());
        }
    }
}
