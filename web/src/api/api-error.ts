import type { Problem } from "./wire";

/** Why a call did not give what was asked. `code` is the server's stable word, or `unreachable` when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: Partial<Problem>, retryAfterSeconds: number | null = null) {
    super(problem.detail ?? problem.title ?? "");
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "internal";
    this.fields = new Map((problem.errors ?? []).map((error) => [error.field, error.code]));
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError(0, { code: "unreachable", detail: cause instanceof Error ? cause.message : "" });
}
