//! Where a text looks as if it did something when it were run as script: calls and assignments.
//!
//! Found once for a whole layer, so that asking about any part of it costs a binary search.

use super::glyphs::{CODE, END, Text};

/// Functions that prose does not write in front of a parenthesis; these may stand apart from it.
const FUNCTIONS: [&str; 12] = [
    "alert",
    "confirm",
    "prompt",
    "eval",
    "print",
    "fetch",
    "import",
    "setTimeout",
    "setInterval",
    "Function",
    "atob",
    "function",
];
/// What may be in the parentheses of an optional ending, in French, English, Spanish and German: `fichier(s)`.
const ENDINGS: [&str; 16] =
    ["s", "e", "es", "x", "n", "en", "in", "innen", "ne", "nes", "le", "les", "a", "as", "os", "trice"];
/// What is assigned to when an address runs: the page, its parts, its handlers.
const TARGETS: [&str; 14] = [
    "location",
    "href",
    "src",
    "innerHTML",
    "outerHTML",
    "cookie",
    "onerror",
    "onload",
    "domain",
    "search",
    "hash",
    "pathname",
    "srcdoc",
    "name",
];
/// Ran script in Internet Explorer and in the first Firefox.
const STYLES: [&str; 4] = ["expression(", "behavior:", "behaviour:", "-moz-binding:"];
const LONGEST: usize = 12;

/// Sorted places of one layer.
pub(super) struct Marks {
    /// Calls, tagged templates, imports, assignments to parts of the page.
    strong: Vec<usize>,
    /// Any assignment.
    weak: Vec<usize>,
    spaces: Vec<usize>,
    /// White space and `>`: what ends a value without quotes.
    ends: Vec<usize>,
    /// Declarations that ran script in old browsers.
    styles: Vec<usize>,
}

impl Marks {
    pub(super) fn of(text: &Text) -> Self {
        let mut marks = Self {
            strong: Vec::new(),
            weak: Vec::new(),
            spaces: Vec::new(),
            ends: Vec::new(),
            styles: Vec::new(),
        };
        for index in 0..text.len() {
            match text.ch(index) {
                '(' if calls(text, index) => marks.strong.push(index),
                '`' | CODE if after_operand(text, index) => marks.strong.push(index),
                '=' if assigns(text, index) => {
                    let target = TARGETS.iter().any(|name| ends_with(text, index, name));
                    if target { marks.strong.push(index) } else { marks.weak.push(index) }
                }
                '"' | '\'' if imports(text, index) => marks.strong.push(index),
                '>' => marks.ends.push(index),
                'e' | 'E' | 'b' | 'B' | '-' if STYLES.iter().any(|word| text.has(index, word)) => {
                    marks.styles.push(index);
                }
                c if c.is_whitespace() => {
                    marks.spaces.push(index);
                    marks.ends.push(index);
                }
                _ => {}
            }
        }
        marks
    }

    /// Whether something between the two runs, assignments to names of one's own included.
    pub(super) fn runs(&self, from: usize, to: usize) -> bool {
        next(&self.strong, from) < to || next(&self.weak, from) < to
    }

    /// Whether a style between the two runs script in an old browser.
    pub(super) fn styles(&self, from: usize, to: usize) -> bool {
        next(&self.styles, from) < to
    }

    /// Where a value without quotes that begins at `from` ends: not past `last`.
    pub(super) fn value_end(&self, from: usize, last: usize) -> usize {
        next(&self.ends, from).min(last)
    }

    /// Whether the word at `from` runs: something before the next white space does, and is no assignment to a name of one's own.
    pub(super) fn word_runs(&self, from: usize) -> bool {
        next(&self.strong, from) < next(&self.spaces, from)
    }
}

/// The first place from `index` on, or the end of everything.
fn next(places: &[usize], index: usize) -> usize {
    places.get(places.partition_point(|place| *place < index)).copied().unwrap_or(usize::MAX)
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

fn after_operand(text: &Text, index: usize) -> bool {
    let last = text.before(index);
    in_name(last) || matches!(last, ')' | ']' | '}' | '"' | '\'' | CODE)
}

/// `f(`, `f?.(`, `[..](`, `(..)(`, and `alert (`, but not `fichier(s)`, `void(0)` and words of prose.
fn calls(text: &Text, index: usize) -> bool {
    let optional =
        text.before(index) == '.' && index.checked_sub(1).is_some_and(|dot| text.before(dot) == '?');
    if optional {
        return true;
    }
    if !after_operand(text, index) {
        let mut word = index;
        while text.before(word).is_whitespace() && index - word < LONGEST {
            word -= 1;
        }
        return FUNCTIONS.iter().any(|name| ends_with(text, word, name));
    }
    if ends_with(text, index, "void") && text.has(index, "(0)") {
        return false;
    }
    let ending =
        ENDINGS.iter().any(|ending| text.has(index + 1, ending) && text.ch(index + 1 + ending.len()) == ')');
    !ending
        || !text.before(index).is_alphabetic()
        || FUNCTIONS.iter().any(|name| ends_with(text, index, name))
}

/// `a=1`, `a[0] = 1`, `a+=1`, but not a comparison or an arrow.
fn assigns(text: &Text, index: usize) -> bool {
    let mut place = index;
    if matches!(text.before(place), '+' | '-' | '*' | '/' | '|' | '&' | '^' | '?') {
        place -= 1;
    }
    while text.before(place).is_whitespace() && index - place < LONGEST {
        place -= 1;
    }
    let value = text.ch(index + 1);
    let operand = in_name(text.before(place)) || matches!(text.before(place), ']' | '}');
    operand && !matches!(value, '=' | '>' | END)
}

/// `import"//host/x"`: runs a module without a call.
fn imports(text: &Text, index: usize) -> bool {
    let mut place = index;
    while text.before(place).is_whitespace() && index - place < LONGEST {
        place -= 1;
    }
    ends_with(text, place, "import")
}

/// Whether the word `name` ends before `index`, in either case.
fn ends_with(text: &Text, index: usize, name: &str) -> bool {
    let Some(start) = index.checked_sub(name.len()) else { return false };
    text.has(start, name) && !in_name(text.before(start))
}
