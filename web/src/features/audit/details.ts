import type { AuditEvent } from "../../api/audit";

/** What says most about an event, in the order in which it is shown in its line. */
const TELLING = [
  "why",
  "way",
  "factor",
  "role",
  "provider",
  "prefix",
  "scopes",
  "route",
  "code",
  "version",
  "kept",
];
const MOST = 2;

/** More about an event, by name. Strangers may have written it: it is text and nothing else. */
export function detailsOf(event: AuditEvent): [name: string, text: string][] {
  const details: [string, unknown][] = Object.entries(event.details);
  return details.map(([name, value]) => [name, asText(value)]);
}

/** The most telling of it, short enough for a line. */
export function gist(event: AuditEvent): string {
  const details = new Map(detailsOf(event));
  const [from, to] = [details.get("from"), details.get("to")];
  if (from !== undefined && to !== undefined) return `${from} → ${to}`;
  const told = TELLING.flatMap((name) => details.get(name) ?? []);
  return [...new Set(told)].slice(0, MOST).join(" · ");
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(asText).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
