//! Which names say that a secret follows.

/// What a name promises of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A password or a key: any value.
    Secret,
    /// As a secret, but "token: 42" and "first_token: 0.35" count and measure.
    Token,
    /// `pass`, which counts tests as well.
    Pass,
    /// `PWD` is a folder in a shell, a password elsewhere.
    Pwd,
    /// A code to type, perhaps in groups.
    Code,
    /// `code` alone is mostly a status: six to eight digits, or whatever is in a query.
    Weak,
    /// `pin`, `cvv`: three to eight digits.
    Digits,
    /// `Authorization` and its like: a scheme, then the credential.
    Authorization,
    /// Pairs with `;` between.
    Cookie,
    /// To the end of the line.
    Line,
}

/// The longest name that is looked at, in bytes.
pub(crate) const LONGEST: usize = 64;

/// Endings of names, without separators and in lower case; `true`: only as a word of its own (`bypass`, `spin`).
const ENDINGS: [(&str, bool, Kind); 75] = [
    ("password", false, Kind::Secret),
    ("passwd", false, Kind::Secret),
    ("passphrase", false, Kind::Secret),
    ("passcode", false, Kind::Code),
    ("motdepasse", false, Kind::Secret),
    ("mdp", true, Kind::Secret),
    ("passwort", false, Kind::Secret),
    ("passwords", false, Kind::Secret),
    ("pass", true, Kind::Pass),
    ("dbpass", false, Kind::Secret),
    ("userpass", false, Kind::Secret),
    ("storepass", false, Kind::Secret),
    ("keypass", false, Kind::Secret),
    ("smtppass", false, Kind::Secret),
    ("sshpass", false, Kind::Secret),
    ("pwd", true, Kind::Pwd),
    ("userpwd", false, Kind::Secret),
    ("secret", false, Kind::Secret),
    ("secrets", false, Kind::Secret),
    ("credential", false, Kind::Secret),
    ("credentials", false, Kind::Secret),
    ("apikey", false, Kind::Secret),
    ("apikeys", false, Kind::Secret),
    ("secretkey", false, Kind::Secret),
    ("privatekey", false, Kind::Secret),
    ("accesskey", false, Kind::Secret),
    ("accountkey", false, Kind::Secret),
    ("signingkey", false, Kind::Secret),
    ("encryptionkey", false, Kind::Secret),
    ("decryptionkey", false, Kind::Secret),
    ("masterkey", false, Kind::Secret),
    ("sharedkey", false, Kind::Secret),
    ("sessionkey", false, Kind::Secret),
    ("authkey", false, Kind::Secret),
    ("licensekey", false, Kind::Secret),
    ("subscriptionkey", false, Kind::Secret),
    ("functionskey", false, Kind::Secret),
    ("storagekey", false, Kind::Secret),
    ("deploykey", false, Kind::Secret),
    ("cleapi", false, Kind::Secret),
    ("clesecrete", false, Kind::Secret),
    ("cleprivee", false, Kind::Secret),
    ("psk", true, Kind::Secret),
    ("assertion", true, Kind::Secret),
    ("codeverifier", false, Kind::Secret),
    ("amzsignature", false, Kind::Secret),
    ("samlresponse", false, Kind::Secret),
    ("samlrequest", false, Kind::Secret),
    ("phpsessid", false, Kind::Secret),
    ("jsessionid", false, Kind::Secret),
    ("sessionid", true, Kind::Weak),
    ("connectsid", false, Kind::Secret),
    ("token", false, Kind::Token),
    ("jeton", false, Kind::Token),
    ("jwt", true, Kind::Token),
    ("otp", true, Kind::Code),
    ("totp", true, Kind::Code),
    ("pin", true, Kind::Digits),
    ("cvv", true, Kind::Digits),
    ("cvc", true, Kind::Digits),
    ("codes", true, Kind::Weak),
    ("code", true, Kind::Weak),
    ("sig", true, Kind::Weak),
    ("signature", true, Kind::Weak),
    ("auth", true, Kind::Weak),
    ("sessid", true, Kind::Weak),
    ("sid", true, Kind::Weak),
    ("key", true, Kind::Weak),
    ("authorization", false, Kind::Authorization),
    ("authorisation", false, Kind::Authorization),
    ("cookie", false, Kind::Cookie),
    ("cookies", false, Kind::Cookie),
    ("mnemonic", true, Kind::Line),
    ("seedphrase", false, Kind::Line),
    ("recoveryphrase", false, Kind::Line),
];

/// What makes a `code` (or `codes`) one that opens something.
const OPENING: [&str; 22] = [
    "setup",
    "recovery",
    "backup",
    "verification",
    "auth",
    "authorization",
    "otp",
    "totp",
    "mfa",
    "2fa",
    "sms",
    "login",
    "onetime",
    "security",
    "confirmation",
    "access",
    "invite",
    "device",
    "user",
    "reset",
    "activation",
    "pairing",
];
const FRENCH_CODES: [&str; 5] =
    ["codedesecours", "codesecret", "codeconfidentiel", "codepin", "codedeverification"];

