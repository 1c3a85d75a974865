//! Everything that can be seen from outside, through HTTP and the socket, against a real database.
//!
//! SQLite, or PostgreSQL when `TEST_POSTGRES_URL` names a server on which databases may be created.

#![cfg(test)]

mod access;
mod accounts;
mod branches;
mod chat;
mod content;
mod conversations;
mod entry;
mod factors;
mod faults;
mod forged;
mod held;
mod http;
mod input;
mod keys;
mod models;
mod openapi;
mod people;
mod providers;
mod rates;
mod repeats;
mod resume;
mod sealed;
mod slow;
mod socket;
mod spoilt;
mod stream;
mod support;
mod talk;
mod unconfirmed;
