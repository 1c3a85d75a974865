import { queryOptions } from "@tanstack/react-query";
import { entrance, mine } from "../../api/account";

export const sessionsQuery = queryOptions({ queryKey: ["devices"], queryFn: mine.sessions });
export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: mine.keys });
export const identitiesQuery = queryOptions({ queryKey: ["identities"], queryFn: mine.identities });
/** Which providers there are; the sign-in page asks the same. */
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: entrance.providers,
  staleTime: 300_000,
});
