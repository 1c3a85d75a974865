//! What a stranger shows as a token, a key, a code or a sealed ticket: nothing is accepted, nothing breaks.

#![no_main]

use std::sync::LazyLock;

use jarvis_crypto::{ApiKey, Keyring, OpaqueToken, Place, RecoveryCode, Sealer, Secret};
use libfuzzer_sys::fuzz_target;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    Keyring::new(Secret::new(vec![7; 32]), Vec::new(), "jarvis", "jarvis").expect("the key is long enough")
});
static SEALER: LazyLock<Sealer> = LazyLock::new(|| Sealer::new(&Secret::new([9; 32]), &[]));

fuzz_target!(|bytes: &[u8]| {
    let place = Place { table: "messages", column: "content", row: b"row", owner: b"owner" };
    assert!(SEALER.open(bytes, place).is_err(), "a made-up record opens");
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    assert!(KEYRING.verify(text, 1_800_000_000).is_err(), "a made-up token is accepted");
    assert!(SEALER.open_ticket("jrf_", text, place).is_none(), "a made-up ticket opens");
    // These may well be of the right form; whether they are known is for the database to say.
    let _ = (OpaqueToken::parse("jrr_", text), ApiKey::parse(text), RecoveryCode::parse(text));
});
