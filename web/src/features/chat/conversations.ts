import { type InfiniteData, infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../api/client";
import type { Conversation, ConversationEvent, ConversationList } from "../../api/wire";

export const conversationsKey = ["conversations"] as const;
export const conversationKey = (id: string) => ["conversation", id] as const;

export type ConversationPages = InfiniteData<ConversationList, string | null>;

export const conversationsQuery = infiniteQueryOptions({
  queryKey: conversationsKey,
  queryFn: ({ pageParam }) =>
    unwrap(api.GET("/conversations", { params: { query: pageParam ? { after: pageParam } : {} } })),
  initialPageParam: null as string | null,
  getNextPageParam: (last: ConversationList) => last.next,
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: conversationKey(id),
    queryFn: () => unwrap(api.GET("/conversations/{id}", { params: { path: { id } } })),
  });

/** The list after an event: newest first, each conversation once. */
export function withEvent(pages: ConversationPages, event: ConversationEvent): ConversationPages {
  const kept = pages.pages.map((page) => ({
    ...page,
    items: page.items.filter((each) => each.id !== event.conversation_id),
  }));
  const [first, ...rest] = kept;
  if (event.type === "conversation.deleted" || !first) return { ...pages, pages: kept };
  return { ...pages, pages: [{ ...first, items: place(first.items, event.conversation) }, ...rest] };
}

function place(items: Conversation[], conversation: Conversation): Conversation[] {
  const at = items.findIndex((each) => Date.parse(each.updated_at) <= Date.parse(conversation.updated_at));
  return at < 0 ? [...items, conversation] : items.toSpliced(at, 0, conversation);
}

export function isConversationEvent(event: { type: string }): event is ConversationEvent {
  return event.type.startsWith("conversation.");
}
