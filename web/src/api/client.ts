import createClient from "openapi-fetch";
import { ApiError, asApiError, endsSession } from "./api-error";
import { proveAgain } from "./proof";
import { refreshSession } from "./refresh";
import type { paths } from "./schema";
import type { Problem } from "./wire";

/** Calls whose 401 speaks of the credentials in them, not of a session that ran out. */
const NO_RENEWAL = ["/auth/login", "/auth/register", "/auth/refresh", "/auth/logout"];

/**
 * `fetch` that repeats what was asked after removing what stood in the way: a session that ran out is renewed, and
 * where the server wants a recent proof the person is asked for it. Each at most once.
 */
export async function fetchWithSession(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await fetchRenewed(request);
  if (answer.status !== 403 || (await codeOf(answer)) !== "recent_proof_required") return answer;
  return (await proveAgain()) ? fetchRenewed(again) : answer;
}

async function fetchRenewed(request: Request): Promise<Response> {
  const sentAt = Date.now();
  const again = request.clone();
  const answer = await fetch(request);
  if (answer.status !== 401 || NO_RENEWAL.includes(new URL(request.url).pathname)) return answer;
  if (!endsSession({ status: 401, code: (await codeOf(answer)) ?? "internal" })) return answer;
  return (await refreshSession(sentAt)) === "renewed" ? fetch(again) : answer;
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

async function codeOf(answer: Response): Promise<string | undefined> {
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return asProblem(body).code;
}

function asProblem(body: unknown): Partial<Problem> {
  return typeof body === "object" && body !== null ? body : {};
}
