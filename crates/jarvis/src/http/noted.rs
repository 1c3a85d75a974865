//! Which refusals are security events.

use crate::audit::{Audit, Event, Kind};
use crate::error::{Error, Forbidden, What};
use crate::ids::UserId;

/// Notes a refusal in the audit trail, if it tells of somebody who tries what they should not. `by`: who it is, where the request does not
/// say. `code` is what the answer says, `route` a template.
pub fn refusal(audit: &Audit, by: Option<UserId>, error: &Error, code: &str, route: &str) {
    let Some(kind) = kind(error) else { return };
    let event = Event::failed(kind).with("code", code).with("route", route);
    audit.note(match by {
        Some(user) => event.by(user),
        None => event,
    });
}

/// What is refused at the door is noted there, with whom it was about.
fn kind(error: &Error) -> Option<Kind> {
    Some(match error {
        Error::RateLimited { .. } => Kind::LimitReached,
        Error::ActiveContent(_) | Error::BadRequest { .. } => Kind::InputRefused,
        Error::OriginRefused => Kind::OriginRefused,
        Error::HostRefused => Kind::HostRefused,
        // These are steps of the way, and told to everybody who takes it.
        Error::Forbidden(Forbidden::RecentProof | Forbidden::EnrolmentRequired) => return None,
        Error::Forbidden(_) => Kind::AccessRefused,
        Error::NotFound(What::Path | What::Provider) => return None,
        // Another's thing is not found.
        Error::NotFound(_) => Kind::AccessRefused,
        _ => return None,
    })
}
