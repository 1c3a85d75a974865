import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Items } from "../../ui/item";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import { InviteDialog } from "./invite-dialog";
import { InviteItem } from "./invite-item";
import { invitesQuery } from "./queries";

export function InvitesSection({ me }: { me: User }) {
  const t = useAccountText();
  const invites = useQuery(invitesQuery);
  const [making, setMaking] = useState(false);
  return (
    <Section title={t("invites.title")} text={t("invites.text")} icon="mail">
      <Button icon="plus" onClick={() => setMaking(true)}>
        {t("invites.make")}
      </Button>
      <Loaded query={invites}>
        {({ items }) =>
          items.length > 0 ? (
            <Items label={t("invites.title")}>
              {items.map((invite) => (
                <InviteItem key={invite.id} invite={invite} />
              ))}
            </Items>
          ) : (
            <p>{t("invites.none")}</p>
          )
        }
      </Loaded>
      {making && <InviteDialog me={me} onClose={() => setMaking(false)} />}
    </Section>
  );
}
