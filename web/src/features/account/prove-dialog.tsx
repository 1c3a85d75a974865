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
import { identitiesQuery, providersQuery } from "./queries";
import { hasFactor, twoFactorQuery } from "./two-factor";

interface ProveDialogProps {
  user: User;
  onSettled: (proved: boolean) => void;
}

/** The address to leave for, where the proof is elsewhere. */
async function prove(proof: Proof | null): Promise<string | null> {
  if (proof === null) await proveWithPasskey();
  else if ("password" in proof) await mine.prove(proof);
  else {
    const { provider, otp } = proof;
    const back = { return_to: location.pathname, ...(otp && { otp }) };
    return (await mine.proveWith(provider, back)).url;
  }
  return null;
}

/** Asks again who one is, before something that changes who can get in. */
export function ProveDialog({ user, onSettled }: ProveDialogProps) {
  const t = useAccountText();
  const { data: factors } = useQuery(twoFactorQuery);
  const { mutate, isPending, error } = useMutation({
    mutationFn: prove,
    // Whoever goes to a provider leaves this page, and comes back to it proved.
    onSuccess: (away) => (away ? location.assign(away) : onSettled(true)),
  });
  const { data: identities } = useQuery(identitiesQuery);
  const { data: offered } = useQuery(providersQuery);
  const known = identities?.items.map(({ provider }) => provider) ?? [];
  const providers =
    identities?.has_password === false ? (offered?.items ?? []).filter(({ id }) => known.includes(id)) : null;
  const waiting = useMustWait(error);
  const withPasskey = passkeysWork() && (factors?.passkeys.length ?? 0) > 0;
  const code = factors && hasFactor(factors) ? (factors.totp ? "app" : "recovery") : null;
  const wrong = error && asApiError(error).code === "invalid_credentials";
  return (
    <Dialog title={t("prove.title")} onClose={() => onSettled(false)}>
      <p>{providers ? t("prove.providerText") : t("prove.text")}</p>
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
        providers={providers}
        busy={isPending}
        waiting={waiting}
        onProof={mutate}
        onCancel={() => onSettled(false)}
      />
      <p className={styles.foot}>{t("prove.noPassword")}</p>
    </Dialog>
  );
}
