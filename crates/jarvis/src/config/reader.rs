use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

use super::{
    keys,
    source::{Given, Provider, Source},
};

/// The fault is already in the list.
pub(super) struct Faulted;

/// Takes values by name, parses them and keeps every fault on the way.
pub(super) struct Reader {
    source: Source,
    pub(super) faults: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Reader {
    pub(super) fn new(source: Source, faults: Vec<String>) -> Self {
        Self { source, faults, warnings: Vec::new() }
    }

    pub(super) fn fault(&mut self, line: String) -> Faulted {
        self.faults.push(line);
        Faulted
    }

    /// What was written for the key, without its default.
    fn given(&mut self, name: &'static str) -> Option<Given> {
        self.source.given.remove(name)
    }

    pub(super) fn is_given(&self, name: &str) -> bool {
        self.source.given.contains_key(name)
    }

    /// Files that hold a secret and that others than their owner may open.
    pub(super) fn exposed(&mut self) -> Vec<std::path::PathBuf> {
        std::mem::take(&mut self.source.exposed)
    }

    /// The `[[oidc]]` tables of the file.
    pub(super) fn providers(&mut self) -> Vec<Provider> {
        std::mem::take(&mut self.source.providers)
    }

    /// The value of a key that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Faulted> {
        let key = keys::find(name);
        let given = self
            .given(name)
            .or_else(|| Some(Given { text: key?.default?.to_owned(), place: format!("default: {name}: ") }));
        let Some(Given { text, place }) = given else {
            return Ok(None);
        };
        let text = text.trim();
        parse(text).map(Some).map_err(|reason| match key {
            Some(key) if key.secret => self.fault(format!("{place}{reason}")),
            _ => self.fault(format!("{place}{:?} {reason}", without_user(text))),
        })
    }

    /// The value of a key that has a default.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Faulted> {
        match self.optional(name, parse)? {
            Some(value) => Ok(value),
            None => Err(self.fault(format!("{name}: missing"))),
        }
    }

    pub(super) fn number<T>(&mut self, name: &'static str, bounds: RangeInclusive<T>) -> Result<T, Faulted>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.required(name, |text| {
            text.parse()
                .ok()
                .filter(|number| bounds.contains(number))
                .ok_or_else(|| format!("is not a whole number from {} to {}", bounds.start(), bounds.end()))
        })
    }

    /// A number of `unit` seconds.
    pub(super) fn duration(
        &mut self,
        name: &'static str,
        unit: u64,
        bounds: RangeInclusive<u64>,
    ) -> Result<Duration, Faulted> {
        self.number(name, bounds).map(|count| Duration::from_secs(count.saturating_mul(unit)))
    }

    /// One of a few words, in any case.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, Faulted> {
        self.optional(name, |text| {
            let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
            found.map(|(_, value)| *value).ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                format!("is not one of: {}", words.join(", "))
            })
        })
    }
}

/// The text without what stands before an `@` in an address, with or without a scheme: it may be a password.
pub(super) fn without_user(text: &str) -> String {
    let Some(at) = text.rfind('@') else { return text.to_owned() };
    let scheme = text.find("://").filter(|scheme| *scheme < at).map_or(0, |scheme| scheme + 3);
    format!("{}...{}", text.get(..scheme).unwrap_or_default(), text.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fault_does_not_show_what_stands_before_the_at() {
        assert_eq!(super::without_user("http://usr:s3cret@host:1"), "http://...@host:1");
        assert_eq!(super::without_user("http://a:b@c@d"), "http://...@d");
        assert_eq!(super::without_user("http://host:1"), "http://host:1");
        assert_eq!(super::without_user("usr:s3cret@host"), "...@host");
    }
}
