import { type InfiniteData, infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { people } from "../../api/account";
import { type AuditPage, audit } from "../../api/audit";
import { toFilter } from "./filter";
import type { AuditSearch } from "./search";

const EVERY_MS = 5_000;
const STATUS_EVERY_MS = 15_000;
const AT_ONCE = 200;
/** Pages of newer events taken at one look; the rest waits for the next. */
const MOST_PAGES = 5;
/** Events kept on the page. Older ones can be asked for again. */
export const MOST_KEPT = 1_000;

type Pages = InfiniteData<AuditPage>;

export function eventsQuery(search: AuditSearch) {
  return infiniteQueryOptions({
    queryKey: ["audit", search],
    queryFn: ({ pageParam, signal }) => {
      const filter = toFilter(search, Date.now());
      return audit.list(pageParam === null ? filter : { ...filter, before: pageParam }, signal);
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next,
    // What has happened stays: only newer ones come, and `newerQuery` brings those.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Brings what came since into the list. While `live` it looks again and again, but never for a hidden page. */
export function newerQuery(search: AuditSearch, live: boolean) {
  const { queryKey } = eventsQuery(search);
  return queryOptions({
    queryKey: ["audit-newer", search],
    queryFn: async ({ client, signal }) => {
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const after = client.getQueryData(queryKey)?.pages[0]?.latest;
        if (after === undefined) break;
        const query = { ...toFilter(search, Date.now()), after, limit: AT_ONCE };
        const newer = await audit.list(query, signal);
        client.setQueryData(queryKey, (before) => before && withNewer(before, newer));
        if (newer.items.length < AT_ONCE) break;
      }
      return null;
    },
    refetchInterval: live && EVERY_MS,
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: live,
    refetchOnReconnect: live,
  });
}

/** Newer events before those that are there, each once. Where it gets too long, the oldest go. */
export function withNewer(before: Pages, newer: AuditPage): Pages {
  const [first, ...older] = before.pages;
  if (!first) return before;
  const items = [...newer.items.filter(({ seq }) => seq > first.latest), ...first.items];
  const latest = Math.max(first.latest, newer.latest);
  const pages = [{ ...first, items, latest }, ...older];
  const all = pages.flatMap((page) => page.items);
  if (all.length <= MOST_KEPT) return { ...before, pages };
  const kept = all.slice(0, MOST_KEPT);
  const next = kept.at(-1)?.seq ?? null;
  return { pages: [{ items: kept, latest, next }], pageParams: [null] };
}

export function statusQuery(live: boolean) {
  return queryOptions({
    queryKey: ["audit-status"],
    queryFn: audit.status,
    refetchInterval: live && STATUS_EVERY_MS,
  });
}

export function namesQuery(typed: string) {
  return queryOptions({
    queryKey: ["audit-names", typed],
    queryFn: () => people.list(typed, null),
    enabled: typed !== "",
    placeholderData: (before) => (typed === "" ? undefined : before),
  });
}
