import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { asApiError } from "../../api/api-error";
import { api, unwrap } from "../../api/client";
import type { NewAccount, User } from "../../api/wire";

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<User | null> => {
    try {
      return await unwrap(api.GET("/auth/me"));
    } catch (cause) {
      if (asApiError(cause).status === 401) return null;
      throw cause;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => unwrap(api.GET("/auth/setup")),
});

export async function signIn(client: QueryClient, username: string, password: string): Promise<void> {
  const { user } = await unwrap(api.POST("/auth/login", { body: { username, password } }));
  client.setQueryData(sessionQuery.queryKey, user);
}

export async function register(client: QueryClient, account: NewAccount): Promise<void> {
  await unwrap(api.POST("/auth/register", { body: account }));
  await signIn(client, account.username, account.password);
}

/** Forgets everything that belonged to the reader, also when the server cannot be told. */
export async function signOut(client: QueryClient): Promise<void> {
  await api.POST("/auth/logout").catch(() => undefined);
  client.setQueryData(sessionQuery.queryKey, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
}
