import createClient from "openapi-fetch";
import { ApiError, asApiError } from "./api-error";
import { refreshSession } from "./refresh";
import type { paths } from "./schema";
import type { Problem } from "./wire";

/** Calls whose 401 speaks of the credentials in them, not of a session that ran out. */
const NO_RENEWAL = ["/auth/login", "/auth/register", "/auth/refresh", "/auth/logout"];

/** `fetch` that renews the session once when it has run out, then tries again. */
export async function fetchWithSession(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await fetch(request);
  if (answer.status !== 401 || NO_RENEWAL.includes(new URL(request.url).pathname)) return answer;
  return (await refreshSession()) === "renewed" ? fetch(again) : answer;
}

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  credentials: "same-origin",
  fetch: fetchWithSession,
});

/** The data of an answer, or an `ApiError` thrown for the query or mutation that asked. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw asApiError(cause);
  });
  if (response.ok) return data as T;
  const retryAfter = Number(response.headers.get("retry-after"));
  throw new ApiError(response.status, asProblem(error), retryAfter > 0 ? retryAfter : null);
}

function asProblem(body: unknown): Partial<Problem> {
  return typeof body === "object" && body !== null ? body : {};
}