/// Words behind the name proper: `password_confirmation`, `secret_hash`, `token2`.
const TAILS: [&str; 21] = [
    "confirmation",
    "confirm",
    "confirmed",
    "verification",
    "again",
    "repeat",
    "hash",
    "hashed",
    "value",
    "plain",
    "plaintext",
    "text",
    "base64",
    "b64",
    "hex",
    "raw",
    "new",
    "old",
    "current",
    "previous",
    "string",
];

/// A name without its separators and in lower case, knowing where its words begin.
struct Compact {
    letters: [u8; LONGEST],
    length: usize,
    /// Bit n: a word begins at letter n.
    words: u64,
}

impl Compact {
    fn new(name: &[u8]) -> Self {
        let mut compact = Self { letters: [0; LONGEST], length: 0, words: 0 };
        let mut begins = true;
        let mut before = b'_';
        for byte in name.iter().copied() {
            if !byte.is_ascii_alphanumeric() && byte < 0x80 {
                begins = true;
                continue;
            }
            begins |= byte.is_ascii_uppercase() && !before.is_ascii_uppercase();
            before = byte;
            let Some(letter) = compact.letters.get_mut(compact.length) else { break };
            *letter = byte.to_ascii_lowercase();
            compact.words |= u64::from(begins) << compact.length;
            compact.length += 1;
            begins = false;
        }
        compact
    }

    fn text(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    fn begins(&self, place: usize) -> bool {
        u32::try_from(place).is_ok_and(|place| self.words.checked_shr(place).unwrap_or_default() & 1 == 1)
    }

    /// Takes numbers and words off the end that say nothing of what is named.
    fn without_tails(mut self) -> Self {
        for _ in 0..3 {
            let digits = self.text().iter().rev().take_while(|letter| letter.is_ascii_digit()).count();
            let tail = TAILS.iter().find(|tail| {
                let start = self.length.checked_sub(tail.len());
                ends(self.text(), tail) && start.is_some_and(|start| start > 0 && self.begins(start))
            });
            // A name of a number alone is none; `base64` ends with one and is a word.
            match (tail, digits) {
                (Some(tail), _) => self.length -= tail.len(),
                (None, 1..) if digits < self.length => self.length -= digits,
                _ => break,
            }
        }
        self
    }
}

/// The last letter decides nearly always, and costs no call.
fn ends(text: &[u8], ending: &str) -> bool {
    text.last() == ending.as_bytes().last() && text.ends_with(ending.as_bytes())
}

/// What the value of `name` is, if it is one to mask.
pub(crate) fn kind(name: &[u8]) -> Option<Kind> {
    if name.len() > LONGEST {
        return None;
    }
    let name = Compact::new(name).without_tails();
    let text = name.text();
    let fits = |(ending, alone, _): &&(&str, bool, Kind)| {
        ends(text, ending) && (!alone || name.begins(text.len().saturating_sub(ending.len())))
    };
    if FRENCH_CODES.iter().any(|code| ends(text, code)) {
        return Some(Kind::Code);
    }
    let opens = |ending: &[u8]| {
        text.strip_suffix(ending).is_some_and(|rest| OPENING.iter().any(|word| ends(rest, word)))
    };
    if opens(b"code") || opens(b"codes") {
        return Some(Kind::Code);
    }
    // The longest ending knows best: `passcode` is not a `code`.
    ENDINGS.iter().filter(fits).max_by_key(|(ending, ..)| ending.len()).map(|(.., kind)| *kind)
}

/// Whether the value of a field called `name` is a secret whatever it looks like: a log writer masks it whole, where
/// a scanner of the finished line could not know where a value with spaces ends. Case and separators do not matter.
///
/// ```
/// assert!(jarvis_redact::is_secret_name("new_password") && jarvis_redact::is_secret_name("X-Api-Key"));
/// assert!(!jarvis_redact::is_secret_name("max_tokens") && !jarvis_redact::is_secret_name("status_code"));
/// ```
pub fn is_secret_name(name: &str) -> bool {
    matches!(
        kind(name.as_bytes()),
        Some(
            Kind::Secret
                | Kind::Token
                | Kind::Pwd
                | Kind::Code
                | Kind::Authorization
                | Kind::Cookie
                | Kind::Line
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_every_spelling() {
        for name in
            ["password", "PASSWORD", "newPassword", "user.password", "password_confirmation", "password2"]
        {
            assert_eq!(kind(name.as_bytes()), Some(Kind::Secret), "{name}");
        }
        for name in
            ["x-api-key", "API_KEY", "apiKey", "openai.api-key", "AWS_SECRET_ACCESS_KEY", "mot-de-passe"]
        {
            assert_eq!(kind(name.as_bytes()), Some(Kind::Secret), "{name}");
        }
        for name in
            ["max_tokens", "token_type", "bypass", "compass", "spin", "password_length", "cache", "id", "7"]
        {
            assert_eq!(kind(name.as_bytes()), None, "{name}");
        }
    }
}
