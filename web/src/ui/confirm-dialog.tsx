import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Refusal, useMustWait } from "./refusal";

interface ConfirmDialogProps {
  title: string;
  children: ReactNode;
  confirm: string;
  /** What happens when it is confirmed. The dialog stays and says why when it is refused. */
  action: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

/** Asks once more before something that cannot be taken back. */
export function ConfirmDialog({ title, children, confirm, action, onDone, onClose }: ConfirmDialogProps) {
  const { t } = useTranslation();
  const { mutate, isPending, error } = useMutation({ mutationFn: action, onSuccess: onDone });
  const held = useMustWait(error) || isPending;
  const actions = (
    <>
      <Button autoFocus onClick={onClose}>
        {t("app.cancel")}
      </Button>
      <Button look="danger" aria-disabled={held} onClick={() => !held && mutate()}>
        {confirm}
      </Button>
    </>
  );
  return (
    <Dialog title={title} actions={actions} onClose={onClose}>
      <p>{children}</p>
      <Refusal cause={error} />
    </Dialog>
  );
}
