//! Who may make an account, and of what.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

fn account(name: &str) -> Value {
    json!({"email": format!("{name}@example.org"), "username": name, "password": PASSWORD})
}

/// The account with one field changed; `Null` stays null, [`gone`] removes.
fn with(field: &str, value: Value) -> Value {
    let mut body = account("bob");
    body[field] = value;
    body
}

fn gone(field: &str) -> Value {
    let mut body = account("bob");
    body.as_object_mut().unwrap().remove(field);
    body
}

#[tokio::test]
async fn the_set_up_code_makes_the_owner_and_then_nobody() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let with_code = |code: &str, name: &str| {
        let mut body = account(name);
        body["setup_code"] = code.into();
        body
    };
    assert_eq!(stranger.get("/auth/setup").await.json["setup_required"], true);
    let code = app.app.accounts.setup_code().await.unwrap().unwrap().expose().clone();
    let wrong = stranger.post("/auth/register", with_code("AAAA-BBBB-CCCC-DDDD-EEEE", "eve")).await;
    assert_eq!(wrong.problem(), (403, "setup_code_invalid"));
    // Registration is open in development, but a stranger is not first.
    let first = stranger.post("/auth/register", account("eve")).await;
    assert_eq!(first.problem(), (403, "registration_closed"));

    let owner = stranger.post("/auth/register", with_code(&code, "ada")).await;
    assert_eq!((owner.status, owner.json["role"].as_str()), (201, Some("superuser")), "{}", owner.text);
    assert_eq!(stranger.get("/auth/setup").await.json["setup_required"], false);
    let again = stranger.post("/auth/register", with_code(&code, "eve")).await;
    assert_eq!(again.problem(), (409, "setup_done"));
    let second = stranger.post("/auth/register", account("eve")).await;
    assert_eq!((second.status, second.json["role"].as_str()), (201, Some("user")));
    app.stop().await;
}

#[tokio::test]
async fn two_people_with_the_set_up_link_make_one_owner() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let code = app.app.accounts.setup_code().await.unwrap().unwrap().expose().clone();
    let register = async |name: &str| {
        let mut body = account(name);
        body["setup_code"] = code.as_str().into();
        stranger.post("/auth/register", body).await
    };
    let (one, two) = tokio::join!(register("ada"), register("eve"));
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [201, 409], "{} {}", one.text, two.text);
    let loser = if one.status == 409 { one } else { two };
    assert_eq!(loser.problem(), (409, "setup_done"));
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM users").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn without_an_invitation_nobody_registers_where_registration_is_not_open() {
    for mode in ["invite", "closed"] {
        let app = TestApp::start_with(&[("REGISTRATION", mode)]).await;
        app.ada().await;
        let stranger = app.stranger();
        assert_eq!(stranger.get("/auth/setup").await.json["registration"], mode);
        let reply = stranger.post("/auth/register", account("bob")).await;
        assert_eq!(reply.problem(), (403, "registration_closed"), "{mode}");
        assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM users").await, 1);
        app.stop().await;
    }
}

