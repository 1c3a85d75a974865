import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../../api/client";
import { useLive } from "./live-context";
import { threadKey } from "./thread-query";

/** Asks for another answer to the last message. The new answer arrives as events. */
export function useRegenerate(id: string) {
  const client = useQueryClient();
  const live = useLive();
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST("/conversations/{id}/regenerate", { params: { path: { id } }, body: {} })),
    onSuccess: async () => {
      if (live.state().connection !== "live") await client.invalidateQueries({ queryKey: threadKey(id) });
    },
  });
}
