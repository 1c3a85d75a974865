import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../../api/client";

const WHILE_NONE_MS = 3_000;
const OTHERWISE_MS = 60_000;

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => unwrap(api.GET("/models")),
  refetchInterval: ({ state }) => (state.data?.items.length ? OTHERWISE_MS : WHILE_NONE_MS),
});

export const useModels = () => useQuery(modelsQuery);
