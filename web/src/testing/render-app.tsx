import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import { newQueryClient } from "../app/query-client";
import { newRouter } from "../app/router";
import { FakeSocket } from "./fake-line";
import { models, noFactors, user } from "./samples";

type Answer = unknown | ((body: unknown, query: URLSearchParams) => unknown);

/** What a server with an owner, a model and no conversations answers. `undefined` is a 401. */
const DEFAULTS: Record<string, Answer> = {
  "GET /auth/me": user,
  "GET /auth/setup": { setup_required: false, registration: "open" },
  "GET /auth/2fa": noFactors,
  "GET /auth/providers": { items: [], passkeys: false },
  "GET /models": models,
  "GET /conversations": { items: [], next: null },
};

/** A refusal, for `answers`. */
export class Refusal {
  readonly status: number;
  readonly code: string;
  readonly errors: { field: string; code: string; detail: string }[];
  readonly members: Record<string, unknown>;
  readonly retryAfter: number | null;
  constructor(
    status: number,
    code: string,
    fields: string[] = [],
    members: Record<string, unknown> = {},
    retryAfter: number | null = null,
  ) {
    this.status = status;
    this.code = code;
    this.members = members;
    this.retryAfter = retryAfter;
    this.errors = fields.map((field) => ({ field, code: "invalid", detail: "" }));
  }
}

/** The whole page at an address, with the server and the socket in the test's hands. */
export function renderApp(path: string, answers: Record<string, Answer> = {}) {
  const table = { ...DEFAULTS, ...answers };
  const calls: { call: string; body: unknown; query: URLSearchParams }[] = [];
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init);
    const text = await request.text();
    const body: unknown = text ? JSON.parse(text) : null;
    const { pathname, searchParams: query } = new URL(request.url);
    const call = `${request.method} ${pathname}`;
    calls.push({ call, body, query });
    const entry = table[call];
    const answer: unknown = typeof entry === "function" ? entry(body, query) : entry;
    if (answer instanceof Refusal) return problem(answer);
    if (answer === undefined) return problem(new Refusal(401, "unauthenticated"));
    return answer === null ? new Response(null, { status: 204 }) : Response.json(answer);
  });
  const sockets: FakeSocket[] = [];
  vi.stubGlobal(
    "WebSocket",
    class extends FakeSocket {
      constructor() {
        super();
        sockets.push(this);
      }
    },
  );
  const client = newQueryClient();
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  const router = newRouter(client, createMemoryHistory({ initialEntries: [path] }));
  const view = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { ...view, client, router, calls, sockets, user: userEvent.setup(), answers: table };
}

function problem({ status, code, errors, members, retryAfter }: Refusal): Response {
  const headers = retryAfter === null ? {} : { "retry-after": String(retryAfter) };
  return Response.json({ title: code, status, code, detail: code, errors, ...members }, { status, headers });
}
