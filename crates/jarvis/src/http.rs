//! What every HTTP answer and request has in common.

pub mod assets;
pub mod client;
pub mod extract;
pub mod limits;
pub mod noted;
pub mod problem;
pub mod request;
pub mod security;
