import type { Person, Role } from "../../api/account-wire";
import type { User } from "../../api/wire";

const RANK: Record<Role, number> = { user: 0, admin: 1, superuser: 2 };
const ROLES: readonly Role[] = ["user", "admin", "superuser"];

/** The server decides; this only keeps the page from offering what it would refuse. */
export function mayManage(me: User, person: Person): boolean {
  if (me.id === person.id) return false;
  return me.role === "superuser" || RANK[person.role] < RANK[me.role];
}

/** An admin makes users; a superuser makes anybody. */
export function grantableRoles(me: User): readonly Role[] {
  if (me.role === "superuser") return ROLES;
  return me.role === "admin" ? ["user"] : [];
}
