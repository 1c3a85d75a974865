import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import type { ApiKey } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { Item } from "../../ui/item";
import { When } from "../../ui/when";
import { keysQuery } from "./queries";

export function KeyItem({ apiKey: key }: { apiKey: ApiKey }) {
  const t = useAccountText();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [now] = useState(Date.now);
  const over = key.expires_at !== null && Date.parse(key.expires_at) < now;
  const facts = [
    <code key="prefix">{key.prefix}…</code>,
    key.scopes.join(", "),
    <When key="used" at={key.last_used_at} say={(when) => t("keys.used", { when })} />,
    key.expires_at && !over ? (
      <When key="ends" at={key.expires_at} say={(when) => t("keys.ends", { when })} />
    ) : null,
    key.expires_at ? null : t("keys.endless"),
    key.addresses.length > 0 ? t("keys.from", { addresses: key.addresses.join(", ") }) : null,
  ].filter((fact) => fact !== null);
  const done = () => {
    setAsking(false);
    void client.invalidateQueries(keysQuery);
  };
  return (
    <Item title={key.name} badges={over && <Badge tone="bad">{t("keys.ended")}</Badge>} facts={facts}>
      <Button
        look="quiet"
        icon="trash"
        aria-label={t("keys.revokeNamed", { name: key.name })}
        onClick={() => setAsking(true)}
      >
        {t("keys.revoke")}
      </Button>
      {asking && (
        <ConfirmDialog
          title={t("keys.revokeTitle", { name: key.name })}
          confirm={t("keys.revoke")}
          action={() => mine.removeKey(key.id)}
          onDone={done}
          onClose={() => setAsking(false)}
        >
          {t("keys.revokeText")}
        </ConfirmDialog>
      )}
    </Item>
  );
}
