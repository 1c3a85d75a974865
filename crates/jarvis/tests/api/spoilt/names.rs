//! Names and addresses that look like somebody else's.

use jarvis::users::Role;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, Reply, TestApp};

/// Who is there already.
const NAME: &str = "Admin_Paypal";
const EMAIL: &str = "Kiss.Oli@Example.org";

/// Not letters of ASCII, however they look.
const LOOK_ALIKES: [(&str, &str); 29] = [
    ("an option of a command", "--help"),
    ("a Cyrillic a", "\u{410}dmin_Paypal"),
    ("a Cyrillic small a", "Admin_P\u{430}ypal"),
    ("a Greek capital alpha", "\u{391}dmin_Paypal"),
    ("a Greek iota", "Adm\u{3b9}n_Paypal"),
    ("a Ukrainian i", "Adm\u{456}n_Paypal"),
    ("an Armenian letter", "Admi\u{578}_Paypal"),
    ("a Cherokee letter", "\u{13aa}dmin_Paypal"),
    ("a full-width letter", "\u{ff21}dmin_Paypal"),
    ("full width", "\u{ff21}\u{ff44}\u{ff4d}\u{ff49}\u{ff4e}\u{ff3f}\u{ff30}aypal"),
    ("a mathematical letter", "\u{1d400}dmin_Paypal"),
    ("a circled letter", "\u{24b6}dmin_Paypal"),
    ("a small capital", "Adm\u{26a}n_Paypal"),
    ("a dotless i", "Adm\u{131}n_Paypal"),
    ("a capital dotted I", "ADM\u{130}N_PAYPAL"),
    ("a mark that stands alone", "Admin_Pa\u{301}ypal"),
    ("the same composed", "Admin_P\u{e1}ypal"),
    ("a zero-width space", "Admin\u{200b}_Paypal"),
    ("a zero-width joiner", "Admin_Pay\u{200d}pal"),
    ("a word joiner", "Admin_Paypal\u{2060}"),
    ("a soft hyphen", "Admin_Pay\u{ad}pal"),
    ("a byte order mark", "\u{feff}Admin_Paypal"),
    ("a mark that turns", "\u{202e}lapyaP_nimdA"),
    ("a variation selector", "Admin_Paypal\u{fe0f}"),
    ("a tag", "Admin_Paypal\u{e0061}"),
    ("a full-width underscore", "Admin\u{ff3f}Paypal"),
    ("a Hangul filler", "Admin_Paypal\u{3164}"),
    ("a NUL", "Admin_Paypal\0"),
    ("a space within", "Admin _Paypal"),
];
const ADDRESSES: [(&str, &str); 23] = [
    ("a Cyrillic o", "Kiss.\u{41e}li@Example.org"),
    ("a Greek omicron", "Kiss.\u{39f}li@Example.org"),
    ("a Kelvin sign", "\u{212a}iss.Oli@Example.org"),
    ("a long s", "Ki\u{17f}s.Oli@Example.org"),
    ("a sharp s", "Ki\u{df}.Oli@Example.org"),
    ("a capital sharp s", "KI\u{1e9e}.OLI@EXAMPLE.ORG"),
    ("a dotted I", "K\u{130}SS.OLI@EXAMPLE.ORG"),
    ("a dotless i", "K\u{131}ss.Oli@Example.org"),
    ("a ligature", "Kiss.Oli@Example.or\u{fb01}"),
    ("a full-width at", "Kiss.Oli\u{ff20}Example.org"),
    ("a full-width dot", "Kiss.Oli@Example\u{ff0e}org"),
    ("an ideographic stop", "Kiss.Oli@Example\u{3002}org"),
    ("a Cyrillic domain", "Kiss.Oli@\u{415}xample.org"),
    ("an e with a mark", "Kiss.Oli@E\u{301}xample.org"),
    ("a zero-width space", "Kiss.Oli\u{200b}@Example.org"),
    ("a mark that turns", "Kiss.Oli@Example.org\u{202e}"),
    ("a NUL", "Kiss.Oli@Example.org\0"),
    ("a line break", "Kiss.Oli@Example.org\r\nBcc: x@y.z"),
    ("quotes", "\"Kiss.Oli\"@Example.org"),
    ("a comment", "Kiss.Oli(x)@Example.org"),
    ("a name", "Kiss Oli <Kiss.Oli@Example.org>"),
    ("two at", "x@Kiss.Oli@Example.org"),
    ("a dot at the end", "Kiss.Oli@Example.org."),
];
/// The same person's, in other spellings.
const SAME_NAMES: [&str; 4] = ["admin_paypal", "ADMIN_PAYPAL", " Admin_Paypal ", "\u{a0}Admin_Paypal\n"];
const SAME_ADDRESSES: [&str; 3] = ["kiss.oli@example.org", "KISS.OLI@EXAMPLE.ORG", "\tKiss.Oli@Example.org "];

