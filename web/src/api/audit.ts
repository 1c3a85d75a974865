import { api, unwrap } from "./client";
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type AuditEvent = Schemas["AuditEvent"];
export type AuditKind = Schemas["AuditKind"];
export type AuditOutcome = Schemas["AuditOutcome"];
export type AuditPage = Schemas["AuditPage"];
export type AuditPerson = Schemas["AuditPerson"];
export type AuditStatus = Schemas["AuditStatus"];
type ListQuery = NonNullable<operations["list_audit_events"]["parameters"]["query"]>;
/** What the list and the export have in common. */
export type AuditFilter = Omit<ListQuery, "before" | "after" | "limit">;

/** What happened here that matters to security. */
export const audit = {
  list: (query: ListQuery, signal: AbortSignal) =>
    unwrap(api.GET("/admin/audit", { params: { query }, signal })),
  status: () => unwrap(api.GET("/admin/audit/status")),
  /** Where the browser downloads all that matches. */
  exportPath: (filter: AuditFilter) => {
    const query = new URLSearchParams(filter as Record<string, string>).toString();
    return query ? `/admin/audit/export?${query}` : "/admin/audit/export";
  },
};
