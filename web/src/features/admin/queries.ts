import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { people } from "../../api/account";

export const peopleKey = ["people"];

export function peopleQuery(search: string) {
  return infiniteQueryOptions({
    queryKey: [...peopleKey, search],
    queryFn: ({ pageParam }) => people.list(search, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });
}

export const invitesQuery = queryOptions({ queryKey: ["invites"], queryFn: people.invites });
