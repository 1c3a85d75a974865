//! For which name a passkey is made, and from which page it may be used.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::config::Config;
use crate::error::{Error, Result, Why};

/// A relying party (WebAuthn, 5.1.2): fixed when a ceremony begins, so that its end cannot choose another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::auth) struct Site {
    /// The name, without scheme and port.
    pub id: String,
    /// The one page that may take part, as a browser writes origins.
    pub origin: String,
}

/// The names under which people reach this installation.
#[derive(Debug, Clone)]
pub(in crate::auth) struct Sites {
    public: Option<Url>,
    /// Listed by the operator, or the port we listen on. Never what a request says of itself: another program on this machine could open
    /// a page on `localhost` too, and would get passkeys for it.
    local: Vec<Url>,
}

impl Sites {
    pub(in crate::auth) fn new(config: &Config) -> Self {
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let own = format!("{scheme}://localhost:{}", config.bind.port());
        let listed = config.borders.origins.iter().chain([&own]).filter_map(|origin| Url::parse(origin).ok());
        let local = listed.filter(|url| url.host() == Some(Host::Domain("localhost"))).collect();
        Self { public: config.public_url.clone(), local }
    }

    /// The site of a page loaded from `origin`.
    ///
    /// # Errors
    /// `Conflict(PasskeysNeedAName)`: browsers refuse an address of digits as a name.
    pub(in crate::auth) fn of(&self, origin: Option<&str>) -> Result<Site> {
        let page = match &self.public {
            Some(public) => Some(public),
            None => origin.and_then(|origin| {
                self.local.iter().find(|url| url.origin().ascii_serialization() == origin)
            }),
        };
        let named = page.and_then(|page| Some((page, page.domain()?)));
        let (page, id) = named.ok_or(Error::Conflict(Why::PasskeysNeedAName))?;
        Ok(Site { id: id.to_owned(), origin: page.origin().ascii_serialization() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(public: Option<&str>) -> Sites {
        let local = ["http://localhost:8000", "http://localhost:5173"];
        Sites {
            public: public.map(|url| url.parse().unwrap()),
            local: local.map(|url| url.parse().unwrap()).to_vec(),
        }
    }

    fn id(sites: &Sites, origin: Option<&str>) -> Option<String> {
        sites.of(origin).ok().map(|site| site.id)
    }

    #[test]
    fn only_a_page_that_we_know_on_localhost_has_a_name() {
        let sites = sites(None);
        assert_eq!(id(&sites, Some("http://localhost:8000")).as_deref(), Some("localhost"));
        for other in [
            "http://localhost:9999",
            "https://localhost:8000",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "https://jarvis.example",
            "http://localhost:8000.evil.example",
            "http://LOCALHOST:8000",
            "null",
            "",
        ] {
            assert_eq!(id(&sites, Some(other)), None, "{other}");
        }
        assert_eq!(id(&sites, None), None);
    }

    #[test]
    fn the_public_address_wins_over_what_the_browser_says() {
        let named = sites(Some("https://jarvis.example"));
        for origin in [None, Some("http://localhost:8000"), Some("https://evil.example")] {
            let site = named.of(origin).unwrap();
            assert_eq!(
                (site.id.as_str(), site.origin.as_str()),
                ("jarvis.example", "https://jarvis.example")
            );
        }
        assert_eq!(id(&sites(Some("https://192.0.2.7")), Some("http://localhost:8000")), None);
    }
}
