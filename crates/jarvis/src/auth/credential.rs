//! Where a credential may stand in a request: one place for each kind, never the URL.

use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use jarvis_crypto::{ApiKey, OpaqueToken, Secret};

use crate::error::{Error, Result};

/// The longest that browsers keep a cookie (RFC 6265bis, 5.5).
const MARK_LIFE: Duration = Duration::from_secs(60 * 60 * 24 * 400);

/// What somebody shows to say who they are.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A JWT of ours, from the `Authorization` header, the access cookie or a socket's first frame.
    AccessToken(Secret<String>),
    /// An API key, from the `Authorization` header alone: no cookie carries one, so no page can make a browser use it.
    ApiKey(Secret<String>),
}

/// The names and attributes of our cookies.
///
/// Over https they carry the `__Host-` prefix, so that no other host or path can set them (RFC 6265bis, 4.1.3.2).
/// Plain http exists only on loopback in development, where browsers refuse that prefix.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// `secure`: whether people reach us by https.
    pub fn new(secure: bool) -> Self {
        Self { secure }
    }

    fn access_name(self) -> &'static str {
        if self.secure { "__Host-jarvis_access" } else { "jarvis_access" }
    }

    fn refresh_name(self) -> &'static str {
        if self.secure { "__Host-jarvis_refresh" } else { "jarvis_refresh" }
    }

    fn mark_name(self) -> &'static str {
        if self.secure { "__Host-jarvis_device" } else { "jarvis_device" }
    }

    fn flow_name(self) -> &'static str {
        if self.secure { "__Host-jarvis_flow" } else { "jarvis_flow" }
    }

    /// The credential of a request, if it brings one. The header wins over the cookie, so that a program which says who it is
    /// is never taken for the person whose browser it runs in.
    ///
    /// # Errors
    /// `Unauthenticated` when the header is there twice or is not `Bearer`: what is unclear is not guessed.
    pub fn credential(self, headers: &HeaderMap) -> Result<Option<Credential>> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (None, _) => Ok(self.cookie(headers, self.access_name()).map(Credential::AccessToken)),
            (Some(value), None) => {
                let token = bearer(value).ok_or(Error::Unauthenticated)?;
                let is_key = ApiKey::looks_like_one(token.expose());
                Ok(Some(if is_key { Credential::ApiKey(token) } else { Credential::AccessToken(token) }))
            }
            (Some(_), Some(_)) => Err(Error::Unauthenticated),
        }
    }

    /// The refresh token in the request's cookie.
    pub fn refresh_token(self, headers: &HeaderMap) -> Option<Secret<String>> {
        self.cookie(headers, self.refresh_name())
    }

    /// Every refresh token that came, for ending sessions: there it is better to believe too much.
    pub fn refresh_tokens(self, headers: &HeaderMap) -> Vec<Secret<String>> {
        let named = |(name, value): (&str, &str)| {
            (name == self.refresh_name() && !value.is_empty()).then(|| Secret::new(value.to_owned()))
        };
        pairs(headers).filter_map(named).collect()
    }

    /// The mark by which a browser is known again. It opens nothing: whoever has it may only try a password as often as its owner.
    pub(super) fn mark(self, headers: &HeaderMap) -> Option<OpaqueToken> {
        OpaqueToken::parse(super::MARK_PREFIX, self.cookie(headers, self.mark_name())?.expose())
    }

    /// What a browser keeps between leaving for a provider and coming back.
    pub fn flow(self, headers: &HeaderMap) -> Option<Secret<String>> {
        self.cookie(headers, self.flow_name())
    }

    /// The `Set-Cookie` value for it. `SameSite=Lax`: the provider's page sends the person back, and nothing stricter would come along.
    pub fn set_flow(self, flow: &Secret<String>, life: Duration) -> String {
        self.line_for(self.flow_name(), flow.expose(), life, "Lax")
    }

    /// The `Set-Cookie` value that removes it.
    pub fn clear_flow(self) -> String {
        self.line_for(self.flow_name(), "", Duration::ZERO, "Lax")
    }

    /// `Set-Cookie` values for a fresh pair of tokens, and a mark where one was given.
    pub fn set(self, tokens: &super::Tokens) -> impl Iterator<Item = String> {
        let mark = tokens.mark.as_ref().map(|mark| self.line(self.mark_name(), mark.expose(), MARK_LIFE));
        let pair = [
            self.line(self.access_name(), &tokens.access, tokens.access_life),
            self.line(self.refresh_name(), tokens.refresh.expose(), tokens.refresh_life),
        ];
        pair.into_iter().chain(mark)
    }

    /// `Set-Cookie` values that remove both.
    pub fn clear(self) -> [String; 2] {
        [self.access_name(), self.refresh_name()].map(|name| self.line(name, "", Duration::ZERO))
    }

    fn line(self, name: &str, value: &str, life: Duration) -> String {
        self.line_for(name, value, life, "Strict")
    }

    fn line_for(self, name: &str, value: &str, life: Duration, same_site: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite={same_site}{secure}", life.as_secs())
    }

    /// A cookie that is there exactly once: one planted beside ours makes both worthless rather than either believed.
    fn cookie(self, headers: &HeaderMap, name: &str) -> Option<Secret<String>> {
        let mut found = pairs(headers).filter(|(key, value)| *key == name && !value.is_empty());
        let (_, value) = found.next()?;
        found.next().is_none().then(|| Secret::new(value.to_owned()))
    }
}

/// Names and values of the cookies that came (RFC 6265, 4.2.1).
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// RFC 6750, 2.1: `Bearer` (in any case), one space, the token.
fn bearer(value: &HeaderValue) -> Option<Secret<String>> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[(&'static str, &'static str)]) -> Option<Option<String>> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let found = Cookies::new(false).credential(&headers).ok()?;
        Some(found.map(|found| match found {
            Credential::AccessToken(token) => token.expose().clone(),
            Credential::ApiKey(key) => format!("key {}", key.expose()),
        }))
    }

    #[test]
    fn the_header_wins_over_the_cookie() {
        assert_eq!(found(&[]), Some(None));
        assert_eq!(found(&[("cookie", "a=1; jarvis_access=c")]), Some(Some("c".into())));
        assert_eq!(
            found(&[("cookie", "jarvis_access=c"), ("authorization", "bearer h")]),
            Some(Some("h".into()))
        );
    }

    #[test]
    fn a_key_stands_in_the_header_and_nowhere_else() {
        assert_eq!(found(&[("authorization", "Bearer jrv_x")]), Some(Some("key jrv_x".into())));
        assert_eq!(found(&[("cookie", "jarvis_access=jrv_x")]), Some(Some("jrv_x".into())));
        assert_eq!(found(&[("x-api-key", "jrv_x")]), Some(None));
        assert_eq!(found(&[("authorization", "jrv_x")]), None);
    }

    #[test]
    fn what_is_unclear_is_not_guessed() {
        assert_eq!(found(&[("authorization", "Bearer a"), ("authorization", "Bearer a")]), None);
        assert_eq!(found(&[("authorization", "Basic YTpi")]), None);
        assert_eq!(found(&[("authorization", "Bearer ")]), None);
        assert_eq!(found(&[("cookie", "jarvis_access=a; jarvis_access=b")]), Some(None));
        assert_eq!(found(&[("cookie", "__Host-jarvis_access=a")]), Some(None));
    }
}
