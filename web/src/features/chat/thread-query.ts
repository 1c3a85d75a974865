import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../api/client";
import { loaded, type Thread, withOlder } from "./stream";

const PAGE = 50;

export const threadKey = (id: string) => ["thread", id] as const;

/** The thread of a conversation. It is loaded once; after that events keep it current. */
export function threadQuery(client: QueryClient, id: string) {
  return queryOptions({
    queryKey: threadKey(id),
    queryFn: async (): Promise<Thread> => {
      const page = await readPage(id);
      return loaded(client.getQueryData<Thread>(threadKey(id)), page);
    },
    staleTime: Number.POSITIVE_INFINITY,
    // Comparing every message with its past self on each animation frame would cost more than rendering.
    structuralSharing: false,
  });
}

export async function loadOlder(client: QueryClient, id: string): Promise<void> {
  const before = client.getQueryData<Thread>(threadKey(id))?.older;
  if (!before) return;
  const page = await readPage(id, before);
  client.setQueryData<Thread>(threadKey(id), (thread) => thread && withOlder(thread, page));
}

function readPage(id: string, before?: string) {
  const query = { limit: PAGE, ...(before && { before }) };
  return unwrap(api.GET("/conversations/{id}/messages", { params: { path: { id }, query } }));
}
