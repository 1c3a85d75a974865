use http::{HeaderName, HeaderValue};

use super::*;

/// 10.0.0.0/8 and 2001:db8:1::/48 are ours.
fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[0] == 10,
        IpAddr::V6(address) => address.segments()[..3] == [0x2001, 0xdb8, 1],
    }
}

fn read(lines: &[(&'static str, &str)]) -> Result<Told, Unclear> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    told(&headers, is_ours)
}

fn address(lines: &[(&'static str, &str)]) -> Option<String> {
    read(lines).unwrap().address.map(|address| address.to_string())
}

const X: &str = "x-forwarded-for";
const F: &str = "forwarded";

#[test]
fn the_rightmost_address_that_is_not_ours_counts() {
    for (line, expected) in [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6,203.0.113.7,10.0.0.1", "203.0.113.7"),
        ("10.9.9.9, 203.0.113.7,\t10.0.0.1 , 10.0.0.2", "203.0.113.7"),
        // Further left than what is believed, anything may stand.
        ("<script>, , nonsense, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.3, 10.0.0.1", "10.0.0.3"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:cb00:7107]", "203.0.113.7"),
        ("203.0.113.7, ::ffff:10.0.0.1, 2001:db8:1::5", "203.0.113.7"),
    ] {
        assert_eq!(address(&[(X, line)]).as_deref(), Some(expected), "{line}");
    }
    assert_eq!(address(&[(X, "6.6.6.6"), (X, "203.0.113.7"), (X, "10.0.0.1")]).unwrap(), "203.0.113.7");
    assert_eq!(read(&[]), Ok(Told::default()));
}

#[test]
fn what_our_proxies_wrote_and_is_no_address_is_refused() {
    for line in [
        "",
        ",",
        "203.0.113.7,",
        "unknown",
        "_hidden",
        "203.0.113.7, unknown",
        "203.0.113.7, 10.0.0.1, nonsense",
        "203.0.113.7 10.0.0.1",
        "203.0.113.256",
        "203.0.113",
        "0313.0.113.7",
        "0xcb.0.113.7",
        "203.0.113.7:",
        "203.0.113.7:99999",
        "fe80::1%eth0",
        "[fe80::1%1]:80",
        "[2001:db8::7",
        "2001:db8::7]",
        "[203.0.113.7]",
        "\"203.0.113.7\"",
        "jarvis.example",
        "203.0.113.7;10.0.0.1",
        "203.0.113.7\u{a0}",
        "١.١.١.١",
    ] {
        assert_eq!(read(&[(X, line)]), Err(Unclear), "{line:?}");
    }
}

#[test]
fn the_standard_header_says_the_same() {
    for (line, expected) in [
        ("for=203.0.113.7", "203.0.113.7"),
        ("For=\"203.0.113.7:4711\"", "203.0.113.7"),
        ("for=\"[2001:db8::7]\"", "2001:db8::7"),
        ("for=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1;host=x", "2001:db8::7"),
        ("for=6.6.6.6, for=203.0.113.7;proto=http , for=10.0.0.1", "203.0.113.7"),
        ("for=unknown, for=203.0.113.7", "203.0.113.7"),
        ("for=\"\\2\\03.0.113.7\"", "203.0.113.7"),
        ("by=\"a,b;c=\\\"d\";for=203.0.113.7", "203.0.113.7"),
    ] {
        assert_eq!(address(&[(F, line)]).as_deref(), Some(expected), "{line}");
    }
    assert_eq!(address(&[(F, "for=6.6.6.6"), (F, "for=203.0.113.7")]).unwrap(), "203.0.113.7");
    assert_eq!(address(&[(X, "6.6.6.6, 203.0.113.7"), (F, "for=203.0.113.7")]).unwrap(), "203.0.113.7");
}

#[test]
fn what_is_not_of_the_standard_is_refused_whole() {
    for line in [
        "",
        "for",
        "for=",
        "=203.0.113.7",
        "for=203.0.113.7;for=6.6.6.6",
        "for=203.0.113.7;proto=https;proto=http",
        "for=203.0.113.7;proto=gopher",
        "for=203.0.113.7:4711",
        "for=[2001:db8::7]",
        "for=\"203.0.113.7",
        "for=\"203.0.113.7\"x",
        "for=\"203.0.113.7\\",
        "for=203.0.113.7 proto=https",
        "for=203.0.113.7,",
        ",for=203.0.113.7",
        "for =203.0.113.7",
        "for=unknown",
        "for=_hidden",
        "for=jarvis.example",
        // A client's open quotation mark and what the proxy adds behind it.
        "for=6.6.6.6;by=\", for=203.0.113.7",
        "for=6.6.6.6;by=\", for=\"[2001:db8::7]\"",
    ] {
        assert_eq!(read(&[(F, line)]), Err(Unclear), "{line:?}");
    }
    assert_eq!(read(&[(F, "for=6.6.6.6;by=\""), (F, "for=203.0.113.7")]), Err(Unclear));
}

#[test]
fn a_client_cannot_speak_in_the_header_that_its_proxy_does_not_write() {
    assert_eq!(read(&[(X, "203.0.113.7"), (F, "for=6.6.6.6")]), Err(Unclear));
    assert_eq!(read(&[(X, "6.6.6.6"), (F, "for=203.0.113.7")]), Err(Unclear));
    assert_eq!(read(&[("x-forwarded-proto", "http"), (F, "for=203.0.113.7;proto=https")]), Err(Unclear));
    // A proxy that writes only the scheme vouches for no address to its left.
    assert_eq!(read(&[(F, "for=6.6.6.6, proto=https")]), Ok(Told { address: None, https: Some(true) }));
}

#[test]
fn the_scheme_is_what_the_nearest_proxy_says() {
    let https = |line: &str| read(&[("x-forwarded-proto", line)]).map(|told| told.https);
    for (line, expected) in [
        ("https", true),
        ("HTTPS", true),
        ("wss", true),
        ("http", false),
        ("ws", false),
        ("http, https", true),
        ("https,http", false),
    ] {
        assert_eq!(https(line), Ok(Some(expected)), "{line}");
    }
    for line in ["", "https,", "ftp", "https;", "on", "https http"] {
        assert_eq!(https(line), Err(Unclear), "{line:?}");
    }
    let by_standard = |line: &'static str| read(&[(F, line)]).unwrap().https;
    assert_eq!(by_standard("for=203.0.113.7;proto=https, for=10.0.0.1;proto=http"), Some(true));
    assert_eq!(by_standard("for=6.6.6.6;proto=https, for=203.0.113.7;proto=http"), Some(false));
}
