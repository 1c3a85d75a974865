import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import { useAccountText } from "../../i18n/account";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import type { FactorSectionProps } from "./app-section";
import { CodesDialog } from "./codes-dialog";
import { hasFactor, refreshFactors } from "./two-factor";

const FEW = 3;

export function CodesSection({ factors, username }: FactorSectionProps) {
  const t = useAccountText();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [codes, setCodes] = useState<string[] | null>(null);
  const left = factors.data?.recovery_codes_left ?? 0;
  const badge = factors.data && hasFactor(factors.data) && (
    <Badge tone={left < FEW ? "warn" : "good"}>{t("codes.left", { count: left })}</Badge>
  );
  const renew = async () => {
    const { recovery_codes } = await mine.renewRecoveryCodes();
    setCodes(recovery_codes);
    void refreshFactors(client);
  };
  return (
    <Section title={t("codes.title")} text={t("codes.text")} icon="print" badge={badge}>
      <Loaded query={factors}>
        {(known) =>
          hasFactor(known) ? (
            <Button icon="retry" onClick={() => setAsking(true)}>
              {t("codes.renew")}
            </Button>
          ) : (
            <p>{t("codes.later")}</p>
          )
        }
      </Loaded>
      {asking && (
        <ConfirmDialog
          title={t("codes.renewTitle")}
          confirm={t("codes.renew")}
          action={renew}
          onDone={() => setAsking(false)}
          onClose={() => setAsking(false)}
        >
          {t("codes.renewText")}
        </ConfirmDialog>
      )}
      {codes && <CodesDialog codes={codes} username={username} onKept={() => setCodes(null)} />}
    </Section>
  );
}
