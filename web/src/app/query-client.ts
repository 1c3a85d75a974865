import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { asApiError } from "../api/api-error";
import { sessionQuery } from "../features/auth/session";

const MOST_RETRIES = 2;

/** A call that still gets 401 after the session could not be renewed ends the session, wherever it was made. */
export function newQueryClient(): QueryClient {
  const onError = (cause: unknown) => {
    const { status, code } = asApiError(cause);
    if (status === 401 && code !== "invalid_credentials") client.setQueryData(sessionQuery.queryKey, null);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // A self-hosted server may be reachable when the internet is not: `always`.
      queries: {
        networkMode: "always",
        retry: (count, cause) => count < MOST_RETRIES && isPassing(asApiError(cause).status),
      },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}

function isPassing(status: number): boolean {
  return status === 0 || status >= 500;
}
