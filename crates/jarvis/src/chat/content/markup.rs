//! Tags that run something, read as a browser reads them (HTML, 13.2.5: quotes in odd places, slashes for spaces).
//!
//! Every `<` with a letter after it is read as a tag, also inside another's quotes: what the quotes mean depends on what is around them
//! (a `noscript`, a `style`). A place where an attribute begins is read once for each kind of element, and where a value without quotes ends
//! is looked up: that keeps it linear.

use super::Kind;
use super::glyphs::{CODE, END, Text};
use super::marks::Marks;

/// Elements that say nothing about what they hold, but do fire events of their own.
const KNOWN: [&str; 84] = [
    "a",
    "abbr",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "center",
    "cite",
    "code",
    "col",
    "dd",
    "del",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figure",
    "font",
    "footer",
    "form",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "image",
    "img",
    "input",
    "ins",
    "isindex",
    "kbd",
    "keygen",
    "label",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "marquee",
    "math",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "td",
    "textarea",
    "tr",
    "u",
    "video",
];
/// Words that begin with "on" and are no events.
const NO_EVENTS: [&str; 8] = ["once", "one", "ones", "only", "online", "onto", "onward", "onwards"];
/// Characters of a name that are told apart.
const LONGEST: usize = 16;

/// What an element does with its attributes. The order is that of the bits in [`Tags::read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    /// A name that HTML does not have, or a comparison: `x<y`.
    Unknown,
    Known,
    Script,
    Style,
    /// `iframe`, `object`, `embed` and their like.
    Frame,
    Base,
    Meta,
    /// `animate`, `set`: give another element an attribute.
    Animation,
}

impl Element {
    fn named(name: &str) -> Self {
        match name {
            "script" => Self::Script,
            "style" => Self::Style,
            "iframe" | "frame" | "object" | "embed" | "applet" | "portal" | "fencedframe" => Self::Frame,
            "base" => Self::Base,
            "meta" => Self::Meta,
            "animate" | "set" | "animatetransform" | "animatemotion" => Self::Animation,
            _ if KNOWN.contains(&name) => Self::Known,
            _ => Self::Unknown,
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Unknown => 1,
            Self::Known => 2,
            Self::Script => 4,
            Self::Style => 8,
            Self::Frame => 16,
            Self::Base => 32,
            Self::Meta => 64,
            Self::Animation => 128,
        }
    }
}

/// The first tag that runs something: its kind and where it begins.
pub(super) fn find(text: &Text, marks: &Marks) -> Option<(Kind, usize)> {
    let mut tags = Tags { text, marks, read: Vec::new(), last_end: None };
    let opens = |index: usize| text.ch(index) == '<' && text.ch(index + 1).is_ascii_alphabetic();
    (0..text.len()).filter(|index| opens(*index)).find_map(|index| Some((tags.tag(index)?, index)))
}

struct Tags<'a> {
    text: &'a Text,
    marks: &'a Marks,
    /// For each place: for which elements the attributes from there on are known to be harmless.
    read: Vec<u8>,
    /// Where the last `</script` begins, once it was looked for.
    last_end: Option<Option<usize>>,
}

/// `name=value`: where each begins and ends. No value: both ends of it are the same.
#[derive(Debug, Clone, Copy)]
struct Attribute {
    name: (usize, usize),
    value: (usize, usize),
}

