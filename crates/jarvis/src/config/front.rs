use std::{net::IpAddr, net::SocketAddr, path::Path, path::PathBuf};

use ipnet::IpNet;

use super::{
    file,
    reader::{Faulted, Reader},
    source::MOUNTED_SECRETS,
};
use crate::tls::{self, Files};

/// The widest networks of proxies. Two halves of the Internet are everybody as well, and no proxies stand in a wider one than the
/// private 10.0.0.0/8.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;

/// How the outside reaches us.
pub(super) struct Front {
    pub(super) bind: SocketAddr,
    pub(super) tls: Option<Files>,
    pub(super) proxies: Vec<IpNet>,
}

impl Front {
    /// Plain http on an address that other machines reach.
    pub(super) fn is_open_plain(&self) -> bool {
        self.tls.is_none() && !is_loopback(self.bind.ip())
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// All three are read before the first `?`.
pub(super) fn read(reader: &mut Reader, strict: bool) -> Result<Front, Faulted> {
    let bind = reader.required("BIND", |text| {
        text.parse::<SocketAddr>().map_err(|_not_an_address| {
            "is not an address with a port, such as 127.0.0.1:8000 or [::1]:8000".to_owned()
        })
    });
    let tls = certificate(reader, strict);
    let proxies = reader.optional("TRUSTED_PROXIES", |text| super::origin::each(text, network));
    let front = Front { bind: bind?, tls: tls?, proxies: proxies?.unwrap_or_default() };
    if front.is_open_plain() && front.proxies.is_empty() {
        return Err(reader.fault(format!(
            "BIND: {} would serve plain HTTP to other machines: set TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES to \
             the addresses of a reverse proxy with TLS, or bind to 127.0.0.1",
            front.bind
        )));
    }
    Ok(front)
}

fn certificate(reader: &mut Reader, strict: bool) -> Result<Option<Files>, Faulted> {
    // Each file for itself first, so that a fault names the right one.
    let certificate = reader.optional("TLS_CERT_FILE", |text| {
        tls::chain(Path::new(text)).map(|_chain| PathBuf::from(text)).map_err(cannot_be_used)
    });
    let key = reader.optional("TLS_KEY_FILE", |text| {
        tls::key(Path::new(text)).map(|_key| PathBuf::from(text)).map_err(cannot_be_used)
    });
    let files = match (certificate?, key?) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => Files { certificate, key },
        (Some(_), None) => {
            return Err(reader.fault("TLS_KEY_FILE: missing, TLS_CERT_FILE is there".to_owned()));
        }
        (None, Some(_)) => {
            return Err(reader.fault("TLS_CERT_FILE: missing, TLS_KEY_FILE is there".to_owned()));
        }
    };
    if file::is_open_to_others(&files.key)
        && !MOUNTED_SECRETS.iter().any(|mount| files.key.starts_with(mount))
    {
        let path = files.key.display();
        let line = format!("TLS_KEY_FILE: every user of this machine can read {path}: chmod 600 {path}");
        if strict {
            return Err(reader.fault(line));
        }
        reader.warnings.push(line);
    }
    files.check().map_err(|reason| reader.fault(format!("TLS_KEY_FILE: {reason}")))?;
    Ok(Some(files))
}

fn cannot_be_used(reason: String) -> String {
    format!("cannot be used: {reason}")
}

/// A network in CIDR notation, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let advice = || "is neither an address nor a network such as 10.0.0.0/24 or 2001:db8::/64".to_owned();
    let network = text.parse::<IpNet>().or_else(|_not_a_network| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_neither| advice())?;
    let least = if network.addr().is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
    if network.prefix_len() < least {
        return Err(format!(
            "is nearly everybody, and each could choose an address: write /{least} or narrower"
        ));
    }
    if network.trunc() != network {
        return Err(format!("has bits behind its prefix: write {}", network.trunc()));
    }
    match network {
        IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some() => {
            Err("is IPv4 written as IPv6: write the IPv4 network".to_owned())
        }
        network => Ok(network),
    }
}
