import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import {
  type ConversationPages,
  conversationKey,
  conversationsKey,
  conversationsQuery,
  isConversationEvent,
  withEvent,
} from "./conversations";
import { useLive } from "./live-context";

/** The reader's conversations, newest first, kept current by the live connection. */
export function useConversations() {
  const client = useQueryClient();
  const live = useLive();
  useEffect(
    () =>
      live.listen((event) => {
        // Events of the list are not replayed: after a gap it is read again.
        if (event.type === "connected") void client.invalidateQueries({ queryKey: conversationsKey });
        if (!isConversationEvent(event)) return;
        client.setQueryData<ConversationPages>(conversationsKey, (pages) => pages && withEvent(pages, event));
        if (event.type !== "conversation.deleted") {
          client.setQueryData(conversationKey(event.conversation_id), event.conversation);
        }
      }),
    [client, live],
  );
  return useInfiniteQuery(conversationsQuery);
}
