//! What an auditor of Jarvis reads first: secrets, passwords, tokens.
//!
//! A leaf without I/O and without a clock: bytes and the time come in as arguments, answers go out as values.
//! Randomness is the operating system's (`getrandom`).
//!
//! - [`secret`]: a value that cannot be printed and is wiped when dropped.
//! - [`password`]: Argon2id hashes, and which passwords are accepted.
//! - [`token`]: opaque random tokens, what is stored of them, and the owner's set-up code.
//! - [`jwt`]: the short-lived access token.
#![warn(missing_docs)]

mod mac;

pub mod jwt;
pub mod password;
pub mod secret;
pub mod token;

pub use jwt::{Claims, JwtError, Keyring, TokenKind};
pub use password::{PasswordError, Passwords, Verdict, Weakness, check_rule};
pub use secret::Secret;
pub use token::{OpaqueToken, TokenHash, one_time_code, one_time_code_matches};
