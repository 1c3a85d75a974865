import { useAccountText } from "../../i18n/account";
import { Dialog } from "../../ui/dialog";
import { RecoveryCodes } from "./recovery-codes";

interface CodesDialogProps {
  codes: readonly string[];
  username: string;
  onKept: () => void;
}

/** It stays until the codes are kept: they cannot be shown again. */
export function CodesDialog({ codes, username, onKept }: CodesDialogProps) {
  const t = useAccountText();
  return (
    <Dialog title={t("codes.shownTitle")} wide focus="title">
      <p>{t("codes.shownText")}</p>
      <RecoveryCodes codes={codes} username={username} doneLabel={t("codes.done")} onKept={onKept} />
    </Dialog>
  );
}
