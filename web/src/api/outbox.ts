import type { Message } from "./wire";

export interface Fault {
  code: string;
  detail: string;
  /** When another try is worth it, in milliseconds since the epoch; null when that is no matter of time. */
  retryAt: number | null;
}

/** A message on its way: kept until the page shows the stored one, so that nothing typed is lost or doubled. */
export interface Outgoing {
  clientId: string;
  /** null starts a new conversation. */
  conversationId: string | null;
  text: string;
  model: string | null;
  fault: Fault | null;
  accepted: Message | null;
}

/** More than anyone writes while a connection is down; each conversation has at most one on its way. */
export const MOST_OUTGOING = 50;

export type Outbox = readonly Outgoing[];

export function change(outbox: Outbox, clientId: string, fields: Partial<Outgoing>): Outbox {
  return outbox.map((entry) => (entry.clientId === clientId ? { ...entry, ...fields } : entry));
}

export function fault(code: string, detail: string, retryAfterSeconds: number | null | undefined): Fault {
  return { code, detail, retryAt: retryAfterSeconds ? Date.now() + retryAfterSeconds * 1000 : null };
}

export function without(outbox: Outbox, clientId: string): Outbox {
  return outbox.filter((entry) => entry.clientId !== clientId);
}

export function isWaiting(entry: Outgoing): boolean {
  return entry.accepted === null && entry.fault === null;
}
