//! Jarvis, a personal AI assistant that people host themselves. This is the map.
//!
//! A request passes [`server`]'s one stack and [`auth::gate`], reaches a feature's `api`, which extracts, calls a service and
//! answers. Services live in [`app::App`]; features are modules whose SQL (`store`) nobody else can reach.
//!
//! | where | what |
//! |---|---|
//! | [`cli`], [`config`], [`telemetry`], [`lifecycle`], [`jobs`], [`rotation`] | how the process starts, runs and ends |
//! | [`server`], [`http`] | routes, the stack, problems, limits, the page |
//! | [`rates`] | how often |
//! | [`auth`], [`users`], [`people`] | who is calling, and who looks after whom |
//! | [`chat`], [`models`], [`live`] | conversations, the models that answer, the events that tell of it |
//! | [`vault`] | what people write, sealed at rest: a key for each |
//! | [`db`], [`ids`], [`clock`], [`error`] | what all of them stand on |
//! | [`health`] | is everything there? |

pub mod app;
pub mod auth;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod health;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod lifecycle;
pub mod live;
pub mod models;
pub mod people;
pub mod rates;
pub mod rotation;
pub mod server;
pub mod telemetry;
pub mod tls;
pub mod users;
pub mod vault;
