/**
 * Wire types of accounts that `schema.ts` does not have yet. Each goes when the generated one is there: this file is
 * the only place that names them, and `account.ts` the only one that calls their operations.
 */
import type { User } from "./wire";

export type Role = User["role"];

export type FactorMethod = "totp" | "recovery_code" | "passkey";

/** Members of a 401 `second_factor_required`. */
export interface SecondFactorNeeded {
  methods: FactorMethod[];
  flow: string;
}

export interface Providers {
  items: { id: string; name: string }[];
  passkeys: boolean;
}

export interface DeviceSession {
  id: string;
  current: boolean;
  /** Such as "Firefox on Linux". */
  agent: string | null;
  /** Masked. */
  address: string | null;
  how: "password" | "passkey" | "oidc";
  created_at: string;
  last_seen_at: string;
  expires_at: string;
}

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

export interface TwoFactor {
  totp: boolean;
  recovery_codes_left: number;
  passkeys: Passkey[];
  /** The role may do nothing without one. */
  required: boolean;
}

export interface TotpSecret {
  /** Base32. */
  secret: string;
  uri: string;
}

export interface RecoveryCodes {
  recovery_codes: string[];
}

/** Codes come with the first factor only. */
export interface TotpConfirmed {
  recovery_codes?: string[] | null;
}

export interface PasskeyMade extends Passkey {
  recovery_codes?: string[] | null;
}

/** The first half of a ceremony; `options` is for `parse…OptionsFromJSON`. */
export interface Ceremony {
  flow: string;
  options: unknown;
}

export const KEY_SCOPES = ["chat", "read", "admin"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export interface ApiKey {
  id: string;
  name: string;
  /** Such as "jrv_ab12". */
  prefix: string;
  scopes: KeyScope[];
  addresses: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface NewApiKey {
  name: string;
  scopes: KeyScope[];
  expires_in_days?: number;
  addresses?: string[];
}

export interface ApiKeyMade extends ApiKey {
  key: string;
}

export interface Identity {
  id: string;
  issuer: string;
  /** Its id; null when the server does not offer it any more. */
  provider: string | null;
  label: string;
  created_at: string;
}

/** Through whom one may sign in, and whether with a password too. */
export interface Identities extends Listed<Identity> {
  has_password: boolean;
}

export interface Person extends User {
  sessions: number;
  /** Too many wrong passwords: waits. */
  locked?: boolean;
}

export interface People {
  items: Person[];
  next: string | null;
}

export interface Invite {
  id: string;
  email: string | null;
  role: Role;
  created_at: string;
  expires_at: string;
  used_at?: string | null;
}

export interface NewInvite {
  role: Role;
  email?: string;
  expires_in_days?: number;
}

export interface InviteMade extends Invite {
  code: string;
  link: string;
}

export interface NewAccount {
  username: string;
  email: string;
  password: string;
  setup_code?: string;
  invite?: string;
}

export interface Listed<T> {
  items: T[];
}
