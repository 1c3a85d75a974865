//! From stops to edits: which recogniser is asked, in which order, and from where on.

use crate::anchors::Anchor;
use crate::digits::Run;
use crate::found::{Found, Mask};
use crate::screen::{is_part, screen};
use crate::text::Text;
use crate::{address, command, name, prefixed};

/// What has been settled so far. Each of these only grows, which is what keeps the work linear: no recogniser goes
/// back before them.
#[derive(Default)]
struct Scan {
    /// The end of the last edit.
    masked: usize,
    /// Whether that left stars.
    stars: bool,
    /// The end of the last name that was judged.
    names: usize,
    /// The end of the last run of digits.
    digits: usize,
    /// The last `@`.
    at: usize,
    /// A password that is further on in a command line, what is before it not yet seen.
    later: Option<Found>,
}

/// Calls `edit` for everything in `text` that must not stay, in order and without overlaps.
pub(crate) fn scan(text: &Text<'_>, mut edit: impl FnMut(Found)) {
    let mut scan = Scan::default();
    screen(text.bytes(), &mut |place, sign, anchor| {
        if let Some(found) = scan.later.take_if(|found| found.start <= place) {
            scan.report(found, &mut edit);
        }
        if scan.masked <= place {
            let found = anchor.and_then(|anchor| scan.anchored(text, place, anchor));
            let found = found.or_else(|| sign.then(|| scan.signed(text, place)).flatten());
            found.into_iter().for_each(|found| scan.report(found, &mut edit));
        }
        // A value that ends in the middle of a run has hidden its beginning.
        let run =
            if scan.masked > place { Some(scan.masked) } else { scan.run_at(text, place, sign, anchor) };
        if let Some(run) = run.filter(|run| *run >= scan.digits) {
            let run = Run::around(text, run, scan.masked.max(scan.digits));
            scan.digits = run.end.max(place + 1);
            let mut from = run.start;
            while let Some(found) = run.number(text, scan.masked, from) {
                from = found.end;
                scan.report(found, &mut edit);
            }
        }
        scan.masked
    });
    if let Some(found) = scan.later.take() {
        scan.report(found, &mut edit);
    }
}

impl Scan {
    /// Stars right behind stars are one: what is masked says nothing of how many secrets there were.
    fn report(&mut self, found: Found, edit: &mut impl FnMut(Found)) {
        let start = found.start.max(self.masked);
        if found.end > start {
            let joined = self.stars && start == self.masked && found.mask == Mask::Stars;
            let mask = if joined { Mask::Joined } else { found.mask };
            self.masked = found.end;
            self.stars = matches!(mask, Mask::Stars | Mask::Joined);
            edit(Found { start, mask, ..found });
        }
    }

    fn anchored(&mut self, text: &Text<'_>, place: usize, anchor: Anchor) -> Option<Found> {
        match anchor {
            Anchor::Name => {
                if place < self.names {
                    return None;
                }
                let (end, name) = name::name_around(text, place, self.masked);
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
            Anchor::Program => {
                self.later = self.later.or_else(|| command::program(text, place));
                None
            }
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
