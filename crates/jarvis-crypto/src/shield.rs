//! Secrets that live as long as the process, unreadable in its memory but for the moment of their use.
//!
//! A [`Shielded`] value lies in memory enciphered with ChaCha20 (RFC 8439) under a key that this process made for itself at its first use
//! and tells nobody; [`Shielded::open`] deciphers a copy, which is wiped when it is dropped. OpenSSH does the same to the keys that it holds.
//!
//! It is a second fence, and best effort: whoever reads *all* of the memory reads the key too. It is against what leaks a part of it: a page
//! in the swap, a read over the end of a buffer, a piece of an old stack. What it cannot reach are copies that libraries keep (the database
//! driver its password, the HTTP client the headers that it sends) and those that a move leaves on the stack.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroize;

use crate::secret::Secret;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Of this process. Not on the heap, where the values are.
static KEY: OnceLock<[u8; KEY_BYTES]> = OnceLock::new();
/// No two values under the same key stream.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A secret at rest in memory. `Debug` prints `Shielded(..)`.
///
/// There is no tag: memory that somebody can write to is lost in any case.
#[derive(Clone)]
pub struct Shielded<T: Zeroize> {
    number: u64,
    enciphered: T,
}

impl<T: Zeroize + Clone + AsMut<[u8]>> Shielded<T> {
    /// Enciphers a copy; dropping the original wipes it.
    pub fn new(secret: &Secret<T>) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut enciphered = secret.expose().clone();
        encipher(number, enciphered.as_mut());
        Self { number, enciphered }
    }

    /// The secret, for its use: drop it soon.
    pub fn open(&self) -> Secret<T> {
        let mut copy = self.enciphered.clone();
        encipher(self.number, copy.as_mut());
        Secret::new(copy)
    }
}

/// Its own inverse.
fn encipher(number: u64, bytes: &mut [u8]) {
    let mut nonce = [0; NONCE_BYTES];
    nonce.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    ChaCha20::new(key().into(), &nonce.into()).apply_keystream(bytes);
}

fn key() -> &'static [u8; KEY_BYTES] {
    KEY.get_or_init(|| {
        let mut key = [0; KEY_BYTES];
        match getrandom::fill(&mut key) {
            Ok(()) => key,
            // Without randomness nothing that needs these secrets works either: no token is made, nothing is sealed.
            Err(_) => [0; KEY_BYTES],
        }
    })
}

impl<T: Zeroize> fmt::Debug for Shielded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shielded(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const VALUE: &[u8] = b"what must not be found in memory";

    #[test]
    fn it_opens_to_what_it_was_made_of_and_lies_there_as_something_else() {
        let shielded = Shielded::new(&Secret::new(VALUE.to_vec()));
        assert_eq!(shielded.open().expose().as_slice(), VALUE);
        assert_eq!(shielded.clone().open().expose().as_slice(), VALUE);
        let same = shielded.enciphered.iter().zip(VALUE).filter(|(a, b)| a == b).count();
        assert!(same < 8, "{same} bytes are as they were");
        let array = Shielded::new(&Secret::new([7_u8; 32]));
        assert_eq!(array.open().expose(), &[7; 32]);
        assert_ne!(array.enciphered, [7; 32]);
    }

    #[test]
    fn equal_secrets_look_different() {
        let [one, two] = [(); 2].map(|()| Shielded::new(&Secret::new(VALUE.to_vec())));
        assert_ne!(one.enciphered, two.enciphered);
    }

    #[test]
    fn the_longest_and_the_empty_one_open_too() {
        for length in [0, 1, 63, 64, 65, 5_000] {
            let value: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            assert_eq!(Shielded::new(&Secret::new(value.clone())).open().expose(), &value);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Shielded::new(&Secret::new(VALUE.to_vec()))), "Shielded(..)");
    }

    /// `cargo test --release -p jarvis-crypto -- --ignored --nocapture opening`
    #[test]
    #[ignore = "a measurement"]
    fn opening_a_key_takes_little() {
        const ROUNDS: u32 = 1_000_000;
        let shielded = Shielded::new(&Secret::new(vec![7_u8; 48]));
        let started = Instant::now();
        let sum: usize = (0..ROUNDS).map(|_| std::hint::black_box(shielded.open()).expose().len()).sum();
        println!("{:?} each, {sum}", started.elapsed() / ROUNDS);
    }
}
