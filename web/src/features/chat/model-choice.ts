import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, unwrap } from "../../api/client";
import type { Conversation, ModelList } from "../../api/wire";
import { conversationKey, conversationQuery } from "./conversations";
import { useModels } from "./models";

interface ModelChoice {
  models: ModelList | undefined;
  /** The model that would answer now. */
  current: string | null;
  /** The one the reader asked for; null leaves it to the server. */
  picked: string | null;
  pick: (model: string) => void;
  /** True when it is known that no model can answer. */
  none: boolean;
}

/** A conversation keeps its model on the server; before it exists the choice is part of the address. */
export function useModelChoice(conversationId: string | null): ModelChoice {
  const client = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const { data: models } = useModels();
  const { data: conversation } = useQuery({
    ...conversationQuery(conversationId ?? ""),
    enabled: conversationId !== null,
  });
  const { mutate } = useMutation({
    mutationFn: ({ id, model }: { id: string; model: string }) =>
      unwrap(api.PATCH("/conversations/{id}", { params: { path: { id } }, body: { model } })),
    onSuccess: (changed: Conversation) => client.setQueryData(conversationKey(changed.id), changed),
  });
  const picked = (conversationId ? conversation?.model : search.model) ?? null;
  const pick = (model: string) => {
    if (conversationId) mutate({ id: conversationId, model });
    else void navigate({ to: "/", search: { model }, replace: true });
  };
  return {
    models,
    current: picked ?? models?.default ?? null,
    picked,
    pick,
    none: models?.items.length === 0,
  };
}
