import type { Problem } from "./wire";

/** Why a call did not give what was asked. `code` is the server's stable word, or `unreachable` when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly retryAfterSeconds: number | null;
  /** What the problem says beside its usual members (RFC 9457, 3.2). */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Partial<Problem>, retryAfterSeconds: number | null = null) {
    super(problem.detail ?? problem.title ?? "");
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "internal";
    this.fields = new Map((problem.errors ?? []).map((error) => [error.field, error.code]));
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = { ...problem };
  }
}

export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError(0, { code: "unreachable", detail: cause instanceof Error ? cause.message : "" });
}

/** The words of a 401 that speaks of the session. The others speak of a password or a code in the call. */
const SESSION_CODES = ["unauthenticated", "internal"];

/** Nobody is signed in any more. */
export function endsSession({ status, code }: { status: number; code: string }): boolean {
  return status === 401 && SESSION_CODES.includes(code);
}
