import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { people } from "../../api/account";
import type { Invite } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import { exactly } from "../../lib/moment";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Item } from "../../ui/item";
import { Refusal } from "../../ui/refusal";
import { invitesQuery } from "./queries";

export function InviteItem({ invite }: { invite: Invite }) {
  const t = useAccountText();
  const { i18n } = useTranslation();
  const client = useQueryClient();
  const [now] = useState(Date.now);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => people.revokeInvite(invite.id),
    onSettled: () => client.invalidateQueries(invitesQuery),
  });
  const name = invite.email ?? t("invites.anybody");
  const used = Boolean(invite.used_at);
  const over = !used && Date.parse(invite.expires_at) < now;
  const badges = (
    <>
      <Badge tone={invite.role === "user" ? "plain" : "special"}>{t(`people.role_${invite.role}`)}</Badge>
      {used && <Badge tone="good">{t("invites.used")}</Badge>}
      {over && <Badge tone="bad">{t("invites.over")}</Badge>}
    </>
  );
  const facts = used || over ? [] : [t("invites.ends", { when: exactly(invite.expires_at, i18n.language) })];
  return (
    <Item title={name} badges={badges} facts={facts}>
      <Refusal cause={error} />
      {!used && (
        <Button
          look="quiet"
          icon="trash"
          aria-label={t("invites.revokeNamed", { name })}
          aria-disabled={isPending}
          onClick={() => !isPending && mutate()}
        >
          {t("invites.revoke")}
        </Button>
      )}
    </Item>
  );
}
