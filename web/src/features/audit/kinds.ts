import type { AuditKind } from "../../api/audit";

export const GROUPS = ["entry", "accounts", "protection", "refused", "looked", "server"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Record<AuditKind, Group> = {
  sign_in: "entry",
  sign_in_failed: "entry",
  second_factor_failed: "entry",
  recovery_code_used: "entry",
  proved: "entry",
  proof_failed: "entry",
  provider_refused: "entry",
  refresh_replayed: "entry",
  sign_out: "entry",
  sessions_revoked: "entry",
  setup_claimed: "accounts",
  account_made: "accounts",
  account_deleted: "accounts",
  account_disabled: "accounts",
  account_enabled: "accounts",
  role_changed: "accounts",
  email_changed: "accounts",
  invite_made: "accounts",
  invite_used: "accounts",
  invite_revoked: "accounts",
  password_changed: "protection",
  factor_added: "protection",
  factor_removed: "protection",
  factors_reset: "protection",
  recovery_codes_renewed: "protection",
  key_made: "protection",
  keys_revoked: "protection",
  identity_linked: "protection",
  identity_unlinked: "protection",
  limit_reached: "refused",
  input_refused: "refused",
  origin_refused: "refused",
  host_refused: "refused",
  access_refused: "refused",
  people_read: "looked",
  invites_read: "looked",
  audit_read: "looked",
  audit_exported: "looked",
  server_started: "server",
  server_stopped: "server",
  events_dropped: "server",
  history_lost: "server",
};

const KINDS = Object.keys(GROUP_OF) as AuditKind[];

/** Somebody holds what they should not have, or a part of the trail is missing: a person must look. */
const ALARMS: readonly AuditKind[] = ["refresh_replayed", "events_dropped", "history_lost"];

export const isAlarm = (kind: AuditKind): boolean => ALARMS.includes(kind);

/** False for a kind that a newer server knows and this page does not. */
export const isKnown = (word: string): word is AuditKind => Object.hasOwn(GROUP_OF, word);

export const isGroup = (word: string): word is Group => (GROUPS as readonly string[]).includes(word);

export const kindsIn = (group: Group): AuditKind[] => KINDS.filter((kind) => GROUP_OF[kind] === group);

/** Every look at the trail is an event too: this very page would fill its own list. */
const BUT_READING = KINDS.filter((kind) => kind !== "audit_read");

/** The kinds behind a choice: `all`, a group, one kind; else everything but reading the trail. None is any. */
export function kindsFor(what: string | undefined): AuditKind[] {
  if (what === "all") return [];
  if (what !== undefined && isGroup(what)) return kindsIn(what);
  if (what !== undefined && isKnown(what)) return [what];
  return BUT_READING;
}
