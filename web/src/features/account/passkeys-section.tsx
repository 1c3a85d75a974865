import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PasskeyMade } from "../../api/account-wire";
import { passkeysWork } from "../../api/passkeys";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Items } from "../../ui/item";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import type { FactorSectionProps } from "./app-section";
import { CodesDialog } from "./codes-dialog";
import { PasskeyForm } from "./passkey-form";
import { PasskeyItem } from "./passkey-item";
import { providersQuery } from "./queries";
import { refreshFactors } from "./two-factor";

export function PasskeysSection({ factors, username }: FactorSectionProps) {
  const t = useAccountText();
  const { t: common } = useTranslation();
  const client = useQueryClient();
  const { data: providers } = useQuery(providersQuery);
  const [adding, setAdding] = useState(false);
  const [codes, setCodes] = useState<string[] | null>(null);
  const possible = passkeysWork() && (providers?.passkeys ?? true);
  const close = () => setAdding(false);
  const made = ({ recovery_codes }: PasskeyMade) => {
    close();
    if (recovery_codes?.length) setCodes(recovery_codes);
    void refreshFactors(client);
  };
  return (
    <Section title={t("passkeys.title")} text={t("passkeys.text")} icon="key">
      <Loaded query={factors}>
        {({ passkeys }) =>
          passkeys.length > 0 ? (
            <Items label={t("passkeys.title")}>
              {passkeys.map((passkey) => (
                <PasskeyItem key={passkey.id} passkey={passkey} />
              ))}
            </Items>
          ) : (
            <p>{t("passkeys.none")}</p>
          )
        }
      </Loaded>
      {possible ? (
        <Button icon="plus" onClick={() => setAdding(true)}>
          {t("passkeys.add")}
        </Button>
      ) : (
        <p>{t("passkeys.unsupported")}</p>
      )}
      {adding && (
        <Dialog title={t("passkeys.addTitle")} onClose={close}>
          <p>{t("passkeys.addText")}</p>
          <PasskeyForm onMade={made} cancel={<Button onClick={close}>{common("app.cancel")}</Button>} />
        </Dialog>
      )}
      {codes && <CodesDialog codes={codes} username={username} onKept={() => setCodes(null)} />}
    </Section>
  );
}
