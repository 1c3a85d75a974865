import type { Outbox } from "../api/outbox";
import { isWaiting } from "../api/outbox";
import { NEW_CONVERSATION } from "../features/chat/drafts";

/**
 * What was typed and not sent, for as long as the page is open: it outlives a session that ends in mid-sentence and is
 * there again when the same person is. In memory only.
 */
export class KeptDrafts {
  readonly #texts = new Map<string, string>();
  #owner: string | null = null;

  of(userId: string): Map<string, string> {
    if (this.#owner !== userId) this.#texts.clear();
    this.#owner = userId;
    return this.#texts;
  }

  /** Messages that did not leave any more become drafts again. */
  keep(outbox: Outbox): void {
    for (const entry of outbox.filter((each) => isWaiting(each) || each.fault !== null)) {
      const key = entry.conversationId ?? NEW_CONVERSATION;
      const texts = [entry.text, this.#texts.get(key)].filter(Boolean);
      this.#texts.set(key, texts.join("\n\n"));
    }
  }

  some(): boolean {
    return this.#texts.size > 0;
  }

  forget(): void {
    this.#texts.clear();
  }
}