impl Tags<'_> {
    fn tag(&mut self, open: usize) -> Option<Kind> {
        let (element, mut place) = self.element(open + 1)?;
        if self.read.is_empty() {
            self.read = vec![0; self.text.len() + 1];
        }
        // Told once it is clear that the tag ends.
        let mut pending = None;
        loop {
            while self.text.ch(place).is_whitespace() || self.text.ch(place) == '/' {
                place += 1;
            }
            if matches!(self.text.ch(place), '>' | END) {
                break;
            }
            let seen = self.read.get_mut(place)?;
            if *seen & element.bit() != 0 {
                return None;
            }
            *seen |= element.bit();
            let attribute = self.attribute(place);
            match self.judge(element, attribute) {
                Verdict::Harmless => {}
                Verdict::Active(kind) => return Some(kind),
                Verdict::IfClosed(kind) => pending = pending.or(Some(kind)),
            }
            place = attribute.value.1.max(attribute.name.1);
            if matches!(self.text.ch(place), '"' | '\'') {
                place += 1;
            }
        }
        if self.text.ch(place) != '>' {
            return None;
        }
        pending.or_else(|| self.content(element, place + 1))
    }

    /// The element's kind and where its attributes begin. A `<` in the name begins a tag of its own.
    fn element(&self, start: usize) -> Option<(Element, usize)> {
        let mut name = String::new();
        let mut end = start;
        loop {
            match self.text.ch(end) {
                '<' => return None,
                '/' | '>' | END => break,
                c if c.is_whitespace() => break,
                // The prefix of an XML name.
                ':' => name.clear(),
                c if name.len() < LONGEST => name.push(c.to_ascii_lowercase()),
                _ => {}
            }
            end += 1;
        }
        Some((Element::named(&name), end))
    }

    fn attribute(&self, start: usize) -> Attribute {
        let mut end = start + 1;
        while !matches!(self.text.ch(end), '=' | '>' | '/' | END) && !self.text.ch(end).is_whitespace() {
            end += 1;
        }
        let equals = self.text.skip_spaces(end);
        if self.text.ch(equals) != '=' {
            return Attribute { name: (start, end), value: (end, end) };
        }
        let value = self.text.skip_spaces(equals + 1);
        let quote = self.text.ch(value);
        if matches!(quote, '"' | '\'')
            && let Some(close) = (value + 1..self.text.len()).find(|index| self.text.ch(*index) == quote)
        {
            return Attribute { name: (start, end), value: (value + 1, close) };
        }
        let close = self.marks.value_end(value, self.text.len());
        Attribute { name: (start, end), value: (value, close) }
    }

    fn judge(&self, element: Element, Attribute { name: (start, end), value }: Attribute) -> Verdict {
        let name: String =
            (start..end).take(LONGEST).map(|index| self.text.ch(index).to_ascii_lowercase()).collect();
        let name = name.rsplit(':').next().unwrap_or_default();
        if is_event(name) {
            return match (self.marks.runs(value.0, value.1), element) {
                (true, Element::Unknown) => Verdict::IfClosed(Kind::Handler),
                (true, _) => Verdict::Active(Kind::Handler),
                (false, Element::Unknown) => Verdict::Harmless,
                (false, _) if self.says_something(value) => Verdict::IfClosed(Kind::Handler),
                (false, _) => Verdict::Harmless,
            };
        }
        let source = self.says_something(value);
        match (element, name) {
            (Element::Script, "src" | "href") if source => Verdict::IfClosed(Kind::Script),
            (Element::Frame, "src" | "data" | "code" | "archive" | "srcdoc") if source => {
                Verdict::IfClosed(Kind::Embedded)
            }
            (Element::Base, "href") if source => Verdict::IfClosed(Kind::Redirect),
            (Element::Meta, "content") if self.refreshes(value) => Verdict::IfClosed(Kind::Redirect),
            (Element::Animation, "attributename") if self.text.has(value.0, "on") => {
                Verdict::IfClosed(Kind::Handler)
            }
            (_, "style") if self.marks.styles(value.0, value.1) => Verdict::IfClosed(Kind::Style),
            _ => Verdict::Harmless,
        }
    }

    /// A value that is more than an ellipsis.
    fn says_something(&self, (start, end): (usize, usize)) -> bool {
        (start..end).any(|index| {
            matches!(self.text.ch(index), CODE | '(' | '[') || self.text.ch(index).is_alphanumeric()
        })
    }

    /// `0; url=..`: the page goes elsewhere.
    fn refreshes(&self, (start, end): (usize, usize)) -> bool {
        let mut place = start;
        while place < end
            && matches!(self.text.ch(place), '0'..='9' | '.' | ';' | ',' | ' ' | '\t' | '\n' | '\r')
        {
            place += 1;
        }
        place > start && place < end && self.text.has(place, "url")
    }

    /// What stands between `<script>` and `</script>`, or `<style>` and `</style>`, up to the next such element.
    fn content(&mut self, element: Element, start: usize) -> Option<Kind> {
        let name = match element {
            Element::Script => "script",
            Element::Style => "style",
            _ => return None,
        };
        let ends = |index: &usize| {
            self.text.ch(*index) == '<'
                && (self.text.has(index + 1, name)
                    || self.text.ch(index + 1) == '/' && self.text.has(index + 2, name))
        };
        let end = (start..self.text.len()).find(ends).unwrap_or(self.text.len());
        if element == Element::Style {
            return self.marks.styles(start, end).then_some(Kind::Style);
        }
        // Without an end it never runs, but a page around it may have one: then its first word must run something.
        let runs = if self.last_script_end().is_some_and(|last| last >= end) {
            self.marks.runs(start, end)
        } else {
            self.marks.word_runs(self.text.skip_spaces(start))
        };
        runs.then_some(Kind::Script)
    }

    fn last_script_end(&mut self) -> Option<usize> {
        let text = self.text;
        let is_end = |index: &usize| text.ch(*index) == '<' && text.has(index + 1, "/script");
        *self.last_end.get_or_insert_with(|| (0..text.len()).rev().find(is_end))
    }
}

enum Verdict {
    Harmless,
    Active(Kind),
    /// Active if the tag ends: prose with a `<` in it mostly does not.
    IfClosed(Kind),
}

fn is_event(name: &str) -> bool {
    let letters = name.strip_prefix("on").unwrap_or_default();
    letters.len() > 1 && letters.chars().all(|c| c.is_ascii_alphabetic()) && !NO_EVENTS.contains(&name)
}
