use std::{fs, path::Path};

use super::Environment;

const DATABASE: &str = "/usr/share/zoneinfo";
const FALLBACK: &str = "UTC";

/// An IANA name; checked against the system's list where it has one (slim containers have none).
pub(super) fn named(name: &str) -> Result<String, String> {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    let list = Path::new(DATABASE);
    if name.split('/').all(part) && (!list.is_dir() || list.join(name).is_file()) {
        Ok(name.to_owned())
    } else {
        Err("is not a time zone, such as Europe/Paris".to_owned())
    }
}

/// `TZ`, else what the system was set up with, else UTC.
pub(super) fn of_system(environment: &Environment) -> String {
    let from_variable = environment.get("TZ").map(|name| name.trim_start_matches(':').to_owned());
    let from_link = || {
        let target = fs::read_link("/etc/localtime").ok()?;
        Some(target.to_str()?.split_once("zoneinfo/")?.1.to_owned())
    };
    let from_file = || fs::read_to_string("/etc/timezone").ok().map(|text| text.trim().to_owned());
    from_variable
        .or_else(from_link)
        .or_else(from_file)
        .and_then(|name| named(&name).ok())
        .unwrap_or_else(|| FALLBACK.to_owned())
}
