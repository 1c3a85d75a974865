import type { AuditOutcome } from "../../api/audit";

const HOUR_MS = 3_600_000;
/** How far back one looks, in milliseconds. */
export const SPANS = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 720 * HOUR_MS };
export type Since = keyof typeof SPANS;
export const SINCE = Object.keys(SPANS) as Since[];

/** The filter as the address of the page has it. */
export interface AuditSearch {
  /** `all`, a group or a kind. */
  what?: string;
  outcome?: AuditOutcome;
  /** Ids of people. */
  actor?: string;
  subject?: string;
  since?: Since;
}

const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What of an address is a filter; the rest is nothing. */
export function readSearch(search: Record<string, unknown>): AuditSearch {
  const { what, outcome, actor, subject, since } = search;
  return {
    ...(typeof what === "string" && /^[a-z_]+$/.test(what) && { what }),
    ...((outcome === "success" || outcome === "failure") && { outcome }),
    ...(isId(actor) && { actor }),
    ...(isId(subject) && { subject }),
    ...(typeof since === "string" && Object.hasOwn(SPANS, since) && { since: since as Since }),
  };
}

const isId = (value: unknown): value is string => typeof value === "string" && ID.test(value);
