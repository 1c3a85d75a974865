import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { asApiError, endsSession } from "../api/api-error";
import { NONE_BUT_REQUIRED, twoFactorQuery } from "../features/account/two-factor";
import { endSession } from "../features/auth/session";

const MOST_RETRIES = 2;

/**
 * A call that still gets 401 after the session could not be renewed ends the session, wherever it was made. One that is
 * refused for want of a second factor puts up the wall.
 */
export function newQueryClient(): QueryClient {
  const onError = (cause: unknown) => {
    const error = asApiError(cause);
    if (endsSession(error)) endSession(client, "ended");
    if (error.code === "second_factor_enrolment_required") {
      client.setQueryData(twoFactorQuery.queryKey, NONE_BUT_REQUIRED);
    }
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
