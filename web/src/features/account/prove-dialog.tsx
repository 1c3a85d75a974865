import { useMutation, useQuery } from "@tanstack/react-query";
import { mine } from "../../api/account";
import { asApiError } from "../../api/api-error";
import { passkeysWork, proveWithPasskey } from "../../api/passkeys";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { Refusal, useMustWait } from "../../ui/refusal";
import styles from "./prove-dialog.module.css";
import { type Proof, ProveForm } from "./prove-form";
import { hasFactor, twoFactorQuery } from "./two-factor";

interface ProveDialogProps {
  user: User;
  onSettled: (proved: boolean) => void;
}

/** Asks again who one is, before something that changes who can get in. */
export function ProveDialog({ user, onSettled }: ProveDialogProps) {
  const t = useAccountText();
  const { data: factors } = useQuery(twoFactorQuery);
  const { mutate, isPending, error } = useMutation({
    mutationFn: (proof: Proof | null) => (proof ? mine.prove(proof) : proveWithPasskey()),
    onSuccess: () => onSettled(true),
  });
  const waiting = useMustWait(error);
  const withPasskey = passkeysWork() && (factors?.passkeys.length ?? 0) > 0;
  const code = factors && hasFactor(factors) ? (factors.totp ? "app" : "recovery") : null;
  const wrong = error && asApiError(error).code === "invalid_credentials";
  return (
    <Dialog title={t("prove.title")} onClose={() => onSettled(false)}>
      <p>{t("prove.text")}</p>
      <div className={styles.fault}>
        {wrong ? (
          <Notice>{code ? t("prove.wrongBoth") : t("prove.wrong")}</Notice>
        ) : (
          <Refusal cause={error} />
        )}
      </div>
      {withPasskey && (
        <Button
          icon="key"
          className={styles.passkey}
          aria-disabled={isPending}
          onClick={() => !isPending && mutate(null)}
        >
          {t("prove.passkey")}
        </Button>
      )}
      <ProveForm
        username={user.username}
        code={code}
        busy={isPending}
        waiting={waiting}
        onProof={mutate}
        onCancel={() => onSettled(false)}
      />
      <p className={styles.foot}>{t("prove.noPassword")}</p>
    </Dialog>
  );
}
