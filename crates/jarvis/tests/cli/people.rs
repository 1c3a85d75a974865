//! `jarvis user list|disable|enable|reset-2fa|set-role|end-sessions`, beside a server that runs and without one.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::process::{Home, PASSWORD, PATIENCE, Server, Told};

const DATA: i32 = 65;

fn add(home: &Home, name: &str, role: &str) {
    assert_eq!(home.add(name, &["--role", role, "--password-stdin"], PASSWORD).code, 0, "{name}");
}

fn user(home: &Home, words: &[&str]) -> Told {
    home.run(&[&["user"], words].concat(), &[], "")
}

fn said(told: &Told, line: &str) {
    assert_eq!(
        (told.code, told.out.as_str(), told.err.as_str()),
        (0, format!("{line}\n").as_str(), ""),
        "{told:?}"
    );
}

fn refused(told: &Told, line: &str) {
    assert_eq!((told.code, told.out.as_str()), (DATA, ""), "{told:?}");
    assert_eq!(told.err, format!("{line}\n"));
}

#[test]
fn accounts_are_listed_a_line_each() {
    let home = Home::new();
    assert_eq!(user(&home, &["list"]).out, "");
    add(&home, "root", "superuser");
    add(&home, "ada", "user");
    said(&user(&home, &["disable", "ada"]), "ada is disabled and signed out everywhere.");
    let told = user(&home, &["list"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(
        lines,
        ["ada\tuser\tdisabled\t-\tada@example.org\t0", "root\tsuperuser\tactive\t-\troot@example.org\t0"]
    );
    assert_eq!(user(&home, &["list", "--search", "ROO"]).out.lines().count(), 1);
    assert_eq!(user(&home, &["list", "--search", "%"]).out, "");
    let told = user(&home, &["list", "--search", &"x".repeat(101)]);
    assert_eq!((told.code, told.err.lines().count()), (DATA, 1), "{told:?}");
}

#[tokio::test]
async fn roles_and_states_change_from_the_shell() {
    let home = Home::new();
    add(&home, "root", "superuser");
    add(&home, "ada", "user");
    said(&user(&home, &["set-role", "ADA@example.org", "admin"]), "ada is now admin.");
    said(&user(&home, &["disable", "Ada"]), "ada is disabled and signed out everywhere.");
    let server = home.serve(&[("REQUIRE_2FA", "none")]);
    assert_eq!(server.login("ada", PASSWORD).await.0, 401);
    said(&user(&home, &["enable", "ada"]), "ada can sign in.");
    let (status, body) = server.login("ada", PASSWORD).await;
    assert_eq!((status, body["user"]["role"].as_str()), (200, Some("admin")));
}

#[test]
fn nobody_by_that_name_is_said_plainly() {
    let home = Home::new();
    add(&home, "root", "superuser");
    for words in [
        &["disable", "ada"][..],
        &["enable", "ada"],
        &["reset-2fa", "ada"],
        &["end-sessions", "ada"],
        &["set-role", "ada", "admin"],
    ] {
        refused(&user(&home, words), "Nobody has the name or the e-mail address `ada`.");
    }
    refused(&user(&home, &["disable", "%"]), "Nobody has the name or the e-mail address `%`.");
    // What somebody pasted does not reach the terminal as it is.
    refused(
        &user(&home, &["disable", "a\u{1b}[2Jb"]),
        "Nobody has the name or the e-mail address `a\\u{1b}[2Jb`.",
    );
    let told = user(&home, &["set-role", "root", "owner"]);
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{told:?}");
}

#[test]
fn the_last_superuser_stays() {
    let home = Home::new();
    add(&home, "root", "superuser");
    let line = "This is the last active superuser. Make another one first: jarvis user set-role";
    refused(&user(&home, &["disable", "root"]), line);
    refused(&user(&home, &["set-role", "root", "admin"]), line);
    said(&user(&home, &["set-role", "root", "superuser"]), "root is now superuser.");
    add(&home, "ada", "superuser");
    said(&user(&home, &["disable", "root"]), "root is disabled and signed out everywhere.");
    refused(&user(&home, &["disable", "ada"]), line);
}

/// The token of a new session, and a socket that it opened.
async fn signed_in(server: &Server, name: &str) -> (String, impl AsyncFnOnce() -> u16) {
    let (status, body) = server.login(name, PASSWORD).await;
    assert_eq!(status, 200, "{body}");
    let token = body["access_token"].as_str().unwrap().to_owned();
    let url = format!("{}/ws", server.base().replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let hello = socket.next().await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("connected"));
    let closed = async move || loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("the socket stays open") {
            Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    (token, closed)
}

#[tokio::test]
async fn what_is_open_on_the_server_closes_when_the_shell_ends_it() {
    let home = Home::new();
    add(&home, "root", "superuser");
    add(&home, "ada", "user");
    let server = home.serve(&[("REQUIRE_2FA", "none")]);
    for (words, line) in [
        (&["end-sessions", "ada"][..], "ada is signed out everywhere."),
        (&["end-sessions", "ada", "--keys"], "ada is signed out everywhere and has no API key any more."),
        (&["reset-2fa", "ada"], "ada has no second factor any more and is signed out everywhere."),
        (&["set-role", "ada", "admin"], "ada is now admin."),
        (&["disable", "ada"], "ada is disabled and signed out everywhere."),
    ] {
        let (token, closed) = signed_in(&server, "ada").await;
        let (root, _kept) = signed_in(&server, "root").await;
        said(&user(&home, words), line);
        let ended = Instant::now();
        assert_eq!(closed().await, 4403, "{words:?}");
        assert!(ended.elapsed() < Duration::from_secs(1), "{words:?}: {:?}", ended.elapsed());
        assert_eq!(server.get("/auth/me", &token).await, 401, "{words:?}");
        assert_eq!(server.get("/auth/me", &root).await, 200, "{words:?}");
    }
}

#[test]
fn a_name_that_begins_like_an_option_is_a_name() {
    // Accounts of earlier versions may have one.
    let home = Home::new();
    for words in [
        &["user", "disable", "-ada"][..],
        &["user", "enable", "--ada"],
        &["user", "reset-2fa", "-ada"],
        &["user", "set-role", "--ada", "admin"],
        &["user", "end-sessions", "-ada", "--keys"],
    ] {
        let told = home.run(words, &[], "");
        assert_eq!((told.code, told.out.as_str()), (DATA, ""), "{words:?}: {told:?}");
        assert!(told.plain().concat().contains("Nobody has the name"), "{words:?}: {told:?}");
    }
}
