//! What proxies say about who is behind them: `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` (RFC 7239).
//!
//! Pure. Whether a proxy is believed at all is asked before.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::FORWARDED;

use super::client::{X_FORWARDED_FOR, X_FORWARDED_PROTO};

/// What the nearest proxies that we trust know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The nearest address that is none of ours; the furthest, if all are.
    pub(super) address: Option<IpAddr>,
    /// Whether that one spoke https.
    pub(super) https: Option<bool>,
}

/// The headers are not what the standard or the custom says, or contradict each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclear;

/// Reads from the right, where the nearest proxy wrote, and believes each entry only as long as a proxy of ours wrote
/// it: what stands further left came from outside.
///
/// # Errors
/// [`Unclear`]: nothing is guessed. A proxy that writes one of the two headers and lets a client's own pass in the other
/// would otherwise let that client choose its address.
pub(super) fn told(headers: &HeaderMap, is_ours: impl Fn(IpAddr) -> bool) -> Result<Told, Unclear> {
    let by_custom = x_forwarded_for(headers, &is_ours)?;
    let by_custom_https = x_forwarded_proto(headers)?;
    let standard = forwarded(headers, &is_ours)?;
    Ok(Told {
        address: agreed(by_custom, standard.address)?,
        https: agreed(by_custom_https, standard.https)?,
    })
}

fn agreed<T: PartialEq>(one: Option<T>, other: Option<T>) -> Result<Option<T>, Unclear> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(Unclear),
        (one, other) => Ok(one.or(other)),
    }
}

fn x_forwarded_for(headers: &HeaderMap, is_ours: impl Fn(IpAddr) -> bool) -> Result<Option<IpAddr>, Unclear> {
    let mut furthest = None;
    for line in headers.get_all(X_FORWARDED_FOR).iter().rev() {
        for entry in line.to_str().map_err(|_not_ascii| Unclear)?.rsplit(',') {
            let address = node(entry.trim_matches([' ', '\t'])).ok_or(Unclear)?;
            furthest = Some(address);
            if !is_ours(address) {
                return Ok(furthest);
            }
        }
    }
    Ok(furthest)
}

/// The last word is of the proxy that spoke to us. Some write `wss` for a WebSocket.
fn x_forwarded_proto(headers: &HeaderMap) -> Result<Option<bool>, Unclear> {
    let Some(line) = headers.get_all(X_FORWARDED_PROTO).iter().next_back() else { return Ok(None) };
    let line = line.to_str().map_err(|_not_ascii| Unclear)?;
    scheme(line.rsplit(',').next().unwrap_or_default().trim_matches([' ', '\t'])).map(Some)
}

fn scheme(word: &str) -> Result<bool, Unclear> {
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    match () {
        () if is("https") || is("wss") => Ok(true),
        () if is("http") || is("ws") => Ok(false),
        () => Err(Unclear),
    }
}

/// An address, with or without a port.
fn node(text: &str) -> Option<IpAddr> {
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = text.parse().ok().or_else(in_brackets).or_else(with_port)?;
    // A zone says something on the machine that wrote it alone.
    (!text.contains('%')).then(|| address.to_canonical())
}

fn forwarded(headers: &HeaderMap, is_ours: impl Fn(IpAddr) -> bool) -> Result<Told, Unclear> {
    let mut hops = Vec::new();
    for line in headers.get_all(FORWARDED) {
        // Each line by itself: a quotation mark that a client leaves open must not swallow what our proxy wrote in the next.
        hops.append(&mut elements(line.to_str().map_err(|_not_ascii| Unclear)?)?);
    }
    let mut told = Told::default();
    for hop in hops.into_iter().rev() {
        // A proxy that names nobody here says it elsewhere, or not at all; what stands further left is not its word.
        let Some(by) = hop.by_whom else {
            told.https = told.https.or(hop.https);
            break;
        };
        let address = node(&by).ok_or(Unclear)?;
        told = Told { address: Some(address), https: hop.https };
        if !is_ours(address) {
            break;
        }
    }
    Ok(told)
}

#[derive(Default)]
struct Hop {
    by_whom: Option<String>,
    https: Option<bool>,
}

/// `forwarded-element`s (RFC 7239, section 4), the whole line or nothing of it.
fn elements(line: &str) -> Result<Vec<Hop>, Unclear> {
    let mut rest = line.trim_matches([' ', '\t']);
    let mut hops = vec![Hop::default()];
    loop {
        let (name, value, after) = pair(rest)?;
        let hop = hops.last_mut().ok_or(Unclear)?;
        if name.eq_ignore_ascii_case("for") && hop.by_whom.replace(value.clone()).is_some() {
            return Err(Unclear);
        }
        if name.eq_ignore_ascii_case("proto") && hop.https.replace(scheme(&value)?).is_some() {
            return Err(Unclear);
        }
        let after = after.trim_start_matches([' ', '\t']);
        let Some(separator) = after.chars().next() else { return Ok(hops) };
        match separator {
            ',' => hops.push(Hop::default()),
            ';' => {}
            _ => return Err(Unclear),
        }
        rest = after.get(1..).unwrap_or_default().trim_start_matches([' ', '\t']);
    }
}

/// `token=value` at the start of the text: its name, its value without quotes, and what follows.
fn pair(text: &str) -> Result<(&str, String, &str), Unclear> {
    let (name, rest) = text.split_once('=').ok_or(Unclear)?;
    if !is_token(name) {
        return Err(Unclear);
    }
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', ';', ' ', '\t']).unwrap_or(rest.len());
        let (value, after) = rest.split_at_checked(end).ok_or(Unclear)?;
        return if is_token(value) { Ok((name, value.to_owned(), after)) } else { Err(Unclear) };
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((name, value, quoted.get(at + 1..).unwrap_or_default())),
            '\\' => value.push(letters.next().ok_or(Unclear)?.1),
            _ => value.push(letter),
        }
    }
    Err(Unclear)
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests;
