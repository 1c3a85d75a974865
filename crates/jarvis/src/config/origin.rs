use url::{Host, Url};

use super::{
    Borders,
    front::Front,
    reader::{Faulted, Reader, without_user},
};

const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

pub(super) fn borders(
    reader: &mut Reader,
    strict: bool,
    public_url: Option<&Url>,
    front: Option<&Front>,
) -> Result<Borders, Faulted> {
    let origins = reader.optional("CORS_ORIGINS", |text| each(text, |entry| origin(entry, strict)));
    let hosts = reader.optional("TRUSTED_HOSTS", |text| each(text, host));

    let origins: Vec<Url> = origins?.unwrap_or_else(|| front.map(own_origins).unwrap_or_default());
    let hosts = match hosts? {
        Some(hosts) => hosts,
        None => {
            let named = origins.iter().chain(public_url).filter_map(Url::host_str).map(str::to_owned);
            without_repeats(OWN_NAMES.iter().map(|name| (*name).to_owned()).chain(named))
        }
    };
    // The page itself lives at the public address: its requests are never foreign.
    let origins = origins.iter().chain(public_url).map(|url| url.origin().ascii_serialization());
    Ok(Borders {
        origins: without_repeats(origins),
        hosts,
        proxies: front.map(|front| front.proxies.clone()).unwrap_or_default(),
        only_through_proxies: front.is_some_and(Front::is_open_plain),
    })
}

/// This machine's names with the port that we listen on. None when the system chooses the port: any other would be another
/// program's.
fn own_origins(front: &Front) -> Vec<Url> {
    let scheme = if front.tls.is_some() { "https" } else { "http" };
    let port = front.bind.port();
    let own = ["localhost", "127.0.0.1"].map(|host| format!("{scheme}://{host}:{port}"));
    own.iter().filter(|_| port != 0).filter_map(|own| Url::parse(own).ok()).collect()
}

/// `PUBLIC_URL`: an origin; the slash that browsers add at the end is forgiven.
pub(super) fn public_url(reader: &mut Reader, strict: bool) -> Result<Option<Url>, Faulted> {
    reader.optional("PUBLIC_URL", |text| origin(text.strip_suffix('/').unwrap_or(text), strict))
}

/// The base address of a model server: the operator's choice, so any host, with or without TLS.
pub(super) fn server_url(text: &str) -> Result<Url, String> {
    let url = http_url(text)?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err("must be only scheme, host, port and path: no user, no ?, no #".to_owned());
    }
    Ok(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback_host)
}

/// Whether a host, as `Host` or a URL spells it without its port, always means this machine.
pub fn is_loopback_host(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

/// An origin is exactly what a browser sends in `Origin` (RFC 6454 section 6.2), or it would never match.
fn origin(text: &str, strict: bool) -> Result<Url, String> {
    if text.contains('*') {
        return Err("is a wildcard: name each origin, such as https://jarvis.example".to_owned());
    }
    let url = http_url(text)?;
    let written_by_browsers = url.origin().ascii_serialization();
    if written_by_browsers != text {
        return Err(format!("is not an exact origin: write {written_by_browsers}"));
    }
    if strict && url.scheme() == "http" && !is_loopback(&url) {
        return Err("is plain http: use https in production".to_owned());
    }
    Ok(url)
}

fn http_url(text: &str) -> Result<Url, String> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| "is not an address that starts with http:// or https://".to_owned())
}

/// A name as `Host` carries it, without the port.
fn host(text: &str) -> Result<String, String> {
    if text.contains('*') {
        return Err("is a wildcard: name each host".to_owned());
    }
    let advice = "is not a host name: no scheme, no port, no path; IPv6 in brackets";
    let host = Host::parse(text).map_err(|_not_a_host| advice.to_owned())?.to_string();
    if host.eq_ignore_ascii_case(text) { Ok(host) } else { Err(format!("is not exact: write {host}")) }
}

fn without_repeats(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    for text in texts {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

/// Each entry of a comma list; the first bad one is named, without a password that it may hold.
pub(super) fn each<T>(list: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            parse(entry).map_err(|reason| format!("holds {:?}, which {reason}", without_user(entry)))
        })
        .collect()
}
