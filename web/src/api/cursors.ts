import type { ServerEvent } from "./wire";

interface Cursor {
  seq: number;
  /** False until the server answered `subscribed`: what comes before may have a gap behind it. */
  ready: boolean;
}

/** Which conversations are followed and how far each was read. */
export class Cursors {
  readonly #cursors = new Map<string, Cursor>();

  set(conversationId: string, seq: number): void {
    this.#cursors.set(conversationId, { seq, ready: false });
  }

  delete(conversationId: string): void {
    this.#cursors.delete(conversationId);
  }

  /** What to subscribe to after a connection was made. */
  rewind(): [conversationId: string, seq: number][] {
    return [...this.#cursors].map(([conversationId, cursor]) => {
      cursor.ready = false;
      return [conversationId, cursor.seq];
    });
  }

  /** True when the event is news: from a followed conversation, after what was read. Moves the cursor. */
  take(event: ServerEvent): boolean {
    if (!("conversation_id" in event) || !event.conversation_id) return true;
    const cursor = this.#cursors.get(event.conversation_id);
    if (event.type === "subscribed" || event.type === "resync") {
      if (cursor) cursor.ready = event.type === "subscribed";
      return cursor !== undefined;
    }
    if (!event.type.startsWith("message.") || !("seq" in event)) return true;
    if (!cursor?.ready || event.seq <= cursor.seq) return false;
    cursor.seq = event.seq;
    return true;
  }
}
