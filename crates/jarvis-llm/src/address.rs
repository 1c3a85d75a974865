//! Addresses of servers.

use url::Url;

/// `path` below `base`, whose query and fragment do not matter.
pub(crate) fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// The address without what is secret or noise in it.
pub(crate) fn for_people(base: &Url) -> String {
    let mut url = endpoint(base, "");
    match url.set_username("").and_then(|()| url.set_password(None)) {
        Ok(()) => url.as_str().trim_end_matches('/').to_owned(),
        // Not an address of a server at all; asking it will say so.
        Err(()) => format!("{}:", url.scheme()),
    }
}
