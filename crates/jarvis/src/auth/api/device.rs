//! A handler that signs somebody in asks for a [`Device`].

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::app::App;
use crate::auth::Device;
use crate::error::{Error, Result};
use crate::http::client::ClientAddress;

impl FromRequestParts<App> for Device {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let ClientAddress(address) = ClientAddress::of(&parts.extensions);
        Ok(Self::of(&parts.headers, address, app.cookies))
    }
}
