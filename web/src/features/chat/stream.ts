import type { Message, MessageEvent, MessageList, Sent } from "../../api/wire";

export interface Retrying {
  messageId: string;
  attempt: number;
  of: number;
}

/** What the page knows of one conversation's messages. */
export interface Thread {
  /** The active branch, oldest first, without gaps up to the newest. */
  messages: readonly Message[];
  /** Pass as `before` for older messages; null when the first is here. */
  older: string | null;
  /** Everything up to this event is in `messages`. */
  seq: number;
  retrying: Retrying | null;
  /** An event spoke of a message that is not here: the thread must be loaded again. */
  stale: boolean;
}

/** Puts a page from the server into a thread. An answer that was overtaken by events changes nothing. */
export function loaded(thread: Thread | undefined, page: MessageList): Thread {
  if (thread && !thread.stale && page.seq < thread.seq) return thread;
  const fresh = { messages: page.items, older: page.next, seq: page.seq, retrying: null, stale: false };
  const first = page.items[0];
  const join = thread?.messages.findIndex((message) => message.id === first?.id) ?? -1;
  if (!thread || join <= 0) return fresh;
  return { ...fresh, messages: [...thread.messages.slice(0, join), ...page.items], older: thread.older };
}

export function withOlder(thread: Thread, page: MessageList): Thread {
  const known = new Set(thread.messages.map((message) => message.id));
  const older = page.items.filter((message) => !known.has(message.id));
  return { ...thread, messages: [...older, ...thread.messages], older: page.next };
}

/** A thread that begins with a message the server has just accepted; its events start at the beginning. */
export function begun(message: Sent["message"]): Thread {
  return { messages: [message], older: null, seq: 0, retrying: null, stale: false };
}

/** Folds events into the thread. Safe to repeat: what was already seen changes nothing. */
export function fold(thread: Thread, events: readonly MessageEvent[]): Thread {
  return events.reduce(step, thread);
}

function step(thread: Thread, event: MessageEvent): Thread {
  if (event.seq <= thread.seq) return thread;
  const next = { ...thread, seq: event.seq };
  switch (event.type) {
    case "message.created":
    case "message.started":
      return { ...next, messages: attach(thread.messages, event.message) };
    case "message.retrying":
      return { ...next, retrying: { messageId: event.message_id, attempt: event.attempt, of: event.of } };
    case "message.delta":
      return extend(next, event);
    case "message.finished":
      return { ...next, retrying: null, messages: settle(thread.messages, event.message) };
  }
}

/** A message takes the place after its parent; what stood there is another branch now. */
function attach(messages: readonly Message[], message: Message): Message[] {
  const known = messages.findIndex((each) => each.id === message.id);
  if (known >= 0) return [...messages];
  const parent = messages.findIndex((each) => each.id === message.parent_id);
  return [...(parent >= 0 ? messages.slice(0, parent + 1) : messages), message];
}

function extend(thread: Thread, delta: Extract<MessageEvent, { type: "message.delta" }>): Thread {
  const at = thread.messages.findLastIndex((each) => each.id === delta.message_id);
  const message = thread.messages[at];
  if (!message) return { ...thread, stale: true };
  if (message.status !== "streaming") return thread;
  const grown = {
    ...message,
    content: message.content + (delta.content ?? ""),
    thinking: delta.thinking ? (message.thinking ?? "") + delta.thinking : message.thinking,
  };
  return { ...thread, retrying: null, messages: thread.messages.with(at, grown) };
}

function settle(messages: readonly Message[], message: Message): Message[] {
  const at = messages.findLastIndex((each) => each.id === message.id);
  return at >= 0 ? messages.with(at, message) : attach(messages, message);
}
