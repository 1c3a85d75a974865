//! What a model is sent: the system prompt with the true date, and as much of the history as fits. Pure.

use jarvis_llm::{ChatMessage, ChatRequest, Role};

use crate::chat::{Author, Message};

/// At most this share of the context is kept free for the answer, and never more than `MAX_RESERVE`.
const RESERVE_SHARE: u32 = 4;
const MAX_RESERVE: u32 = 2048;
/// Tokens that a message costs beside its text: role and separators.
const PER_MESSAGE: u32 = 4;

/// What the model is asked, and how many older messages did not fit.
pub(super) struct Prompt {
    pub request: ChatRequest,
    pub cut: usize,
}

/// `branch` is the conversation from the question upwards, newest first. The question is always sent.
pub(super) fn build(
    system: &str,
    now: &jiff::Zoned,
    model: &str,
    branch: &[Message],
    context_tokens: u32,
) -> Prompt {
    let system = format!("{system}\n\nIt is {}.", now.strftime("%A, %-d %B %Y, %H:%M (%Z, UTC%:z)"));
    let reserve = (context_tokens / RESERVE_SHARE).min(MAX_RESERVE);
    let mut left = context_tokens.saturating_sub(reserve).saturating_sub(estimate(&system));
    let said: Vec<&Message> =
        branch.iter().filter(|message| !message.damaged && !message.content.is_empty()).collect();
    let mut messages = Vec::new();
    for message in &said {
        let cost = estimate(&message.content);
        if cost > left && !messages.is_empty() {
            break;
        }
        left = left.saturating_sub(cost);
        let role = match message.role {
            Author::User => Role::User,
            Author::Assistant => Role::Assistant,
        };
        messages.push(ChatMessage { role, content: message.content.clone() });
    }
    let cut = said.len().saturating_sub(messages.len());
    messages.push(ChatMessage { role: Role::System, content: system });
    messages.reverse();
    let request = ChatRequest {
        model: model.to_owned(),
        messages,
        context_tokens: Some(context_tokens),
        max_tokens: None,
        temperature: None,
    };
    Prompt { request, cut }
}

/// Tokens of a text, estimated on the safe side: about 3.5 letters of English or French make one, and each character outside
/// ASCII (Chinese, emoji) counts as one.
fn estimate(text: &str) -> u32 {
    let (mut ascii, mut other) = (0_u32, 0_u32);
    for c in text.chars() {
        let counter = if c.is_ascii() { &mut ascii } else { &mut other };
        *counter = counter.saturating_add(1);
    }
    (ascii.saturating_mul(2) / 7).saturating_add(other).saturating_add(PER_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Status;
    use crate::clock::Timestamp;
    use crate::ids::{ConversationId, MessageId};

    fn message(role: Author, content: &str) -> Message {
        Message {
            id: MessageId::new(),
            conversation_id: ConversationId::new(),
            parent_id: None,
            role,
            content: content.to_owned(),
            thinking: None,
            status: Status::Completed,
            error: None,
            model: None,
            usage: None,
            history_cut: 0,
            created_at: Timestamp::from_micros(0),
            finished_at: None,
            damaged: false,
        }
    }

    fn at_noon() -> jiff::Zoned {
        "2026-11-22T12:00:00+01:00[Europe/Paris]".parse().unwrap()
    }

    #[test]
    fn the_prompt_says_the_true_date_time_and_zone() {
        let prompt = build("Be kind.", &at_noon(), "m", &[message(Author::User, "hi")], 8192);
        assert_eq!(
            prompt.request.messages.first().map(|m| m.content.as_str()),
            Some("Be kind.\n\nIt is Sunday, 22 November 2026, 12:00 (CET, UTC+01:00).")
        );
    }

    #[test]
    fn the_newest_messages_are_kept_and_the_cut_is_counted() {
        let branch: Vec<Message> = (0..100)
            .map(|i| {
                message(
                    if i % 2 == 0 { Author::User } else { Author::Assistant },
                    &format!("{i} {}", "x".repeat(700)),
                )
            })
            .collect();
        let prompt = build("s", &at_noon(), "m", &branch, 2048);
        let kept = prompt.request.messages.len() - 1;
        assert!((3..=8).contains(&kept), "{kept}");
        assert_eq!(prompt.cut, 100 - kept);
        assert!(prompt.request.messages.last().unwrap().content.starts_with("0 "));
        assert!(matches!(prompt.request.messages.last().unwrap().role, Role::User));
    }

    #[test]
    fn a_question_larger_than_the_context_is_sent_all_the_same() {
        let branch = [message(Author::User, &"é".repeat(9000)), message(Author::Assistant, "before")];
        let prompt = build("s", &at_noon(), "m", &branch, 1024);
        assert_eq!((prompt.request.messages.len(), prompt.cut), (2, 1));
    }

    #[test]
    fn answers_that_never_came_are_left_out() {
        let branch = [message(Author::User, "q"), message(Author::Assistant, ""), message(Author::User, "p")];
        let prompt = build("s", &at_noon(), "m", &branch, 8192);
        assert_eq!((prompt.request.messages.len(), prompt.cut), (3, 0));
    }
}
