//! Sealed values that a client keeps for us: whoever begins something costs us no memory until it is finished.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::seal::{Place, SealError, Sealer};
use crate::secret::Secret;
use crate::token::TokenHash;

/// Characters of a ticket, its prefix included. What is longer is not looked at.
pub const MAX_TICKET_CHARS: usize = 4096;

/// What a ticket held.
#[derive(Debug)]
pub struct Ticket {
    /// As it was given to [`Sealer::seal_ticket`].
    pub content: Secret<Vec<u8>>,
    /// Of the sealed record, to note that it was used. Each ticket has its own, also where two hold the same.
    pub hash: TokenHash,
}

impl Sealer {
    /// `prefix` and the sealed record in base64url (RFC 4648, section 5). It opens with the same prefix and for the same place alone.
    /// When it runs out, and whether it was used, is for the content and the caller to say.
    ///
    /// # Errors
    /// [`SealError::Randomness`]; [`SealError::TooLong`] where the ticket would have more than [`MAX_TICKET_CHARS`].
    pub fn seal_ticket(
        &self,
        prefix: &str,
        content: &[u8],
        place: Place<'_>,
    ) -> Result<Secret<String>, SealError> {
        let mut text = prefix.to_owned();
        URL_SAFE_NO_PAD.encode_string(self.seal(content, place)?, &mut text);
        if text.len() > MAX_TICKET_CHARS { Err(SealError::TooLong) } else { Ok(Secret::new(text)) }
    }

    /// What a client sent back; `None` unless we sealed it, for this place.
    pub fn open_ticket(&self, prefix: &str, text: &str, place: Place<'_>) -> Option<Ticket> {
        let encoded = text.strip_prefix(prefix).filter(|_| text.len() <= MAX_TICKET_CHARS)?;
        let record = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let content = self.open(&record, place).ok()?;
        Some(Ticket { content, hash: TokenHash::from_digest(Sha256::digest(&record).into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place { table: "flows", column: "state", row: b"login", owner: b"" };
    const THERE: Place<'_> = Place { table: "flows", column: "state", row: b"link", owner: b"" };

    fn sealer(key: u8) -> Sealer {
        Sealer::new(&Secret::new([key; 32]), &[])
    }

    #[test]
    fn a_ticket_opens_for_its_place_and_its_prefix_alone() {
        let sealer = sealer(1);
        let text = sealer.seal_ticket("jrf_", b"state", HERE).unwrap();
        let ticket = sealer.open_ticket("jrf_", text.expose(), HERE).unwrap();
        assert_eq!(ticket.content.expose(), b"state");
        assert!(sealer.open_ticket("jrf_", text.expose(), THERE).is_none());
        assert!(sealer.open_ticket("jrx_", text.expose(), HERE).is_none());
        assert!(super::tests::sealer(2).open_ticket("jrf_", text.expose(), HERE).is_none());
        let again = sealer.seal_ticket("jrf_", b"state", HERE).unwrap();
        assert!(sealer.open_ticket("jrf_", again.expose(), HERE).unwrap().hash != ticket.hash);
    }

    #[test]
    fn no_other_text_opens_so_that_none_is_used_under_a_second_name() {
        let sealer = sealer(1);
        for content in [&b""[..], b"a", b"ab", b"abc"] {
            let text = sealer.seal_ticket("jrf_", content, HERE).unwrap();
            let text = text.expose();
            for (place, letter) in text.char_indices() {
                for other in
                    ['A', 'B', 'Q', 'g', 'w', '=', '+', ' '].into_iter().filter(|other| *other != letter)
                {
                    let mut changed = text.clone();
                    changed.replace_range(place..=place, &other.to_string());
                    assert!(sealer.open_ticket("jrf_", &changed, HERE).is_none(), "{changed}");
                }
            }
            for changed in [
                format!("{text}="),
                format!("{text}A"),
                format!(" {text}"),
                text[..text.len() - 1].to_owned(),
            ] {
                assert!(sealer.open_ticket("jrf_", &changed, HERE).is_none(), "{changed}");
            }
        }
    }

    #[test]
    fn a_ticket_is_bounded() {
        let sealer = sealer(1);
        assert!(matches!(sealer.seal_ticket("jrf_", &[7; 3100], HERE), Err(SealError::TooLong)));
        let longest = sealer.seal_ticket("jrf_", &[7; 3000], HERE).unwrap();
        assert!(longest.expose().len() <= MAX_TICKET_CHARS);
        assert!(sealer.open_ticket("jrf_", longest.expose(), HERE).is_some());
        assert!(sealer.open_ticket("jrf_", &"A".repeat(5000), HERE).is_none());
    }
}
