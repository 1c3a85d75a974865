import { createContext, use, useState } from "react";

/** Unsent text by conversation. In memory only: what someone writes is not for the browser's storage. */
export const DraftsContext = createContext<Map<string, string>>(new Map());

export const NEW_CONVERSATION = "new";

export function useDraft(conversationId: string | null): [text: string, setText: (text: string) => void] {
  const drafts = use(DraftsContext);
  const key = conversationId ?? NEW_CONVERSATION;
  const [text, setText] = useState(drafts.get(key) ?? "");
  const change = (next: string) => {
    if (next) drafts.set(key, next);
    else drafts.delete(key);
    setText(next);
  };
  return [text, change];
}
