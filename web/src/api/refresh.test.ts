import { expect, it, vi } from "vitest";
import { refreshSession } from "./refresh";

it("calls that notice the end of the session together renew it once", async () => {
  const fetcher = vi.fn(async () => new Response("{}"));
  const results = await Promise.all([refreshSession(fetcher), refreshSession(fetcher)]);
  expect(results).toEqual(["renewed", "renewed"]);
  expect(fetcher).toHaveBeenCalledTimes(1);
  await refreshSession(fetcher);
  expect(fetcher).toHaveBeenCalledTimes(2);
});

it("only a refusal signs out: a server that is away or broken does not", async () => {
  expect(await refreshSession(async () => new Response("", { status: 401 }))).toBe("signed-out");
  expect(await refreshSession(async () => new Response("", { status: 503 }))).toBe("unreachable");
  expect(await refreshSession(() => Promise.reject(new TypeError()))).toBe("unreachable");
});
