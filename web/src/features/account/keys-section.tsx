import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Items } from "../../ui/item";
import { Loaded } from "../../ui/loaded";
import { Section } from "../../ui/section";
import { KeyItem } from "./key-item";
import { NewKeyDialog } from "./new-key-dialog";
import { keysQuery } from "./queries";
import { RevokeKeys } from "./revoke-keys";

export function KeysSection({ role }: { role: User["role"] }) {
  const t = useAccountText();
  const keys = useQuery(keysQuery);
  const [making, setMaking] = useState(false);
  return (
    <Section title={t("keys.title")} text={t("keys.text")} icon="key">
      <Loaded query={keys}>
        {({ items }) =>
          items.length > 0 ? (
            <>
              <Items label={t("keys.title")}>
                {items.map((key) => (
                  <KeyItem key={key.id} apiKey={key} />
                ))}
              </Items>
              {items.length > 1 && <RevokeKeys />}
            </>
          ) : (
            <p>{t("keys.none")}</p>
          )
        }
      </Loaded>
      <Button icon="plus" onClick={() => setMaking(true)}>
        {t("keys.make")}
      </Button>
      {making && <NewKeyDialog role={role} onClose={() => setMaking(false)} />}
    </Section>
  );
}
