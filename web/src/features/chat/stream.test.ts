import { describe, expect, it } from "vitest";
import type { MessageEvent } from "../../api/wire";
import { message } from "../../testing/samples";
import { begun, fold, loaded, type Thread, withOlder } from "./stream";

const question = message({ id: "u1", role: "user", content: "Hi" });
const answer = message({ id: "a1", parent_id: "u1", status: "streaming" });
const at = { conversation_id: "c1", message_id: "a1" };
const started: MessageEvent = { type: "message.started", ...at, seq: 2, message: answer };
const text = (seq: number, content: string): MessageEvent => ({ type: "message.delta", ...at, seq, content });
const finished: MessageEvent = {
  type: "message.finished",
  ...at,
  seq: 9,
  status: "completed",
  content: "Hello there",
  usage: null,
  processing_time_ms: 5,
  message: message({ id: "a1", parent_id: "u1", content: "Hello there" }),
};
const thread = (fields: Partial<Thread> = {}): Thread => ({ ...begun(question), ...fields });
const shown = (each: Thread) => each.messages.map(({ role, content }) => `${role}: ${content}`);

describe("events", () => {
  it("build the answer piece by piece", () => {
    const result = fold(thread(), [started, text(3, "Hel"), text(5, "lo")]);
    expect(shown(result)).toEqual(["user: Hi", "assistant: Hello"]);
    expect(result.seq).toBe(5);
  });

  it("change nothing when they come again", () => {
    const events = [started, text(3, "Hel"), text(5, "lo")];
    const once = fold(thread(), events);
    expect(fold(once, events)).toBe(once);
  });

  it("end with what the server stored, whatever was missed", () => {
    expect(shown(fold(thread(), [started, text(3, "He"), finished]))).toEqual([
      "user: Hi",
      "assistant: Hello there",
    ]);
  });

  it("cannot change what every object has", () => {
    const evil = (event: MessageEvent): MessageEvent =>
      JSON.parse(
        JSON.stringify(event).replaceAll(
          "{",
          '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},',
        ),
      );
    const result = fold(thread(), [started, text(3, "Hel"), finished].map(evil));
    expect(shown(result)).toEqual(["user: Hi", "assistant: Hello there"]);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    for (const each of [result, ...result.messages])
      expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
  });

  it("add nothing to an answer that has ended", () => {
    const result = fold(thread(), [started, finished, text(10, " again")]);
    expect(shown(result)).toEqual(["user: Hi", "assistant: Hello there"]);
  });

  it("keep thinking apart from the answer", () => {
    const thought: MessageEvent = { type: "message.delta", ...at, seq: 3, thinking: "hmm" };
    const result = fold(thread(), [started, thought, text(4, "Yes")]);
    expect(result.messages.at(-1)).toMatchObject({ thinking: "hmm", content: "Yes" });
  });

  it("ask for a reload when they speak of an answer that is not here", () => {
    expect(fold(thread(), [text(3, "x")]).stale).toBe(true);
  });

  it("replace the old answer when another one to the same question begins", () => {
    const again = { ...started, seq: 12, message_id: "a2", message: { ...answer, id: "a2" } };
    const result = fold(fold(thread(), [started, finished]), [again]);
    expect(result.messages.map(({ id }) => id)).toEqual(["u1", "a2"]);
  });

  it("say that the model is being tried again until it answers", () => {
    const retrying: MessageEvent = {
      type: "message.retrying",
      ...at,
      seq: 3,
      attempt: 1,
      of: 3,
      delay_ms: 9,
      code: "x",
    };
    const waiting = fold(thread(), [started, retrying]);
    expect(waiting.retrying).toEqual({ messageId: "a1", attempt: 1, of: 3 });
    expect(fold(waiting, [text(4, "a")]).retrying).toBeNull();
  });

  it("show a question asked in another tab once", () => {
    const created: MessageEvent = {
      type: "message.created",
      ...at,
      seq: 1,
      message: question,
    };
    expect(shown(fold(thread(), [created]))).toEqual(["user: Hi"]);
  });
});

describe("a page from the server", () => {
  const page = { items: [question, answer], next: null, seq: 2 };

  it("does not undo events that came while it was on its way", () => {
    const ahead = fold(thread(), [started, text(3, "Hello")]);
    expect(loaded(ahead, page)).toBe(ahead);
  });

  it("replaces a thread that has lost its place", () => {
    const lost = { ...fold(thread(), [started, text(30, "Hello")]), stale: true };
    expect(loaded(lost, page)).toMatchObject({ seq: 2, stale: false });
  });

  it("keeps the older messages that were loaded before", () => {
    const before = withOlder(thread({ older: "u1" }), {
      items: [message({ id: "u0", content: "first" })],
      next: null,
      seq: 0,
    });
    expect(loaded(before, page).messages.map(({ id }) => id)).toEqual(["u0", "u1", "a1"]);
  });
});