#[tokio::test]
async fn each_fault_of_a_field_is_named_and_nothing_is_made() {
    let app = TestApp::start().await;
    app.ada().await;
    let stranger = app.stranger();
    let mut cases = Vec::new();
    for field in ["username", "email", "password"] {
        cases.push((field, gone(field)));
        for value in [Value::Null, json!(7), json!(true), json!(["bob"]), json!({"$ne": null}), json!("")] {
            cases.push((field, with(field, value)));
        }
    }
    for name in
        ["ab", &"b".repeat(51), "bo b", "bo\nb", "bo\u{0}b", "bоb", "bob\u{200b}", "ｂｏｂ", "../bob", "bób"]
    {
        cases.push(("username", with("username", name.into())));
    }
    let long = format!("{}@example.org", "b".repeat(65));
    let longer = format!("bob@{}org", "example.".repeat(40));
    for email in [
        "bob",
        "bob@",
        "@b.org",
        "bob@b..org",
        "bob@b.org\r\nbcc: x",
        "bоb@b.org",
        "b\u{0}b@b.org",
        &long,
        &longer,
    ] {
        cases.push(("email", with("email", email.into())));
    }
    for extra in ["role", "is_active", "is_verified", "id", "invite_code", "Password"] {
        cases.push((extra, with(extra, "superuser".into())));
    }
    cases.push(("setup_code", with("setup_code", json!(7))));
    for (field, body) in cases {
        let reply = stranger.post("/auth/register", body.clone()).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{body}");
        let errors = reply.json["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{body}: {errors:?}");
        assert_eq!(errors[0]["field"], field, "{body}: {errors:?}");
        assert!(errors[0]["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}: {errors:?}");
    }
    for body in [json!([]), json!(null), json!("bob"), json!(7)] {
        assert_eq!(stranger.post("/auth/register", body).await.problem(), (422, "invalid"));
    }
    let twice =
        r#"{"username":"bob","username":"bob","email":"b@b.org","password":"lantern orchard winter 42"}"#;
    let request = stranger.request(reqwest::Method::POST, "/auth/register");
    let request = request.header("content-type", "application/json").body(twice);
    assert_eq!(crate::support::Client::send(request).await.problem(), (422, "invalid"));
    assert_eq!(app.count("SELECT CAST(COUNT(*) AS BIGINT) FROM users").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn the_faults_of_several_fields_come_together() {
    let app = TestApp::start().await;
    app.ada().await;
    let body = json!({"email": "nobody", "username": "x", "password": "short"});
    let reply = app.stranger().post("/auth/register", body).await;
    assert_eq!(reply.problem(), (422, "invalid"));
    let errors = reply.json["errors"].as_array().unwrap();
    let found: BTreeSet<_> = errors
        .iter()
        .map(|fault| (fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    let expected =
        [("email", "email_invalid"), ("password", "password_too_short"), ("username", "username_invalid")];
    assert_eq!(found, BTreeSet::from(expected));
    app.stop().await;
}

#[tokio::test]
async fn a_password_that_is_guessed_first_is_refused() {
    let app = TestApp::start().await;
    app.ada().await;
    let cases = [
        ("lantern orchard".to_owned() + &"x".repeat(114), "password_too_long"),
        ("lantern orchar".to_owned(), "password_too_short"),
        ("é".repeat(14), "password_too_short"),
        ("aaaaaaaaaaaaaaaaaaaa".to_owned(), "password_pattern"),
        ("qwertyuiop123456".to_owned(), "password_pattern"),
        ("passwordpassword1".to_owned(), "password_common"),
        ("bob.builder jarvis 1".to_owned(), "password_personal"),
    ];
    for (password, code) in cases {
        let body = json!({"email": "builder@example.org", "username": "bob", "password": password});
        let reply = app.stranger().post("/auth/register", body).await;
        assert_eq!(reply.problem(), (422, "invalid"), "{password}");
        assert_eq!(reply.json["errors"][0]["field"], "password", "{password}");
        assert_eq!(reply.json["errors"][0]["code"], code, "{password}");
        assert!(!reply.text.contains(&password), "{}", reply.text);
    }
    let longest = "lantern orchard winter violet harbour thimble copper meadow \
                   glacier saddle pepper willow anchor basil marble candle feather";
    let longest = format!("{longest:é<128}");
    let body = json!({"email": "bob@example.org", "username": "bob", "password": longest});
    assert_eq!(app.stranger().post("/auth/register", body).await.status, 201);
    // All of it counts, to the last character.
    let cut: String = longest.chars().take(127).collect();
    for (password, status) in [(&longest, 200), (&cut, 401), (&format!("{cut}è"), 401)] {
        let body = json!({"username": "bob", "password": password});
        assert_eq!(app.stranger().post("/auth/login", body).await.status, status);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_name_or_an_address_that_is_taken_is_taken_in_any_case() {
    let app = TestApp::start().await;
    app.ada().await;
    let stranger = app.stranger();
    for (email, username, code) in [
        ("new@example.org", "ada", "username_taken"),
        ("new@example.org", "ADA", "username_taken"),
        ("ada@example.org", "bob", "email_taken"),
        ("Ada@EXAMPLE.org", "bob", "email_taken"),
    ] {
        let body = json!({"email": email, "username": username, "password": PASSWORD});
        assert_eq!(stranger.post("/auth/register", body).await.problem(), (409, code), "{email} {username}");
    }
    app.stop().await;
}

#[tokio::test]
async fn of_many_who_ask_at_once_for_one_address_or_name_each_is_told_which_was_taken() {
    let app = TestApp::start().await;
    app.ada().await;
    for round in 0..4 {
        for (field, code) in [("email", "email_taken"), ("username", "username_taken")] {
            let stranger = app.stranger();
            let asks = (0..4).map(|number| {
                let mut body = account(&format!("guest-{field}-{round}-{number}"));
                body[field] = account(&format!("shared-{field}-{round}"))[field].clone();
                stranger.post("/auth/register", body)
            });
            let replies = futures_util::future::join_all(asks).await;
            let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 201).collect();
            assert_eq!(refused.len(), 3, "{replies:?}");
            for reply in refused {
                assert_eq!(reply.problem(), (409, code));
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn an_account_shows_what_it_should_and_nothing_of_its_password() {
    let app = TestApp::start().await;
    app.ada().await;
    let made = app.stranger().post("/auth/register", account("Bob_1")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let keys: BTreeSet<&str> = made.json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "id",
        "email",
        "username",
        "role",
        "is_active",
        "is_verified",
        "created_at",
        "last_login",
        "two_factor",
        "preferences",
    ];
    assert_eq!(keys, BTreeSet::from(expected));
    assert_eq!(made.json["username"], "Bob_1");
    assert_eq!((&made.json["role"], &made.json["is_verified"]), (&json!("user"), &json!(false)));
    assert_eq!(made.json["last_login"], Value::Null);
    assert!(made.cookies().is_empty());

    let bob = app.sign_in("bob_1").await;
    let me = bob.get("/auth/me").await;
    assert!(me.json["last_login"].is_string(), "{}", me.text);
    let number = json!({"username": "bob_1", "password": 4815162342108_u64});
    let wrong = app.stranger().post("/auth/login", number).await;
    for reply in [made, me, wrong] {
        for secret in [PASSWORD, "4815162342108", "argon2", "jrt_", "hash"] {
            assert!(!reply.text.contains(secret), "{secret}: {}", reply.text);
        }
    }
    app.stop().await;
}
