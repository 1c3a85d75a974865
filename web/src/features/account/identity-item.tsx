import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { mine } from "../../api/account";
import type { Identity } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { ConfirmDialog } from "../../ui/confirm-dialog";
import { Item } from "../../ui/item";
import { When } from "../../ui/when";
import { identitiesQuery } from "./queries";

interface IdentityItemProps {
  identity: Identity;
  /** How the server calls the provider. */
  name: string | undefined;
}

export function IdentityItem({ identity, name }: IdentityItemProps) {
  const { id, label, issuer, created_at } = identity;
  const t = useAccountText();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const done = () => {
    setAsking(false);
    void client.invalidateQueries(identitiesQuery);
  };
  const facts = [
    name ?? issuer,
    <When key="since" at={created_at} say={(when) => t("identities.since", { when })} />,
  ];
  return (
    <Item title={label} facts={facts}>
      <Button
        look="quiet"
        icon="trash"
        aria-label={t("identities.removeNamed", { name: label })}
        onClick={() => setAsking(true)}
      >
        {t("identities.remove")}
      </Button>
      {asking && (
        <ConfirmDialog
          title={t("identities.removeTitle", { name: label })}
          confirm={t("identities.remove")}
          action={() => mine.removeIdentity(id)}
          onDone={done}
          onClose={() => setAsking(false)}
        >
          {t("identities.removeText")}
        </ConfirmDialog>
      )}
    </Item>
  );
}
