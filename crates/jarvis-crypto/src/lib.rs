//! What an auditor of Jarvis reads first: secrets, passwords, tokens.
//!
//! A leaf without I/O and without a clock: bytes and the time come in as arguments, answers go out as values.
//! Randomness is the operating system's (`getrandom`).
//!
//! - [`secret`]: a value that cannot be printed and is wiped when dropped.
//! - [`shield`]: secrets that live as long as the process, enciphered in its memory.
//! - [`password`]: Argon2id and bcrypt hashes, and which passwords are accepted.
//! - [`token`]: opaque random tokens, what is stored of them, and the owner's set-up code.
//! - [`apikey`]: tokens that a person gives to a program.
//! - [`recovery`]: codes on paper, each good once.
//! - [`totp`]: the codes of authenticator programs.
//! - [`jwt`]: the short-lived access token.
//! - [`seal`]: single values encrypted at rest.
//! - [`ticket`]: sealed values that a client keeps for us.
//! - [`ledger`]: a record that shows when it was changed.
//! - [`digest`]: names for what is to be recognised and not read.
#![warn(missing_docs)]

mod base32;
mod mac;

pub mod apikey;
pub mod digest;
pub mod jwt;
pub mod ledger;
pub mod password;
pub mod recovery;
pub mod seal;
pub mod secret;
pub mod shield;
pub mod ticket;
pub mod token;
pub mod totp;

pub use apikey::ApiKey;
pub use digest::keyed_digest;
pub use jwt::{Claims, JwtError, Keyring, TokenKind};
pub use password::{PasswordError, PasswordHash, Passwords, Verdict, Weakness, check_rule};
pub use recovery::RecoveryCode;
pub use seal::{Place, SealError, Sealer};
pub use secret::Secret;
pub use shield::Shielded;
pub use ticket::Ticket;
pub use token::{OpaqueToken, TokenHash, one_time_code, one_time_code_matches};
pub use totp::TotpSecret;
