//! `jarvis user add`.

use crate::process::{Home, PASSWORD};

const DATA: i32 = 65;

#[tokio::test]
async fn an_account_is_made_with_the_password_from_standard_input() {
    let home = Home::new();
    for (name, input) in
        [("ada", PASSWORD.to_owned()), ("bob", format!("{PASSWORD}\n")), ("cleo", format!("{PASSWORD}\r\n"))]
    {
        let told = home.add(name, &["--password-stdin"], &input);
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
        assert_eq!(told.out, format!("Made {name} (user).\n"));
    }
    let server = home.serve(&[]);
    for name in ["ada", "bob", "cleo"] {
        let (status, body) = server.login(name, PASSWORD).await;
        assert_eq!((status, body["user"]["role"].as_str()), (200, Some("user")), "{name}");
    }
}

#[tokio::test]
async fn a_generated_password_is_printed_once_and_works() {
    let home = Home::new();
    let told = home.add("ada", &["--role", "superuser"], "");
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "Made ada (superuser)."));
    let password = lines[1].strip_prefix("Password, shown this once: ").unwrap();
    assert!(password.len() >= 20, "{password}");
    let other = home.add("bob", &[], "").out;
    assert!(!other.contains(password));
    let server = home.serve(&[]);
    let (status, body) = server.login("ada", password).await;
    assert_eq!((status, body["user"]["role"].as_str()), (200, Some("superuser")));
    assert_eq!(server.login("ada", PASSWORD).await.0, 401);
}

#[test]
fn a_name_or_an_address_that_is_taken_is_said_plainly() {
    let home = Home::new();
    assert_eq!(home.add("ada", &["--password-stdin"], PASSWORD).code, 0);
    let told = home.add("ADA", &["--password-stdin"], PASSWORD);
    assert_eq!((told.code, told.out.as_str()), (DATA, ""), "{told:?}");
    assert_eq!(told.err, "username: this name is taken\n");
    let words = ["user", "add", "--username", "bob", "--email", "Ada@example.org"];
    let told = home.run(&words, &[], "");
    assert_eq!((told.code, told.out.as_str()), (DATA, ""), "{told:?}");
    assert_eq!(told.err, "email: there is an account with this address already\n");
}

#[test]
fn each_fault_of_an_account_is_a_plain_line() {
    let home = Home::new();
    for (input, advice) in [
        ("short", "at least 15"),
        ("", "at least 15"),
        ("\n", "at least 15"),
        ("aaaaaaaaaaaaaaaaaaaaaa", "repetition"),
        (&"x".repeat(5000), "at most 128"),
    ] {
        let told = home.add("ada", &["--password-stdin"], input);
        assert_eq!((told.code, told.out.as_str()), (DATA, ""), "{told:?}");
        assert_eq!(told.err.lines().count(), 1, "{}", told.err);
        assert!(told.err.starts_with("password: ") && told.err.contains(advice), "{}", told.err);
    }
    let words = ["user", "add", "--username", "a", "--email", "nobody", "--password-stdin"];
    let told = home.run(&words, &[], "short");
    assert_eq!(told.code, DATA);
    let fields: Vec<&str> = told.err.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(fields, ["username", "email", "password"]);
    let told = home.run(
        &["user", "add", "--username", "ada", "--email", "a@b.org", "--password-stdin"],
        &[],
        b"\xff\xfe",
    );
    assert_eq!((told.code, told.err.lines().count()), (DATA, 1), "{told:?}");
}

#[tokio::test]
async fn accounts_can_be_made_while_the_server_runs() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert!(server.setup_code().is_some());
    assert_eq!(home.add("ada", &["--role", "superuser", "--password-stdin"], PASSWORD).code, 0);
    let (status, body) = server.login("ada", PASSWORD).await;
    assert_eq!((status, body["user"]["role"].as_str()), (200, Some("superuser")));
    // The set-up link that was printed before is worth nothing any more.
    let late = serde_json::json!({"email": "eve@example.org", "username": "eve", "password": PASSWORD, "setup_code": server.setup_code()});
    let (status, body) = server.post("/auth/register", late).await;
    assert_eq!((status, body["code"].as_str()), (409, Some("setup_done")));
}
