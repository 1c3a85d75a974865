//! What every operation asks of its caller: written by hand, beside the code that decides it, so that a new route has to be thought about.

/// The columns:
/// - who: `anybody`, `member` (anybody who is signed in), `admin` (or superuser), `bearer` (it looks after its own credential);
/// - proof: `recent` where who is there must have been proved in the last five minutes;
/// - key: the scope with which an API key may call it, `-` where none may;
/// - enrol: `yes` where somebody may call it who must enrol a second factor first;
/// - object: whose thing `{id}` names.
const TABLE: &str = "
    operation                                  who      proof   key    enrol  object

    GET     /health                            anybody  -       -      -      -
    GET     /health/live                       anybody  -       -      -      -
    GET     /health/ready                      anybody  -       -      -      -
    GET     /metrics                           anybody  -       -      -      -

    GET     /auth/setup                        anybody  -       -      -      -
    GET     /auth/providers                    anybody  -       -      -      -
    POST    /auth/register                     anybody  -       -      -      -
    POST    /auth/login                        anybody  -       -      -      -
    POST    /auth/refresh                      bearer   -       -      -      -
    POST    /auth/logout                       anybody  -       -      -      -

    POST    /auth/token                        anybody  -       -      -      -

    GET     /auth/oidc/{provider}/start        anybody  -       -      -      -
    GET     /auth/oidc/{provider}/callback     anybody  -       -      -      -
    POST    /auth/oidc/{provider}/join         anybody  -       -      -      -
    POST    /auth/oidc/finish                  anybody  -       -      -      -
    POST    /auth/oidc/{provider}/link         member   recent  -      -      -
    POST    /auth/oidc/{provider}/prove        member   -       -      yes    -
    GET     /auth/identities                   member   -       -      -      -
    DELETE  /auth/identities/{id}              member   recent  -      -      identity

    GET     /auth/me                           member   -       read   yes    -
    PATCH   /auth/me                           member   -       admin  -      -
    DELETE  /auth/me                           member   recent  -      -      -
    POST    /auth/password                     member   -       -      yes    -
    POST    /auth/prove                        member   -       -      yes    -
    GET     /auth/sessions                     member   -       -      -      -
    DELETE  /auth/sessions                     member   -       -      -      -
    DELETE  /auth/sessions/{id}                member   -       -      -      session
    GET     /auth/2fa                          member   -       -      yes    -
    POST    /auth/2fa/totp                     member   recent  -      yes    -
    POST    /auth/2fa/totp/confirm             member   -       -      yes    -
    DELETE  /auth/2fa/totp                     member   recent  -      -      -
    POST    /auth/2fa/recovery-codes           member   recent  -      -      -
    POST    /auth/passkeys/login/start         anybody  -       -      -      -
    POST    /auth/passkeys/login/finish        anybody  -       -      -      -
    POST    /auth/passkeys/register/start      member   recent  -      yes    -
    POST    /auth/passkeys/register/finish     member   -       -      yes    -
    POST    /auth/passkeys/prove/start         member   -       -      -      -
    POST    /auth/passkeys/prove/finish        member   -       -      -      -
    PATCH   /auth/passkeys/{id}                member   -       -      -      passkey
    DELETE  /auth/passkeys/{id}                member   recent  -      -      passkey
    GET     /auth/keys                         member   -       -      -      -
    POST    /auth/keys                         member   recent  -      -      -
    DELETE  /auth/keys                         member   recent  -      -      -
    DELETE  /auth/keys/{id}                    member   recent  -      -      key

    GET     /models                            member   -       read   -      -
    POST    /chat                              member   -       chat   -      -
    GET     /conversations                     member   -       read   -      -
    POST    /conversations                     member   -       chat   -      -
    GET     /conversations/{id}                member   -       read   -      conversation
    PATCH   /conversations/{id}                member   -       chat   -      conversation
    DELETE  /conversations/{id}                member   -       chat   -      conversation
    GET     /conversations/{id}/messages       member   -       read   -      conversation
    POST    /conversations/{id}/messages       member   -       chat   -      conversation
    POST    /conversations/{id}/stop           member   -       chat   -      conversation
    POST    /conversations/{id}/regenerate     member   -       chat   -      conversation

    GET     /admin/users                       admin    -       admin  -      -
    GET     /admin/users/{id}                  admin    -       admin  -      person
    PATCH   /admin/users/{id}                  admin    recent  -      -      person
    DELETE  /admin/users/{id}                  admin    recent  -      -      person
    POST    /admin/users/{id}/reset-2fa        admin    recent  -      -      person
    DELETE  /admin/users/{id}/sessions         admin    -       admin  -      person
    GET     /admin/invites                     admin    -       admin  -      -
    POST    /admin/invites                     admin    recent  -      -      -
    DELETE  /admin/invites/{id}                admin    -       admin  -      invite
    GET     /admin/audit                       admin    -       admin  -      -
    GET     /admin/audit/export                admin    -       admin  -      -
    GET     /admin/audit/status                admin    -       admin  -      -
";

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) method: reqwest::Method,
    pub(super) path: &'static str,
    pub(super) who: Who,
    pub(super) recent: bool,
    /// The scope that opens it to a key.
    pub(super) key: Option<&'static str>,
    pub(super) enrolling: bool,
    pub(super) object: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    Bearer,
    Member,
    Admin,
}

pub(super) fn table() -> Vec<Expected> {
    let rows = TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|cells| cells.len() > 1 && cells[0] != "operation").map(|cells| row(&cells)).collect()
}

fn row(cells: &[&'static str]) -> Expected {
    let &[method, path, who, proof, key, enrol, object] = cells else { panic!("{cells:?}") };
    let named = |cell: &'static str| (cell != "-").then_some(cell);
    let yes = |cell: &str, word: &str| match cell {
        "-" => false,
        cell if cell == word => true,
        other => panic!("{other} in {cells:?}"),
    };
    let who = match who {
        "anybody" => Who::Anybody,
        "bearer" => Who::Bearer,
        "member" => Who::Member,
        "admin" => Who::Admin,
        other => panic!("{other} in {cells:?}"),
    };
    Expected {
        method: method.parse().unwrap(),
        path,
        who,
        recent: yes(proof, "recent"),
        key: named(key),
        enrolling: yes(enrol, "yes"),
        object: named(object),
    }
}
