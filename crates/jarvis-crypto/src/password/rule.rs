//! Which passwords are accepted: long enough, and not guessed first. No composition rules.
//!
//! A list of leaked passwords has few of 15 characters; what people do when asked for 15 is to stretch a short one:
//! `passwordpassword1`, `qwertyuiop123456`, `alice.smith.2024`. So we count the *fresh* characters, those that no
//! sequence, repetition or well-known word explains, and ask for [`MIN_FRESH`] of them.

use thiserror::Error;

/// Fewest characters (Unicode scalar values) of a password that stands alone.
pub const MIN_CHARS: usize = 15;
/// Most characters: 512 bytes at the very most.
pub const MAX_CHARS: usize = 128;
/// Fewest characters that are not explained away.
pub const MIN_FRESH: usize = 8;

/// Shortest sequence, repetition or personal name that counts as one.
const MIN_RUN: usize = 3;
/// Most names, and parts of names, looked for: what a caller passes is bounded, but not by us.
const MAX_NAMES: usize = 16;

/// What is guessed first, lower-case, one a line, sorted.
const COMMON: &str = include_str!("common.txt");
const OURS: &str = "jarvis";

/// The alphabet, and rows of keys: QWERTY, AZERTY, QWERTZ.
const ROWS: [&str; 10] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "!@#$%^&*()_+",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qwertzuiop",
];

/// Why a password is refused. Its text is advice for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARS`].
    #[error("Use at least {MIN_CHARS} characters. A few unrelated words are easy to remember.")]
    TooShort,
    /// More than [`MAX_CHARS`].
    #[error("Use at most {MAX_CHARS} characters.")]
    TooLong,
    /// Little but repetition and sequences.
    #[error("This is mostly a repetition or a sequence, which is guessed first. Use unrelated words.")]
    Pattern,
    /// Little but what everyone uses.
    #[error("This is mostly words that are guessed first. Use less usual ones.")]
    Common,
    /// Little but the user's own names, or ours.
    #[error(
        "This is mostly your name, your e-mail address or the name of this service. Use unrelated words."
    )]
    Personal,
}

impl Weakness {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Pattern => "password_pattern",
            Self::Common => "password_common",
            Self::Personal => "password_personal",
        }
    }
}

/// Whether `password` is acceptable to someone called `about` (user name, e-mail address, ...).
///
/// # Errors
/// The first [`Weakness`] found.
pub fn check_rule(password: &str, about: &[&str]) -> Result<(), Weakness> {
    // Bytes first: counting the characters of a megabyte is work that an attacker chooses.
    if password.len() > MAX_CHARS * 4 {
        return Err(Weakness::TooLong);
    }
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return Err(Weakness::TooShort);
    }
    if chars > MAX_CHARS {
        return Err(Weakness::TooLong);
    }
    let mut explained = Explained::new(password);
    explained.runs();
    explained.repetitions();
    if explained.fresh() < MIN_FRESH || explained.is_one_unit_repeated() {
        return Err(Weakness::Pattern);
    }
    COMMON.lines().for_each(|word| explained.word(word));
    if explained.fresh() < MIN_FRESH {
        return Err(Weakness::Common);
    }
    explained.word(OURS);
    names(about).for_each(|name| explained.word(&name));
    if explained.fresh() < MIN_FRESH {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// The parts of names that count: of an address only what is before the `@`, for its provider is no secret of anyone.
fn names<'a>(about: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    about
        .iter()
        .filter_map(|name| name.split('@').next())
        .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()))
        .filter(|part| part.chars().count() >= MIN_RUN)
        .take(MAX_NAMES)
        .map(str::to_lowercase)
}

/// A password in lower case, with a mark on each character that is explained.
struct Explained {
    letters: Vec<Letter>,
}

struct Letter {
    plain: char,
    /// The letter that it stands for when digits and symbols are written for letters.
    leet: char,
    explained: bool,
}

impl Explained {
    fn new(password: &str) -> Self {
        let lower = password.chars().flat_map(char::to_lowercase);
        Self { letters: lower.map(|c| Letter { plain: c, leet: leet(c), explained: false }).collect() }
    }

    fn fresh(&self) -> usize {
        self.letters.iter().filter(|letter| !letter.explained).count()
    }

    /// After its first character a walk along a row, or on the spot, adds nothing.
    fn runs(&mut self) {
        for start in 0..self.letters.len() {
            let Some(window) = self.letters.get(start..start + MIN_RUN) else { return };
            let forward: String = window.iter().map(|letter| letter.plain).collect();
            let backward: String = forward.chars().rev().collect();
            let same = window.windows(2).all(|pair| matches!(pair, [a, b] if a.plain == b.plain));
            if same || ROWS.iter().any(|row| row.contains(&forward) || row.contains(&backward)) {
                self.explain(start + 1, MIN_RUN - 1);
            }
        }
    }

    /// Three characters in a row that came before add nothing.
    fn repetitions(&mut self) {
        let plain: Vec<char> = self.letters.iter().map(|letter| letter.plain).collect();
        let windows: Vec<&[char]> = plain.windows(MIN_RUN).collect();
        for (start, window) in windows.iter().enumerate() {
            if windows.iter().take(start.saturating_sub(MIN_RUN - 1)).any(|earlier| earlier == window) {
                self.explain(start, MIN_RUN);
            }
        }
    }

    /// `abcabcab`: however long the unit, the second copy is no second half.
    fn is_one_unit_repeated(&self) -> bool {
        let plain: Vec<char> = self.letters.iter().map(|letter| letter.plain).collect();
        (1..=plain.len() / 2).any(|unit| plain.iter().zip(plain.iter().skip(unit)).all(|(a, b)| a == b))
    }

    /// Every occurrence of a lower-case word, also when it is disguised (`p4ssw0rd`).
    fn word(&mut self, word: &str) {
        let word: Vec<char> = word.chars().collect();
        for start in 0..self.letters.len() {
            let Some(window) = self.letters.get(start..start + word.len()) else { return };
            if window.iter().zip(&word).all(|(letter, c)| letter.plain == *c || letter.leet == *c) {
                self.explain(start, word.len());
            }
        }
    }

    fn explain(&mut self, start: usize, len: usize) {
        self.letters.iter_mut().skip(start).take(len).for_each(|letter| letter.explained = true);
    }
}

fn leet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_lower_case_and_has_no_word_that_explains_everything() {
        let words: Vec<&str> = COMMON.lines().collect();
        assert!(words.is_sorted() && words.len() > 200);
        for word in words {
            assert_eq!(word, word.to_lowercase().trim());
            assert!(word.len() > MIN_RUN, "{word}");
        }
    }

    #[test]
    fn every_weakness_has_a_code_and_a_sentence() {
        use Weakness::*;
        for weakness in [TooShort, TooLong, Pattern, Common, Personal] {
            assert!(weakness.code().starts_with("password_"));
            assert!(weakness.to_string().ends_with('.'));
        }
    }
}
