//! What people write, parsed at the edge.

use super::content::{self, Found, Kind};
use crate::config::MessagePolicy;
use crate::error::{Error, FieldFault, Result};

/// Characters (Unicode scalar values) in a message, after trimming.
const MAX_TEXT: usize = 10_000;
/// Characters of a title.
const MAX_TITLE: usize = 200;
/// Characters of the question that become the title.
const TITLE_FROM_QUESTION: usize = 60;
/// Characters of a client's key.
const MAX_KEY: usize = 100;

/// A message: 1 to 10,000 characters after trimming, no NUL, and by the policy no active content outside code.
#[derive(Debug, Clone)]
pub struct ChatText(String);

impl ChatText {
    /// # Errors
    /// `Invalid` on `message`; `ActiveContent` with what was found.
    pub fn parse(text: &str, policy: MessagePolicy) -> Result<Self> {
        let text = text.trim();
        let refuse = |code, detail: String| Err(Error::invalid("message", code, detail));
        if text.is_empty() {
            return refuse("message_empty", "Write something first.".into());
        }
        if text.contains('\0') {
            return refuse("message_nul", "The message holds a NUL character, which no text has.".into());
        }
        let length = text.chars().count();
        if length > MAX_TEXT {
            return refuse(
                "message_too_long",
                format!("The message has {length} characters; at most {MAX_TEXT} fit. Send it in parts."),
            );
        }
        if policy == MessagePolicy::Refuse {
            content::check(text).map_err(|found| active_content(&found))?;
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The refusal, in words that help whoever meant it as code.
fn active_content(Found { kind, at, excerpt }: &Found) -> Error {
    let (code, what) = match kind {
        Kind::Script => ("script_element", "a script element with something in it"),
        Kind::Handler => ("event_handler", "a tag with an event handler"),
        Kind::Embedded => ("embedded_content", "a tag that embeds another document"),
        Kind::Redirect => ("redirecting_markup", "a tag that leads the page elsewhere"),
        Kind::Style => ("active_style", "a style that runs script"),
        Kind::ScriptUrl => ("script_url", "an address that runs script"),
        Kind::DataUrl => ("data_url", "a data: address that can carry script"),
    };
    let detail = format!(
        "The message holds active content: {what}, from character {} on ({excerpt}). Put code between backticks, \
         or between lines of three, and it is taken as it is.",
        at + 1
    );
    Error::ActiveContent(FieldFault { field: "message".into(), code, detail: detail.into() })
}

/// What a conversation is called: at most 200 characters on one line. Empty means untitled.
#[derive(Debug, Clone, Default)]
pub struct Title(String);

impl Title {
    /// # Errors
    /// `Invalid` on `title`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.chars().count() > MAX_TITLE || text.chars().any(char::is_control) {
            let detail = format!("A title is one line of at most {MAX_TITLE} characters.");
            return Err(Error::invalid("title", "title_invalid", detail));
        }
        Ok(Self(text.to_owned()))
    }

    /// The beginning of the question, cut between words.
    pub fn from_question(question: &ChatText) -> Self {
        let words: String = question.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
        let words: String = words.chars().filter(|c| !c.is_control()).collect();
        if words.chars().count() <= TITLE_FROM_QUESTION {
            return Self(words);
        }
        let cut: String = words.chars().take(TITLE_FROM_QUESTION).collect();
        let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(before, _)| before);
        Self(format!("{cut}…"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A client's own key for a message, so that sending it again changes nothing.
#[derive(Debug, Clone)]
pub struct ClientId(String);

impl ClientId {
    /// # Errors
    /// `Invalid` on `client_id`.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() || text.len() > MAX_KEY || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let detail = format!("A client_id has 1 to {MAX_KEY} visible ASCII characters.");
            return Err(Error::invalid("client_id", "client_id_invalid", detail));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ChatText> {
        ChatText::parse(text, MessagePolicy::Refuse)
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert!(parse(&"é".repeat(MAX_TEXT)).is_ok());
        assert!(parse(&"é".repeat(MAX_TEXT + 1)).is_err());
        assert_eq!(parse("  a \n").unwrap().as_str(), "a");
        for bad in ["", " \n\t ", "a\0b"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_title_is_cut_between_words() {
        let question = parse(&"lorem ipsum ".repeat(20)).unwrap();
        let title = Title::from_question(&question);
        assert!(title.as_str().ends_with("ipsum…") || title.as_str().ends_with("lorem…"));
        assert!(title.as_str().chars().count() <= TITLE_FROM_QUESTION + 1);
        assert_eq!(Title::from_question(&parse("a\n\nb").unwrap()).as_str(), "a b");
    }
}
