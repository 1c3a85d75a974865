import type { AuditFilter } from "../../api/audit";
import { kindsFor } from "./kinds";
import { type AuditSearch, SPANS } from "./search";

/** What the address says, as the server wants it. */
export function toFilter({ what, since, ...rest }: AuditSearch, now: number): AuditFilter {
  const kinds = kindsFor(what).join(",");
  return {
    ...(kinds && { kinds }),
    ...rest,
    ...(since && { from: new Date(now - SPANS[since]).toISOString() }),
  };
}
