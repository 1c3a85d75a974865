//! A value that cannot be printed by accident and is wiped when dropped.

use std::fmt;

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret in memory. `Debug` prints `Secret(..)`; there is no `Display` and no `Serialize`, so that it reaches
/// neither a log nor an answer. Opened only by [`Secret::expose`].
///
/// The wipe is best effort: copies that the program made before (a `String` that grew, a swapped page) stay.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value over; the caller keeps no copy.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each call is a place where a reviewer looks for a leak.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether the bytes are equal, in a time that depends on the lengths alone.
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.0.as_ref().ct_eq(other).into()
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> ZeroizeOnDrop for Secret<T> {}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl<'de> Deserialize<'de> for Secret<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret = Secret::from(String::from("hunter2"));
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "Secret(..) Some(\n    Secret(..),\n)");
    }

    #[test]
    fn the_value_is_wiped_when_dropped() {
        struct Witness(Rc<Cell<bool>>);
        impl Zeroize for Witness {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let wiped = Rc::new(Cell::new(false));
        drop(Secret::new(Witness(wiped.clone())));
        assert!(wiped.get());
    }

    #[test]
    fn equality_looks_at_every_byte_and_the_length() {
        let secret = Secret::new(vec![1, 2, 3]);
        assert!(secret.ct_eq(&[1, 2, 3]));
        for other in [&[1, 2, 4][..], &[0, 2, 3], &[1, 2], &[1, 2, 3, 0], &[]] {
            assert!(!secret.ct_eq(other), "{other:?}");
        }
    }

    #[test]
    fn it_reads_from_json_but_a_null_or_a_number_is_no_secret() {
        let secret: Secret<String> = serde_json::from_str("\"abc\"").unwrap();
        assert_eq!(secret.expose(), "abc");
        assert!(serde_json::from_str::<Secret<String>>("null").is_err());
        assert!(serde_json::from_str::<Secret<String>>("7").is_err());
    }
}
