import { beforeEach, expect, it, vi } from "vitest";
import { refreshSession } from "./refresh";

/** A browser in which tabs take turns, as Web Locks promise. */
function turns() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    request: (_: string, task: () => Promise<unknown>) => {
      const mine = last.then(task);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

beforeEach(() => {
  localStorage.removeItem("jarvis.renewed");
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { locks: undefined }));
  return () => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  };
});

const later = () => Date.now() + 1;

it("calls that notice the end of the session together renew it once", async () => {
  const fetcher = vi.fn(async () => new Response("{}"));
  const results = await Promise.all([refreshSession(later(), fetcher), refreshSession(later(), fetcher)]);
  expect(results).toEqual(["renewed", "renewed"]);
  expect(fetcher).toHaveBeenCalledTimes(1);
  await refreshSession(Date.now() + 1000, fetcher);
  expect(fetcher).toHaveBeenCalledTimes(2);
});

it("ten tabs that notice it together renew it once, one tab at a time", async () => {
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { locks: turns() }));
  let running = 0;
  let most = 0;
  const fetcher = vi.fn(async () => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 5));
    running -= 1;
    return new Response("{}");
  });
  const noticed = Date.now();
  const tabs = await Promise.all(
    Array.from({ length: 10 }, async () => {
      vi.resetModules();
      return (await import("./refresh")).refreshSession;
    }),
  );
  expect(await Promise.all(tabs.map((refresh) => refresh(noticed, fetcher)))).toEqual(
    Array.from({ length: 10 }, () => "renewed"),
  );
  expect(most).toBe(1);
  expect(fetcher).toHaveBeenCalledTimes(1);
});

it("a renewal before the refused call left does not count", async () => {
  const fetcher = vi.fn(async () => new Response("{}"));
  localStorage.setItem("jarvis.renewed", String(Date.now() - 1000));
  await refreshSession(Date.now(), fetcher);
  expect(fetcher).toHaveBeenCalledTimes(1);
});

it("only a refusal signs out: a server that is away or broken does not", async () => {
  const answers = (status: number) => async () => new Response("", { status });
  expect(await refreshSession(later(), answers(401))).toBe("signed-out");
  expect(await refreshSession(later(), answers(503))).toBe("unreachable");
  expect(await refreshSession(later(), () => Promise.reject(new TypeError()))).toBe("unreachable");
});
