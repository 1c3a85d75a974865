import type {
  ApiKey,
  ApiKeyMade,
  DeviceSession,
  Identities,
  Invite,
  InviteMade,
  Listed,
  NewAccount,
  NewApiKey,
  NewInvite,
  Passkey,
  People,
  Person,
  Providers,
  RecoveryCodes,
  Role,
  TotpConfirmed,
  TotpSecret,
  TwoFactor,
} from "./account-wire";
import { asApiError } from "./api-error";
import { api, unwrap } from "./client";
import type { User } from "./wire";

type Method = "get" | "post" | "patch" | "delete";

/** One operation that the generated types do not know yet. The path's parts are encoded by `at`. */
export function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const request = api.request as unknown as (
    method: Method,
    path: string,
    init: { body?: unknown },
  ) => Promise<{ data?: T; error?: unknown; response: Response }>;
  return unwrap(request(method, path, body === undefined ? {} : { body }));
}

function at(strings: TemplateStringsArray, ...parts: (string | number)[]): string {
  return String.raw({ raw: strings }, ...parts.map((part) => encodeURIComponent(part)));
}

export interface Credentials {
  username: string;
  password: string;
  otp?: string;
}

/** A server that knows no providers may know passkeys all the same: it says so when one is tried. */
function providersUnknown(cause: unknown): Providers {
  if (asApiError(cause).status === 404) return { items: [], passkeys: true };
  throw cause;
}

/** Where the browser goes to a provider. */
interface Way {
  url: string;
}

/** Before one is signed in. */
export const entrance = {
  providers: () => call<Providers>("get", "/auth/providers").catch(providersUnknown),
  logIn: (credentials: Credentials) => call<{ user: User }>("post", "/auth/login", credentials),
  register: (account: NewAccount) => call<User>("post", "/auth/register", account),
  /** With an invitation, to a provider. */
  joinWith: (provider: string, invite: string) =>
    call<Way>("post", at`/auth/oidc/${provider}/join`, { invite }),
  /** The second step after a provider's word. */
  finishVouched: (step: { flow: string; otp: string }) =>
    call<{ user: User }>("post", "/auth/oidc/finish", step),
};

/** What belongs to the person who is signed in. */
export const mine = {
  /** Without the current one where there is none yet. */
  changePassword: (change: { current_password?: string; new_password: string }) =>
    call<void>("post", "/auth/password", change),
  prove: (proof: { password: string; otp?: string }) => call<void>("post", "/auth/prove", proof),
  sessions: () => call<Listed<DeviceSession>>("get", "/auth/sessions"),
  endSession: (id: string) => call<void>("delete", at`/auth/sessions/${id}`),
  endOtherSessions: () => call<void>("delete", "/auth/sessions"),
  twoFactor: () => call<TwoFactor>("get", "/auth/2fa"),
  beginTotp: () => call<TotpSecret>("post", "/auth/2fa/totp"),
  confirmTotp: (code: string) => call<TotpConfirmed>("post", "/auth/2fa/totp/confirm", { code }),
  removeTotp: () => call<void>("delete", "/auth/2fa/totp"),
  renewRecoveryCodes: () => call<RecoveryCodes>("post", "/auth/2fa/recovery-codes"),
  renamePasskey: (id: string, name: string) => call<Passkey>("patch", at`/auth/passkeys/${id}`, { name }),
  removePasskey: (id: string) => call<void>("delete", at`/auth/passkeys/${id}`),
  keys: () => call<Listed<ApiKey>>("get", "/auth/keys"),
  makeKey: (key: NewApiKey) => call<ApiKeyMade>("post", "/auth/keys", key),
  removeKeys: () => call<void>("delete", "/auth/keys"),
  removeKey: (id: string) => call<void>("delete", at`/auth/keys/${id}`),
  identities: () => call<Identities>("get", "/auth/identities"),
  linkIdentity: (provider: string) => call<Way>("post", at`/auth/oidc/${provider}/link`),
  proveWith: (provider: string, proof: { otp?: string; return_to: string }) =>
    call<Way>("post", at`/auth/oidc/${provider}/prove`, proof),
  removeIdentity: (id: string) => call<void>("delete", at`/auth/identities/${id}`),
};

/** What admins do with others. */
export const people = {
  list: (q: string, after: string | null) => {
    const query = new URLSearchParams({ limit: "50", ...(q && { q }), ...(after && { after }) });
    return call<People>("get", `/admin/users?${query}`);
  },
  change: (id: string, change: { role?: Role; is_active?: boolean }) =>
    call<Person>("patch", at`/admin/users/${id}`, change),
  resetFactors: (id: string) => call<void>("post", at`/admin/users/${id}/reset-2fa`),
  endSessions: (id: string) => call<void>("delete", at`/admin/users/${id}/sessions`),
  remove: (id: string) => call<void>("delete", at`/admin/users/${id}`),
  invites: () => call<Listed<Invite>>("get", "/admin/invites?limit=200"),
  invite: (invite: NewInvite) => call<InviteMade>("post", "/admin/invites", invite),
  revokeInvite: (id: string) => call<void>("delete", at`/admin/invites/${id}`),
};
