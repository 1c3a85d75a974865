//! INTERIM call sites of the throttle.

use std::net::IpAddr;

use crate::auth::Accounts;
use crate::error::Result;
use crate::ids::UserId;

pub(in crate::auth) struct Attempt;

impl Accounts {
    pub(in crate::auth) async fn attempt_code(&self, _user: UserId, _address: IpAddr) -> Result<Attempt> {
        Ok(Attempt)
    }
    pub(in crate::auth) async fn attempt_right(&self, _attempt: Attempt) -> Result<()> {
        Ok(())
    }
    pub(in crate::auth) async fn attempt_passkey(&self, _address: IpAddr) -> Result<()> {
        Ok(())
    }
}
