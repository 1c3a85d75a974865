import { useMutation, useQueryClient } from "@tanstack/react-query";
import { mine } from "../../api/account";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { CopyField } from "../../ui/copy-field";
import { Dialog } from "../../ui/dialog";
import { ShownOnce } from "../../ui/shown-once";
import { NewKeyForm } from "./new-key-form";
import { keysQuery } from "./queries";

interface NewKeyDialogProps {
  role: User["role"];
  onClose: () => void;
}

export function NewKeyDialog({ role, onClose }: NewKeyDialogProps) {
  const t = useAccountText();
  const client = useQueryClient();
  const { mutate, data, isPending, error } = useMutation({
    mutationFn: mine.makeKey,
    onSuccess: () => client.invalidateQueries(keysQuery),
  });
  if (data) {
    return (
      <Dialog key="made" title={t("keys.madeTitle")} wide focus="title">
        <ShownOnce text={t("keys.madeText")} done={t("keys.stored")} onDone={onClose}>
          <CopyField label={t("keys.key")} value={data.key} />
        </ShownOnce>
      </Dialog>
    );
  }
  return (
    <Dialog key="new" title={t("keys.makeTitle")} wide onClose={onClose}>
      <NewKeyForm role={role} busy={isPending} fault={error} onKey={mutate} onCancel={onClose} />
    </Dialog>
  );
}
