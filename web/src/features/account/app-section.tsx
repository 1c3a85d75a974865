import { type UseQueryResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import type { TwoFactor } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { Dialog } from "../../ui/dialog";
import { Loaded } from "../../ui/loaded";
import { Refusal } from "../../ui/refusal";
import { Section } from "../../ui/section";
import { CodesDialog } from "./codes-dialog";
import { TotpForm } from "./totp-form";
import { refreshFactors } from "./two-factor";

export interface FactorSectionProps {
  factors: UseQueryResult<TwoFactor>;
  username: string;
}

export function AppSection({ factors, username }: FactorSectionProps) {
  const t = useAccountText();
  const client = useQueryClient();
  const [codes, setCodes] = useState<string[] | null>(null);
  const [removing, setRemoving] = useState(false);
  const { mutate, data: secret, isPending, error, reset } = useMutation({ mutationFn: mine.beginTotp });
  const on = factors.data?.totp;
  const turnedOn = (made: string[]) => {
    reset();
    if (made.length > 0) setCodes(made);
    void refreshFactors(client);
  };
  const badge = on !== undefined && (
    <Badge tone={on ? "good" : "plain"}>{t(on ? "totp.on" : "totp.off")}</Badge>
  );
  return (
    <Section title={t("totp.title")} text={t("totp.text")} icon="phone" badge={badge}>
      <Refusal cause={error} />
      <Loaded query={factors}>
        {({ totp }) =>
          totp ? (
            <Button onClick={() => setRemoving(true)}>{t("totp.remove")}</Button>
          ) : (
            <Button icon="plus" aria-disabled={isPending} onClick={() => !isPending && mutate()}>
              {t("totp.setUp")}
            </Button>
          )
        }
      </Loaded>
      {secret && (
        <Dialog title={t("totp.title")} wide focus="title" onClose={reset}>
          <TotpForm secret={secret} onOn={turnedOn} onCancel={reset} />
        </Dialog>
      )}
      {codes && <CodesDialog codes={codes} username={username} onKept={() => setCodes(null)} />}
      {removing && (
        <ConfirmDialog
          title={t("totp.removeTitle")}
          confirm={t("totp.remove")}
          action={mine.removeTotp}
          onDone={() => {
            setRemoving(false);
            void refreshFactors(client);
          }}
          onClose={() => setRemoving(false)}
        >
          {t("totp.removeText")}
        </ConfirmDialog>
      )}
    </Section>
  );
}
