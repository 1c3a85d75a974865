//! Passwords behind flags of one letter: `curl -u name:password`, `mysql -ppassword`, `redis-cli -a password`.

use crate::found::Found;
use crate::text::Text;
use crate::value::{Quote, bare_end};

/// How far behind its name a program's flags are looked for.
const REACH: usize = 160;

/// `-u name:password`, `--user name:password`, `--proxy-user=name:password`.
pub(crate) fn user(text: &Text<'_>, place: usize) -> Option<Found> {
    let flag = if text.at(place) == b'u' || text.at(place) == b'U' {
        (text.ends_word(place, b"--") || text.ends_word(place, b"-proxy-")).then_some(place + 4)?
    } else {
        place + 3
    };
    let (_, after) = Quote::close(text, flag).unzip();
    let after = after.unwrap_or(flag) + usize::from(matches!(text.at(after.unwrap_or(flag)), b'=' | b','));
    let start = text.after_gaps(after, 4);
    let (start, end) = argument(text, start);
    let colon = text.run(start, 64, |byte| byte != b':') + 1;
    (start > flag && colon < end && text.before(colon) == b':').then(|| Found::stars(start, end))
}

/// `-p` of database programs, of sshpass and of `docker login`; `-a` of redis-cli.
pub(crate) fn program(text: &Text<'_>, place: usize) -> Option<Found> {
    let redis = text.has_word(place, b"-cli") && text.ends_word(place, b"redis");
    let login = text.has_word(place, b"cker login") || text.has_word(place, b"podman login");
    let word = text.has_word(place, b"mysql")
        || text.has_word(place, b"mariadb")
        || text.has_word(place, b"sshpass");
    if !(redis || login || word) {
        return None;
    }
    let flag = if redis { b" -a" } else { b" -p" };
    let end = text.run(place, REACH, |byte| !matches!(byte, b'\n' | b'|' | b';'));
    let at = (place..end).find(|at| text.has(*at, flag))? + flag.len();
    let start = text.after_gaps(at, 2);
    // mysql takes the password without a space; with one, it is the database.
    if !redis && !login && start > at && !text.has_word(place, b"sshpass") || text.at(start) == b'-' {
        return None;
    }
    let (start, end) = argument(text, start);
    (end > start).then(|| Found::stars(start, end))
}

fn argument(text: &Text<'_>, start: usize) -> (usize, usize) {
    match Quote::open(text, start) {
        Some((quote, inside)) => (inside, quote.end(text, inside).0),
        None => (start, bare_end(text, start)),
    }
}
