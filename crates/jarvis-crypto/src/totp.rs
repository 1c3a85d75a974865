//! Time-based one-time passwords (RFC 6238 over RFC 4226) with what every authenticator program understands:
//! HMAC-SHA-1, six digits, thirty seconds.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::{base32, mac::hmac_sha1, secret::Secret};

/// Bytes of a secret: 160 bits, the length of the hash (RFC 4226, section 4, requirement 6).
pub const SECRET_BYTES: usize = 20;
/// How long, in seconds, a code is the current one.
pub const STEP_SECONDS: i64 = 30;

const SECRET_LETTERS: usize = 32;
const DIGITS: usize = 6;
/// Steps before and after the current one that are accepted, for clocks that differ and fingers that are slow
/// (RFC 6238, section 5.2).
const DRIFT: i64 = 1;

/// What an authenticator program and we both know.
#[derive(Clone, Debug)]
pub struct TotpSecret(Secret<[u8; SECRET_BYTES]>);

impl TotpSecret {
    /// A new random secret.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(Secret::new(*bytes)))
    }

    /// A stored secret, once it is unsealed; `None` unless it has [`SECRET_BYTES`].
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Secret::new(bytes)))
    }

    /// The bytes to seal and store.
    pub fn expose(&self) -> &[u8; SECRET_BYTES] {
        self.0.expose()
    }

    /// 32 letters (RFC 4648, section 6) for typing into an authenticator program.
    pub fn base32(&self) -> Secret<String> {
        let letters = base32::letters(self.expose(), &base32::RFC_4648, SECRET_LETTERS);
        Secret::new(letters.iter().copied().map(char::from).collect())
    }

    /// The `otpauth://` address that a QR code carries (Key Uri Format of Google Authenticator's wiki).
    pub fn uri(&self, issuer: &str, account: &str) -> Secret<String> {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            self.base32().expose(),
        ))
    }

    /// The code of the step that `now` (Unix seconds) is in. For tests, and to show that a clock is right.
    pub fn code_at(&self, now: i64) -> Secret<String> {
        Secret::new(self.code(now.div_euclid(STEP_SECONDS)).iter().copied().map(char::from).collect())
    }

    /// The step that `code` is right for, at `now` (Unix seconds): the current one, the one before or the one after,
    /// and only if it comes after `last_step`, the last that was accepted (RFC 6238, section 5.2: each code once).
    /// The caller stores the answer as the next `last_step`, in one statement that asks again that it is later.
    ///
    /// Spaces are forgiven. The time it takes does not depend on the digits.
    pub fn check(&self, code: &str, now: i64, last_step: i64) -> Option<i64> {
        let typed = digits(code)?;
        let current = now.div_euclid(STEP_SECONDS);
        let mut found = Choice::from(0);
        let mut step = i64::MIN;
        // Every step is compared, also after a match. The latest wins: where two neighbours have the same code, it
        // could otherwise be used once for each.
        for candidate in current.saturating_sub(DRIFT)..=current.saturating_add(DRIFT) {
            let right =
                self.code(candidate).ct_eq(typed.as_slice()) & Choice::from(u8::from(candidate > last_step));
            step.conditional_assign(&candidate, right);
            found |= right;
        }
        bool::from(found).then_some(step)
    }

    fn code(&self, step: i64) -> Zeroizing<[u8; DIGITS]> {
        Zeroizing::new(hotp(self.expose(), step.cast_unsigned()))
    }
}

/// RFC 4226, section 5.3.
fn hotp<const N: usize>(key: &[u8], counter: u64) -> [u8; N] {
    let mac = Zeroizing::new(hmac_sha1(key, &counter.to_be_bytes()));
    let offset = usize::from(mac.last().copied().unwrap_or_default() & 0x0f);
    let four = mac.iter().skip(offset).take(4);
    let mut number = four.fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    digits
}

/// Exactly [`DIGITS`] ASCII digits, or nothing.
fn digits(code: &str) -> Option<Zeroizing<Vec<u8>>> {
    const MAX_TYPED_BYTES: usize = 16;
    if code.len() > MAX_TYPED_BYTES {
        return None;
    }
    let typed = Zeroizing::new(code.bytes().filter(|byte| *byte != b' ').collect::<Vec<u8>>());
    (typed.len() == DIGITS && typed.iter().all(u8::is_ascii_digit)).then_some(typed)
}

/// All but the unreserved characters of RFC 3986, section 2.3, escaped: a colon or a question mark in a name must not
/// become part of the address.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8; 20] = b"12345678901234567890";

    /// RFC 6238, appendix B, the lines of SHA-1 (eight digits there).
    #[test]
    fn it_computes_what_rfc_6238_says() {
        for (seconds, code) in [
            (59, b"94287082"),
            (1_111_111_109, b"07081804"),
            (1_111_111_111, b"14050471"),
            (1_234_567_890, b"89005924"),
            (2_000_000_000, b"69279037"),
            (20_000_000_000_u64, b"65353130"),
        ] {
            assert_eq!(&hotp::<8>(KEY, seconds / 30), code, "{seconds}");
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn it_computes_what_rfc_4226_says() {
        let codes = [
            b"755224", b"287082", b"359152", b"969429", b"338314", b"254676", b"287922", b"162583",
            b"399871", b"520489",
        ];
        for (counter, code) in codes.into_iter().enumerate() {
            assert_eq!(&hotp::<6>(KEY, counter.try_into().unwrap()), code, "{counter}");
        }
    }
}
