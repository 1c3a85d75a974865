import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../api/api-error";
import { api, unwrap } from "../../api/client";
import type { Conversation } from "../../api/wire";
import { useErrorText } from "../../i18n/use-error-text";
import { revealBidi } from "../../lib/bidi";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { conversationsKey } from "./conversations";
import { threadKey } from "./thread-query";

interface DeleteDialogProps {
  conversation: Conversation;
  current: boolean;
  onDone: () => void;
}

export function DeleteDialog({ conversation, current, onDone }: DeleteDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { id, title } = conversation;
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => unwrap(api.DELETE("/conversations/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      onDone();
      if (current) await navigate({ to: "/" });
      client.removeQueries({ queryKey: threadKey(id) });
      await client.invalidateQueries({ queryKey: conversationsKey });
    },
  });
  const actions = (
    <>
      <Button autoFocus onClick={onDone}>
        {t("app.cancel")}
      </Button>
      <Button look="danger" icon="trash" disabled={isPending} onClick={() => mutate()}>
        {t("delete.confirm")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("delete.title")} actions={actions} onClose={onDone}>
      <p>{t("delete.text", { title: revealBidi(title) })}</p>
      {error && <Notice>{errorText(asApiError(error).code)}</Notice>}
    </Dialog>
  );
}
