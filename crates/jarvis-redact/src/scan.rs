//! From stops to edits: which recogniser is asked, in which order, and from where on.

use crate::anchors::Anchor;
use crate::assigned;
use crate::found::Found;
use crate::screen::{is_part, screen};
use crate::text::Text;
use crate::{address, command, digits, prefixed};

/// What has been settled so far. Each of these only grows, which is what keeps the work linear: no recogniser goes
/// back before them.
#[derive(Default)]
struct Scan {
    /// The end of the last edit.
    masked: usize,
    /// The end of the last name that was judged.
    names: usize,
    /// The end of the last run of digits.
    digits: usize,
    /// The last `@`.
    at: usize,
}

/// Calls `edit` for everything in `text` that must not stay, in order and without overlaps.
pub(crate) fn scan(text: &Text<'_>, mut edit: impl FnMut(Found)) {
    let mut scan = Scan::default();
    screen(text.bytes(), |place, sign, anchor| {
        let mut report = |scan: &mut Scan, found: Found| {
            let found = Found { start: found.start.max(scan.masked), ..found };
            if found.end > found.start {
                scan.masked = found.end;
                edit(found);
            }
        };
        if let Some(found) = anchor.and_then(|anchor| scan.anchored(text, place, anchor)) {
            report(&mut scan, found);
        } else if sign && let Some(found) = scan.signed(text, place) {
            report(&mut scan, found);
        }
        // A value that ends in the middle of a run has hidden its beginning.
        let run =
            if scan.masked > place { Some(scan.masked) } else { scan.run_at(text, place, sign, anchor) };
        if let Some(run) = run.filter(|run| *run >= scan.digits) {
            let (mut from, end, plausible) = digits::run_around(text, run, scan.masked.max(scan.digits));
            scan.digits = end.max(run + 1);
            if plausible {
                while let Some(found) = digits::number(text, scan.masked, from, end) {
                    from = found.end;
                    report(&mut scan, found);
                }
            }
        }
        scan.masked
    });
}

impl Scan {
    fn anchored(&mut self, text: &Text<'_>, place: usize, anchor: Anchor) -> Option<Found> {
        match anchor {
            Anchor::Name => {
                if place < self.names {
                    return None;
                }
                let (end, name) = assigned::name_around(text, place, self.masked);
                self.names = end;
                name?.value(text)
            }
            Anchor::Key(back) => prefixed::key(text, place.checked_sub(back)?),
            Anchor::Jwt => prefixed::jwt(text, place),
            Anchor::Scheme => prefixed::scheme(text, place),
            Anchor::Pem => prefixed::pem(text, place),
            Anchor::Otpauth => prefixed::otpauth(text, place),
            Anchor::Hook => prefixed::hook(text, place),
            Anchor::Mapped(back) => address::mapped(text, place.checked_sub(back)?),
            Anchor::At(back, length) => {
                let letter = place.checked_sub(back)?;
                let start = text.run_back(letter, letter.saturating_sub(15), |byte| byte == b'\\');
                let escape = back == 0 || (text.at(letter) == b'u' && start < letter);
                escape.then(|| self.email(text, start, place + length)).flatten()
            }
            Anchor::Space(_) => None,
            Anchor::User => command::user(text, place),
            Anchor::Program => command::program(text, place),
        }
    }

    fn signed(&mut self, text: &Text<'_>, place: usize) -> Option<Found> {
        match text.at(place) {
            b'@' => self.email(text, place, place + 1),
            b'%' if text.has(place, b"%40") => self.email(text, place, place + 3),
            b':' if text.has(place, b"://") => address::userinfo(text, place),
            b':' => address::ipv6(text, place),
            b'-' => prefixed::code(text, place),
            _ => None,
        }
    }

    fn email(&mut self, text: &Text<'_>, place: usize, after: usize) -> Option<Found> {
        let floor = self.masked.max(self.at);
        self.at = after;
        address::email(text, place, after, floor)
    }

    /// Where a run of digits begins or goes on here.
    fn run_at(&self, text: &Text<'_>, place: usize, sign: bool, anchor: Option<Anchor>) -> Option<usize> {
        if sign && is_part(text.at(place)) {
            return Some(place);
        }
        let space = match anchor {
            Some(Anchor::Space(back)) => place.checked_sub(back),
            _ => sign.then_some(place),
        };
        space.filter(|space| {
            let gap = text.gap(*space);
            gap > 1 && text.before(*space).is_ascii_digit() && text.at(space + gap).is_ascii_digit()
        })
    }
}
