import { beforeEach, describe, expect, it, vi } from "vitest";
import { fakeLine } from "../testing/fake-line";
import { conversation, message } from "../testing/samples";
import { backOff } from "./back-off";
import type { ServerEvent } from "./wire";

beforeEach(() => {
  vi.useFakeTimers();
});

const text = { clientId: "k1", conversationId: "c1", text: "Hello", model: null };
const delta = (seq: number): ServerEvent => ({
  type: "message.delta",
  conversation_id: "c1",
  message_id: "m1",
  seq,
  content: `${seq} `,
});
const subscribed: ServerEvent = { type: "subscribed", conversation_id: "c1", seq: 0 };
const accepted: ServerEvent = {
  type: "message.accepted",
  client_id: "k1",
  conversation_id: "c1",
  conversation: conversation(),
  message: message({ id: "u1", role: "user", content: "Hello" }),
  run: { id: "r1", conversation_id: "c1", message_id: "m1", status: "running", model: "x" },
};

function heard(line: ReturnType<typeof fakeLine>): number[] {
  const seqs: number[] = [];
  line.live.listen((event) => {
    if (event.type === "message.delta") seqs.push(event.seq);
  });
  return seqs;
}

describe("what is sent", () => {
  it("waits for the connection and leaves when it is there", () => {
    const { live, last } = fakeLine();
    live.start();
    live.send(text);
    expect(last().sent).toEqual([]);
    last().welcome();
    expect(last().sent).toMatchObject([
      { type: "message", message: "Hello", client_id: "k1", conversation_id: "c1" },
    ]);
  });

  it("goes again, with the same client id, when the connection broke before the server said yes", async () => {
    const { live, last, sockets } = fakeLine();
    live.start();
    last().welcome();
    live.send(text);
    last().cut();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    last().welcome();
    expect(last().sent).toMatchObject([{ type: "message", client_id: "k1" }]);
  });

  it("does not go again after the server said yes", async () => {
    const { live, last } = fakeLine();
    live.start();
    last().welcome();
    live.send(text);
    last().say(accepted);
    last().cut();
    await vi.advanceTimersByTimeAsync(1000);
    last().welcome();
    expect(last().sent).toEqual([]);
    expect(live.state().outbox[0]?.accepted?.id).toBe("u1");
  });

  it("is kept with the reason when the server refuses it, and can be sent again", () => {
    const { live, last } = fakeLine();
    live.start();
    last().welcome();
    live.send(text);
    last().say({
      type: "error",
      code: "rate_limited",
      message: "slow down",
      request_id: "r",
      client_id: "k1",
    });
    expect(live.state().outbox[0]?.fault?.code).toBe("rate_limited");
    live.retry("k1");
    expect(live.state().outbox[0]?.fault).toBeNull();
    expect(last().sent).toHaveLength(2);
  });

  it("goes over HTTP when no socket can be opened but the server answers", async () => {
    const deliver = vi.fn(async () => message({ id: "u1", role: "user" }));
    const { live, sockets } = fakeLine({ deliver });
    live.start();
    live.send(text);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      sockets.at(-1)?.cut();
      await vi.advanceTimersByTimeAsync(31_000 * (attempt < 3 ? 1 : 0));
    }
    expect(deliver).toHaveBeenCalledTimes(1);
    expect(live.state().outbox[0]?.accepted?.id).toBe("u1");
  });

  it("is bounded", () => {
    const { live } = fakeLine();
    const taken = Array.from({ length: 60 }, (_, at) => live.send({ ...text, clientId: String(at) }));
    expect(taken.filter(Boolean)).toHaveLength(50);
  });
});

describe("a followed conversation", () => {
  it("is resumed after the last event that was read, and nothing is heard twice", async () => {
    const line = fakeLine();
    const seqs = heard(line);
    line.live.start();
    line.last().welcome();
    line.live.follow("c1", 4);
    line.last().say(subscribed);
    line.last().say(delta(5));
    line.last().say(delta(9));
    line.last().cut();
    await vi.advanceTimersByTimeAsync(1000);
    line.last().welcome();
    expect(line.last().sent).toEqual([{ type: "subscribe", conversation_id: "c1", after_seq: 9 }]);
    line.last().say(subscribed);
    line.last().say(delta(9));
    line.last().say(delta(12));
    expect(seqs).toEqual([5, 9, 12]);
  });

  it("ignores what comes before the server confirmed where it resumes", () => {
    const line = fakeLine();
    const seqs = heard(line);
    line.live.start();
    line.last().welcome();
    line.live.follow("c1", 0);
    line.last().say(delta(7));
    line.last().say(subscribed);
    line.last().say(delta(6));
    line.last().say(delta(7));
    expect(seqs).toEqual([6, 7]);
  });

  it("is silent after it is no longer followed", () => {
    const line = fakeLine();
    const seqs = heard(line);
    line.live.start();
    line.last().welcome();
    line.live.follow("c1", 0);
    line.last().say(subscribed);
    line.live.unfollow("c1");
    line.last().say(delta(1));
    expect(seqs).toEqual([]);
  });
});

describe("the connection", () => {
  it("is tried again at once when the browser wakes", async () => {
    const { live, last, sockets } = fakeLine({ random: () => 0.99 });
    live.start();
    last().welcome();
    last().cut();
    expect(live.state().connection).toBe("reconnecting");
    live.wake();
    expect(sockets).toHaveLength(2);
    last().welcome();
    expect(live.state().connection).toBe("live");
  });

  it("is given up as dead when a ping stays without an answer", async () => {
    const { live, last, sockets } = fakeLine();
    live.start();
    const first = last();
    first.welcome();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(first.sent).toEqual([{ type: "ping" }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
  });

  it("stays while pongs come", async () => {
    const { live, last, sockets } = fakeLine();
    live.start();
    last().welcome();
    for (let beat = 0; beat < 5; beat += 1) {
      await vi.advanceTimersByTimeAsync(30_000);
      last().say({ type: "pong" });
    }
    expect(sockets).toHaveLength(1);
  });

  it("says offline after several failed tries", async () => {
    const { live, last } = fakeLine({ renew: async () => "unreachable" });
    live.start();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      last().cut();
      await vi.advanceTimersByTimeAsync(attempt < 3 ? 31_000 : 0);
    }
    expect(live.state().connection).toBe("offline");
  });

  it("ends when the session has ended", async () => {
    const { live, last, edges, sockets } = fakeLine({ renew: async () => "signed-out" });
    live.start();
    last().welcome();
    last().cut(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(edges.signedOut).toHaveBeenCalledTimes(1);
    expect(sockets).toHaveLength(1);
  });

  it("leaves the session alone when only the line broke", async () => {
    const { live, last, edges } = fakeLine();
    live.start();
    last().welcome();
    last().cut(1006);
    await vi.advanceTimersByTimeAsync(10);
    expect(edges.renew).not.toHaveBeenCalled();
  });
});

describe("the wait between tries", () => {
  it("doubles up to half a minute and is drawn at random below that", () => {
    expect(backOff(0, 0.999)).toBe(499);
    expect(backOff(3, 0.5)).toBe(2000);
    expect(backOff(40, 0.999)).toBeLessThan(30_000);
    expect(backOff(40, 0.999)).toBeGreaterThan(29_000);
    expect(backOff(5, 0)).toBe(100);
  });
});
