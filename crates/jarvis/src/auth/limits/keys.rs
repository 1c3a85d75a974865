//! Under which keys attempts are counted. All are digests: the table names nobody.

use std::net::IpAddr;

use jarvis_crypto::{TokenHash, keyed_digest};
use uuid::Uuid;

use super::{Kind, Limits, Source, Subject, refusals, source};
use crate::users::User;

impl Limits {
    /// Under which names a browser and its network are known: the mark tells more than the network.
    pub(super) fn device_keys(&self, user: Uuid, source: Source<'_>) -> [Option<Vec<u8>>; 2] {
        let mark = source.mark.map(|mark: &TokenHash| {
            keyed_digest(&self.key.open(), "known mark", &[user.as_bytes(), mark.as_bytes()]).to_vec()
        });
        let network = source::network(source.address);
        let network = keyed_digest(&self.key.open(), "known network", &[user.as_bytes(), &network]).to_vec();
        [mark, Some(network)]
    }

    pub(super) fn source_key(&self, kind: Kind, address: IpAddr) -> Vec<u8> {
        short("s", kind, &self.digest(kind, "source", &[&source::network(address)]))
    }

    pub(super) fn account_keys(
        &self,
        kind: Kind,
        subject: Subject<'_>,
        address: IpAddr,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        let account = self.account_key(kind, subject)?;
        let pair = self.digest(kind, "pair", &[&account, &source::network(address)]);
        Some((account, short("p", kind, &pair)))
    }

    /// None where an account cannot be guessed at.
    pub(super) fn account_key(&self, kind: Kind, subject: Subject<'_>) -> Option<Vec<u8>> {
        match subject {
            Subject::User(_) if kind == Kind::Passkey => None,
            Subject::User(user) => Some(self.digest(kind, "account", &[user.0.as_bytes()]).to_vec()),
            // Of its own, and not from a set that strangers' share: no success elsewhere may forget it.
            Subject::Typed(typed, Some(_)) => Some(self.digest(kind, "name", &[typed.as_bytes()]).to_vec()),
            Subject::Typed(typed, None) => {
                Some(short("n", kind, &self.digest(kind, "name", &[typed.as_bytes()])))
            }
            Subject::Guest(_) | Subject::Nobody => None,
        }
    }

    /// Under which keys somebody's password is counted: of their name, and of their address.
    pub(super) fn typed_keys(&self, person: &User) -> impl Iterator<Item = Vec<u8>> {
        [&person.username, &person.email].into_iter().filter_map(|typed| {
            self.account_key(Kind::Password, Subject::Typed(&typed.to_ascii_lowercase(), Some(person.id)))
        })
    }

    /// Everything that a refusal depends on, but for what is in the database. Whether a typed name is anybody's is not in it: who is refused
    /// is not told.
    pub(super) fn refusal_key(&self, kind: Kind, subject: Subject<'_>, from: Source<'_>) -> refusals::Key {
        let with_code = [u8::from(kind == Kind::PasswordAndCode)];
        let (what, who): (&str, &[u8]) = match &subject {
            Subject::Typed(typed, _) => ("typed", typed.as_bytes()),
            Subject::User(user) => ("user", user.0.as_bytes()),
            Subject::Guest(invite) => ("guest", invite.as_bytes()),
            Subject::Nobody => ("nobody", &[]),
        };
        let mark: &[u8] = from.mark.map_or(&[], |mark| mark.as_bytes());
        let network = source::network(from.address);
        self.digest(kind, "refusal", &[&with_code, what.as_bytes(), who, &network, mark])
    }

    /// The same for a network, whoever it tries. None for a browser with a mark: it may be known, and then its network does not count.
    pub(super) fn source_refusal_key(&self, kind: Kind, from: Source<'_>) -> Option<refusals::Key> {
        let network = source::network(from.address);
        from.mark.is_none().then(|| self.digest(kind, "refused source", &[&network]))
    }

    pub(super) fn digest(&self, kind: Kind, what: &str, parts: &[&[u8]]) -> [u8; 32] {
        let named: Vec<&[u8]> =
            [kind.name().as_bytes(), what.as_bytes()].into_iter().chain(parts.iter().copied()).collect();
        keyed_digest(&self.key.open(), "throttle", &named)
    }
}

/// The key of what anybody can make up (names, addresses), from a set of about a million: the table stays bounded whatever strangers send,
/// and hardly anybody shares a count by accident.
fn short(class: &str, kind: Kind, digest: &[u8; 32]) -> Vec<u8> {
    let [first, second, third, ..] = *digest;
    class.bytes().chain(kind.name().bytes()).chain([first & 0x0f, second, third]).collect()
}
