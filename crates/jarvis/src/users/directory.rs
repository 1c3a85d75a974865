//! All accounts, as those see them who look after them. Who may do what to whom is decided by [`crate::people`].

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::db::{Connection, Tx};
use crate::error::{Error, Result, Why};
use crate::ids::UserId;

use super::store::directory as store;
use super::{Role, User};

/// Characters of a search.
const MAX_TEXT: usize = 100;

/// An account as an admin sees it: without what its owner chose on their page, which is nobody else's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Person {
    #[serde(flatten)]
    pub user: User,
    /// How many devices are signed in.
    pub sessions: i64,
    /// Somebody has guessed so often that signing in from where they are not known has to wait. Enabling the account lifts it.
    pub locked: bool,
}

/// Which accounts are looked for.
#[derive(Debug, Clone)]
pub struct Search {
    /// A pattern for LIKE, made by [`Search::new`]; None for everybody.
    pattern: Option<String>,
    after: Option<String>,
    limit: u32,
}

impl Search {
    /// `text` is a part of a name or of an e-mail address, `after` the [`PersonPage::next`] of the page before, `limit` at least 1.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `q` or `after`.
    pub fn new(text: Option<&str>, after: Option<String>, limit: u32) -> Result<Self> {
        let text = text.map(str::trim).unwrap_or_default();
        if text.chars().count() > MAX_TEXT || text.contains('\0') {
            let detail = format!("Search for at most {MAX_TEXT} characters of a name or an address.");
            return Err(Error::invalid("q", "search_invalid", detail));
        }
        if after.as_ref().is_some_and(|after| after.len() > 50 || after.contains('\0')) {
            return Err(Error::invalid("after", "cursor_invalid", "Use `next` of the page before."));
        }
        let pattern = (!text.is_empty()).then(|| format!("%{}%", literal(&text.to_lowercase())));
        Ok(Self { pattern, after, limit })
    }
}

/// Text that means itself within a LIKE pattern with `ESCAPE '\'`.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Some accounts, by name.
pub struct PersonPage {
    pub items: Vec<Person>,
    /// Pass to [`Search::new`] for those that follow.
    pub next: Option<String>,
}

/// The accounts that a search finds, by name. Who is `locked` is not known here.
pub async fn page(db: &mut impl Connection, search: &Search, now: Timestamp) -> Result<PersonPage> {
    let Search { pattern, after, limit } = search;
    let rows = store::page(db, pattern.as_deref(), after.as_deref(), i64::from(*limit) + 1, now).await?;
    let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    let mut items = rows;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|person| person.user.username.to_ascii_lowercase());
    Ok(PersonPage { items, next })
}

/// One account with its sessions counted. Whether it is `locked` is not known here.
pub async fn find(db: &mut impl Connection, id: UserId, now: Timestamp) -> Result<Option<Person>> {
    store::find(db, id, now).await
}

/// The account with this name or e-mail address.
pub async fn find_by_login(db: &mut impl Connection, login: &str) -> Result<Option<UserId>> {
    if login.contains('\0') {
        return Ok(None);
    }
    store::find_by_login(db, &login.trim().to_ascii_lowercase()).await
}

/// Whether somebody has this e-mail address already.
pub async fn has_email(db: &mut impl Connection, email: &super::Email) -> Result<bool> {
    Ok(store::find_by_login(db, &email.key()).await?.is_some())
}

/// Waits until no other transaction is changing who may do what, and keeps the others waiting until this one ends. First thing in each
/// transaction that changes a role or a state, or deletes an account: what it reads after this is still true when it writes.
pub async fn take_turn(tx: &mut Tx) -> Result<()> {
    store::take_turn(tx).await
}

/// Takes a turn and refuses when nobody would be left to look after this installation without `leaving`. To be asked by whatever
/// disables, demotes or deletes an account, in the same transaction.
///
/// # Errors
/// [`Why::LastSuperuser`].
pub async fn keep_a_superuser(tx: &mut Tx, leaving: UserId) -> Result<()> {
    store::take_turn(tx).await?;
    let superusers = store::active_superusers(tx).await?;
    if superusers == [leaving] { Err(Error::Conflict(Why::LastSuperuser)) } else { Ok(()) }
}

/// The role, if the account is active. To be asked anew within a transaction that has taken its turn.
pub async fn active_role(tx: &mut Tx, id: UserId) -> Result<Option<Role>> {
    store::active_role(tx, id).await
}

/// Locks the account's row until the transaction ends: signing in writes it first, and waits.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<()> {
    store::lock(tx, id).await
}

/// Gives another role; false when there is no such account.
pub async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<bool> {
    store::set_role(tx, id, role).await
}

/// Enables or disables; false when there is no such account.
pub async fn set_active(tx: &mut Tx, id: UserId, is_active: bool) -> Result<bool> {
    store::set_active(tx, id, is_active).await
}

/// Deletes an account with everything that is its own; false when there is no such account.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool> {
    store::delete(tx, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_means_itself() {
        let pattern = |text: &str| Search::new(Some(text), None, 1).unwrap().pattern;
        assert_eq!(pattern("50%_off\\"), Some("%50\\%\\_off\\\\%".to_owned()));
        assert_eq!(pattern(" Ada@X.org "), Some("%ada@x.org%".to_owned()));
        assert_eq!(pattern("  "), None);
    }

    #[test]
    fn a_search_is_short_and_has_no_nul() {
        for bad in ["a\0b".to_owned(), "x".repeat(101)] {
            assert!(Search::new(Some(&bad), None, 1).is_err());
            assert!(Search::new(None, Some(bad), 1).is_err());
        }
    }
}
