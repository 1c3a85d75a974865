import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import type { Passkey } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { Item } from "../../ui/item";
import { Refusal } from "../../ui/refusal";
import { When } from "../../ui/when";
import { NameForm } from "./name-form";
import { refreshFactors } from "./two-factor";

export function PasskeyItem({ passkey: { id, name, created_at, last_used_at } }: { passkey: Passkey }) {
  const t = useAccountText();
  const client = useQueryClient();
  const [doing, setDoing] = useState<"renaming" | "removing" | null>(null);
  const done = () => {
    setDoing(null);
    void refreshFactors(client);
  };
  const rename = useMutation({ mutationFn: (to: string) => mine.renamePasskey(id, to), onSuccess: done });
  const stop = () => setDoing(null);
  if (doing === "renaming") {
    return (
      <li>
        <Refusal cause={rename.error} />
        <NameForm name={name} busy={rename.isPending} onName={rename.mutate} onCancel={stop} />
      </li>
    );
  }
  const facts = [
    <When key="used" at={last_used_at} say={(when) => t("passkeys.used", { when })} />,
    <When key="added" at={created_at} say={(when) => t("passkeys.added", { when })} />,
  ];
  return (
    <Item title={name} facts={facts}>
      <Button
        look="quiet"
        icon="pencil"
        aria-label={t("passkeys.renameNamed", { name })}
        onClick={() => setDoing("renaming")}
      >
        {t("passkeys.rename")}
      </Button>
      <Button
        look="quiet"
        icon="trash"
        aria-label={t("passkeys.removeNamed", { name })}
        onClick={() => setDoing("removing")}
      >
        {t("passkeys.remove")}
      </Button>
      {doing === "removing" && (
        <ConfirmDialog
          title={t("passkeys.removeTitle", { name })}
          confirm={t("passkeys.remove")}
          action={() => mine.removePasskey(id)}
          onDone={done}
          onClose={stop}
        >
          {t("passkeys.removeText")}
        </ConfirmDialog>
      )}
    </Item>
  );
}
