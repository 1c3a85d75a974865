//! What every HTTP answer and request has in common.

pub mod assets;
pub mod client;
pub mod extract;
mod forwarded;
pub mod limits;
pub mod problem;
pub mod rates;
pub mod request;
pub mod security;
pub mod stack;
