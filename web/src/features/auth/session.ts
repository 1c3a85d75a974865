import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { type Credentials, entrance } from "../../api/account";
import type { NewAccount } from "../../api/account-wire";
import { asApiError, endsSession } from "../../api/api-error";
import { api, unwrap } from "../../api/client";
import type { User } from "../../api/wire";

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<User | null> => {
    try {
      return await unwrap(api.GET("/auth/me"));
    } catch (cause) {
      if (endsSession(asApiError(cause))) return null;
      throw cause;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => unwrap(api.GET("/auth/setup")),
});

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: entrance.providers,
  staleTime: 300_000,
});

/** Why one has to sign in (again): from elsewhere, by time, or by one's own hand. */
export type Ending = "elsewhere" | "ended" | "own";
const endingKey = ["session-end"];

/** Nobody is signed in any more. The first reason that is known stays. */
export function endSession(client: QueryClient, why: Ending): void {
  if (!client.getQueryData(sessionQuery.queryKey)) return;
  client.setQueryData<Ending>(endingKey, (known) => known ?? why);
  client.setQueryData(sessionQuery.queryKey, null);
}

export function lastEnding(client: QueryClient): Ending | undefined {
  return client.getQueryData<Ending>(endingKey);
}

/** What the person before saw is gone before the next one looks. */
export function welcome(client: QueryClient, user: User): void {
  client.removeQueries({
    predicate: ({ queryKey }) => queryKey[0] !== "setup" && queryKey[0] !== "providers",
  });
  client.setQueryData(sessionQuery.queryKey, user);
}

export async function signIn(client: QueryClient, credentials: Credentials): Promise<void> {
  const { user } = await entrance.logIn(credentials);
  welcome(client, user);
}

export async function register(client: QueryClient, account: NewAccount): Promise<void> {
  await entrance.register(account);
  await signIn(client, { username: account.username, password: account.password });
}

/** Forgets everything that belonged to the reader, also when the server cannot be told. */
export async function signOut(client: QueryClient): Promise<void> {
  // The socket may hear of it before the answer is here.
  client.setQueryData<Ending>(endingKey, "own");
  await api.POST("/auth/logout").catch(() => undefined);
  endSession(client, "own");
  client.removeQueries({
    predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] && queryKey[0] !== endingKey[0],
  });
}
