//! Who may look after whom. Pure: the roles are read by the caller, in the transaction that acts on them.

use super::Role;

/// Whether somebody of role `actor` may change, disable, sign out or delete an account of role `target` that is not their own.
pub fn may_manage(actor: Role, target: Role) -> bool {
    match actor {
        Role::Superuser => true,
        Role::Admin => target < Role::Admin,
        Role::User => false,
    }
}

/// Whether somebody of role `actor` may give `role` to another account, or an invitation to it.
pub fn may_grant(actor: Role, role: Role) -> bool {
    match actor {
        Role::Superuser => true,
        Role::Admin => role < Role::Admin,
        Role::User => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Admin, Superuser, User};

    #[test]
    fn an_admin_looks_after_users_and_a_superuser_after_everybody() {
        let managed = |actor| [User, Admin, Superuser].map(|target| may_manage(actor, target));
        assert_eq!(managed(User), [false, false, false]);
        assert_eq!(managed(Admin), [true, false, false]);
        assert_eq!(managed(Superuser), [true, true, true]);
    }

    #[test]
    fn nobody_gives_as_much_as_they_have_but_a_superuser() {
        let granted = |actor| [User, Admin, Superuser].map(|role| may_grant(actor, role));
        assert_eq!(granted(User), [false, false, false]);
        assert_eq!(granted(Admin), [true, false, false]);
        assert_eq!(granted(Superuser), [true, true, true]);
    }
}
