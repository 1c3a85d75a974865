import type { ApiKey, DeviceSession, Person, TwoFactor } from "../api/account-wire";
import type { AuditEvent, AuditStatus } from "../api/audit";
import type { Conversation, Message, ModelList, User } from "../api/wire";

export const user: User = {
  id: "0199a000-0000-7000-8000-000000000001",
  email: "owner@example.org",
  username: "owner",
  role: "superuser",
  is_active: true,
  is_verified: true,
  created_at: "2026-01-01T00:00:00Z",
  last_login: null,
  two_factor: false,
  preferences: {},
};

export const noFactors: TwoFactor = { totp: false, recovery_codes_left: 0, passkeys: [], required: false };

export const factors: TwoFactor = { ...noFactors, totp: true, recovery_codes_left: 9 };

export const device: DeviceSession = {
  id: "s1",
  current: true,
  agent: "Firefox on Linux",
  address: "192.0.2.xxx",
  how: "password",
  created_at: "2026-01-01T00:00:00Z",
  last_seen_at: "2026-01-02T00:00:00Z",
  expires_at: "2026-01-09T00:00:00Z",
};

export const apiKey: ApiKey = {
  id: "k1",
  name: "Backup script",
  prefix: "jrv_ab12",
  scopes: ["read"],
  addresses: [],
  created_at: "2026-01-01T00:00:00Z",
  expires_at: null,
  last_used_at: null,
};

export function person(fields: Partial<Person> = {}): Person {
  return { ...user, role: "user", sessions: 1, ...fields };
}

export function message(fields: Partial<Message> = {}): Message {
  return {
    id: "m1",
    conversation_id: "c1",
    parent_id: null,
    role: "assistant",
    content: "",
    thinking: null,
    status: "completed",
    error: null,
    model: "ollama/llama3.2:3b",
    usage: null,
    history_cut: 0,
    created_at: "2026-01-01T00:00:00Z",
    finished_at: null,
    damaged: false,
    ...fields,
  };
}

export function conversation(fields: Partial<Conversation> = {}): Conversation {
  return {
    id: "c1",
    title: "A conversation",
    model: null,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    running: false,
    damaged: false,
    ...fields,
  };
}

export const models: ModelList = {
  items: [{ id: "ollama/llama3.2:3b", name: "llama3.2:3b", provider: "ollama", context_tokens: 8192 }],
  default: "ollama/llama3.2:3b",
  providers: [{ id: "ollama", address: "http://127.0.0.1:11434", status: "up", detail: null }],
};

export const noModels: ModelList = {
  items: [],
  default: null,
  providers: [
    {
      id: "ollama",
      address: "http://127.0.0.1:11434",
      status: "down",
      detail: "GET /api/tags: connection refused",
    },
  ],
};

export const auditStatus: AuditStatus = {
  size: 3,
  vouched_for: 2,
  checkpoint_at: "2026-01-02T10:00:00Z",
  key: "ab12",
};

export function auditEvent(fields: Partial<AuditEvent> = {}): AuditEvent {
  return {
    seq: 1,
    at: "2026-01-02T10:00:00Z",
    kind: "sign_in",
    outcome: "success",
    via: "request",
    times: 1,
    actor: { id: user.id, username: user.username },
    subject: { id: user.id, username: user.username },
    address: "192.0.2.xxx",
    agent: "Firefox on Linux",
    request_id: "0199a000-0000-7000-8000-0000000000aa",
    details: {},
    erased: false,
    ...fields,
  };
}
