//! In the place of the ceremony, where this program was built without passkeys. Nobody can have one then, so nothing is ever checked.

use serde_json::Value;

use super::Site;
use crate::auth::store::passkeys::Known;
use crate::error::{Error, Result, Why};
use crate::ids::UserId;
use crate::users::User;

pub(super) struct Made {
    pub credential_id: Vec<u8>,
    pub credential: String,
}

pub(super) struct Claimed {
    pub credential_id: Vec<u8>,
    pub user: Option<UserId>,
}

pub(super) fn begin_registration(_: &Site, _: &User, _: &[Known]) -> Result<(Value, Value)> {
    Err(Error::Conflict(Why::NoPasskeys))
}

pub(super) fn finish_registration(_: &Site, _: Value, _: Value) -> Result<Made> {
    Err(Error::Conflict(Why::NoPasskeys))
}

pub(super) fn begin_assertion(_: &Site, _: &[Known]) -> Result<(Value, Value)> {
    Err(Error::Conflict(Why::NoPasskeys))
}

pub(super) fn claimed(_: Value) -> Result<Claimed> {
    Err(Error::Conflict(Why::NoPasskeys))
}

pub(super) fn finish_assertion(_: &Site, _: Value, _: &Claimed, _: &Known) -> Result<String> {
    Err(Error::Conflict(Why::NoPasskeys))
}
