import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { MessageEvent } from "../../api/wire";
import { frameBatch } from "./frame-batch";
import { useLive, useLiveState } from "./live-context";
import { fold, type Thread } from "./stream";
import { threadKey, threadQuery } from "./thread-query";

const POLL_WITHOUT_SOCKET_MS = 2000;

/** The messages of a conversation, kept current by the live connection, or by asking again where there is none. */
export function useThread(id: string) {
  const client = useQueryClient();
  const live = useLive();
  const { connection } = useLiveState();
  const query = useQuery({
    ...threadQuery(client, id),
    refetchInterval: ({ state }) =>
      connection === "offline" && state.data && isAnswering(state.data) ? POLL_WITHOUT_SOCKET_MS : false,
  });
  const { isSuccess, refetch } = query;

  useEffect(() => {
    if (!isSuccess) return;
    const from = client.getQueryData<Thread>(threadKey(id))?.seq ?? 0;
    const reload = async () => {
      const { data } = await refetch();
      if (data) live.follow(id, data.seq);
    };
    const update = (change: (thread: Thread) => Thread) => {
      const before = client.getQueryData<Thread>(threadKey(id));
      const after = before && change(before);
      client.setQueryData<Thread>(threadKey(id), after);
      if (after?.stale) void reload();
    };
    const batch = frameBatch<MessageEvent>((events) => update((thread) => fold(thread, events)));
    const deaf = live.listen((event) => {
      if (!("conversation_id" in event) || event.conversation_id !== id) return;
      if (event.type === "resync") {
        batch.cancel();
        update((thread) => ({ ...thread, stale: true }));
      } else if (isMessageEvent(event)) batch.add(event);
    });
    live.follow(id, from);
    return () => {
      deaf();
      batch.cancel();
      live.unfollow(id);
    };
  }, [client, live, id, isSuccess, refetch]);

  return query;
}

/** True while the last message is still being written. */
export function isAnswering(thread: Thread): boolean {
  return thread.messages.at(-1)?.status === "streaming";
}

function isMessageEvent(event: { type: string }): event is MessageEvent {
  return event.type.startsWith("message.") && event.type !== "message.accepted";
}