async fn set() -> (TestApp, Client) {
    let app = TestApp::start_with(&[("REGISTRATION", "open")]).await;
    let root = app.user("root", Role::Superuser).await;
    let password = jarvis_crypto::Secret::new(PASSWORD.to_owned());
    app.app.accounts.add(NAME, EMAIL, password, Role::Admin).await.unwrap();
    (app, root)
}

/// What registering from a network of its own comes to.
async fn registers(app: &TestApp, place: usize, username: &str, email: &str) -> Reply {
    let body = json!({"username": username, "email": email, "password": PASSWORD});
    app.stranger().from(&format!("127.4.{place}.1")).post("/auth/register", body).await
}

fn only_fault(reply: &Reply) -> (&Value, &Value) {
    let errors = reply.json["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{}", reply.text);
    (&errors[0]["field"], &errors[0]["code"])
}

#[tokio::test]
async fn nobody_can_look_like_somebody_else() {
    let (app, root) = set().await;
    for (place, (what, name)) in LOOK_ALIKES.into_iter().enumerate() {
        let reply = registers(&app, place, name, "new@example.org").await;
        assert_eq!(reply.problem(), (422, "invalid"), "{what}");
        assert_eq!(only_fault(&reply), (&json!("username"), &json!("username_invalid")), "{what}");
    }
    for (place, (what, email)) in ADDRESSES.into_iter().enumerate() {
        let fault = (&json!("email"), &json!("email_invalid"));
        let reply = registers(&app, 100 + place, "newcomer", email).await;
        assert_eq!((reply.problem(), only_fault(&reply)), ((422, "invalid"), fault), "{what}");
        // By no other way in either.
        let reply = root.patch("/auth/me", json!({"email": email})).await;
        assert_eq!((reply.problem(), only_fault(&reply)), ((422, "invalid"), fault), "{what}");
        let reply = root.post("/admin/invites", json!({"role": "user", "email": email})).await;
        assert_eq!((reply.problem(), only_fault(&reply)), ((422, "invalid"), fault), "{what}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM invites").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn another_spelling_of_a_name_is_the_same_name() {
    let (app, root) = set().await;
    for (place, name) in SAME_NAMES.into_iter().enumerate() {
        let reply = registers(&app, place, name, "new@example.org").await;
        assert_eq!(reply.problem(), (409, "username_taken"), "{name:?}");
    }
    for (place, email) in SAME_ADDRESSES.into_iter().enumerate() {
        let reply = registers(&app, 100 + place, "newcomer", email).await;
        assert_eq!(reply.problem(), (409, "email_taken"), "{email:?}");
        assert_eq!(root.patch("/auth/me", json!({"email": email})).await.problem(), (409, "email_taken"));
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_look_alike_signs_nobody_in() {
    let (app, _) = set().await;
    let forms = LOOK_ALIKES.iter().chain(&ADDRESSES).filter(|(what, _)| *what != "a name");
    for (place, (what, name)) in forms.enumerate() {
        let from = app.stranger().from(&format!("127.5.{place}.1"));
        let reply = from.post("/auth/login", json!({"username": name, "password": PASSWORD})).await;
        assert_eq!(reply.problem(), (401, "invalid_credentials"), "{what}");
    }
    for name in SAME_NAMES.into_iter().chain(SAME_ADDRESSES) {
        let reply = app.stranger().post("/auth/login", json!({"username": name, "password": PASSWORD})).await;
        assert_eq!(reply.json["user"]["username"], NAME, "{name:?}");
    }
    app.stop().await;
}
