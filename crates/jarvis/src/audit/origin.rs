//! Where something comes from: the request that is being answered, the shell, or the server itself.
//!
//! Ambient, like the span of the log: what a request is must not be a parameter of every function below it.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use crate::ids::{KeyId, RequestId, UserId};

/// Characters kept of `User-Agent`.
const AGENT_MAX: usize = 200;

tokio::task_local! {
    static CURRENT: Arc<Origin>;
}

/// By what something came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditVia)]
pub enum Via {
    /// Somebody at the page or a program.
    Request,
    /// Whoever has a shell beside the database.
    Shell,
    /// Jarvis itself.
    Server,
}

impl Via {
    /// As stored and chained.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Shell => "shell",
            Self::Server => "server",
        }
    }
}

/// Where something comes from.
#[derive(Debug)]
pub struct Origin {
    /// By what.
    pub via: Via,
    pub(super) request: Option<RequestId>,
    /// Masked; empty where there is none.
    pub(super) address: String,
    pub(super) agent: String,
    /// Told by the gate, once it knows.
    actor: OnceLock<(UserId, Option<KeyId>)>,
}

impl Origin {
    /// A request.
    pub fn request(request: RequestId, address: IpAddr, agent: &str) -> Arc<Self> {
        let agent = agent.chars().filter(|c| !c.is_control()).take(AGENT_MAX).collect();
        Self::of(Via::Request, Some(request), masked(address), agent)
    }

    /// A command.
    pub fn shell() -> Arc<Self> {
        Self::of(Via::Shell, None, String::new(), String::new())
    }

    fn of(via: Via, request: Option<RequestId>, address: String, agent: String) -> Arc<Self> {
        Arc::new(Self { via, request, address, agent, actor: OnceLock::new() })
    }

    /// That of the task which asks; the server itself where nothing else was said.
    pub fn current() -> Arc<Self> {
        CURRENT
            .try_with(Arc::clone)
            .unwrap_or_else(|_| Self::of(Via::Server, None, String::new(), String::new()))
    }

    /// Runs `future` as something that comes from here.
    pub fn scope<F: Future>(self: Arc<Self>, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// Remembers who it turned out to be.
    pub fn is_by(user: UserId, key: Option<KeyId>) {
        // Outside any request there is nobody to remember it.
        let _outside = CURRENT.try_with(|origin| origin.actor.set((user, key)));
    }

    pub(super) fn actor(&self) -> Option<(UserId, Option<KeyId>)> {
        self.actor.get().copied()
    }
}

/// The network of an address: without the last octet, or past the first 48 bits. By it an attack is recognised, and nobody is found.
fn masked(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:x")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_request_is_reaches_what_it_calls_and_nothing_else() {
        let id = RequestId::new();
        let request = Origin::request(id, "::ffff:192.0.2.77".parse().unwrap(), "curl\n\u{1b}[2J/8");
        let seen = request.scope(async {
            Origin::is_by(UserId(id.0), None);
            Origin::current()
        });
        let seen = seen.await;
        assert_eq!((seen.via, seen.request), (Via::Request, Some(id)));
        assert_eq!((seen.address.as_str(), seen.agent.as_str()), ("192.0.2.x", "curl[2J/8"));
        assert_eq!(seen.actor(), Some((UserId(id.0), None)));
        Origin::is_by(UserId(id.0), None);
        assert_eq!((Origin::current().via, Origin::current().actor()), (Via::Server, None));
    }
}
