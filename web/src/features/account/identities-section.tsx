import { useMutation, useQuery } from "@tanstack/react-query";
import { mine } from "../../api/account";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Items } from "../../ui/item";
import { Loaded } from "../../ui/loaded";
import { Refusal } from "../../ui/refusal";
import { Section } from "../../ui/section";
import { IdentityItem } from "./identity-item";
import { identitiesQuery, providersQuery } from "./queries";

/** Nothing where the server knows no provider and nobody is connected. */
export function IdentitiesSection() {
  const t = useAccountText();
  const identities = useQuery(identitiesQuery);
  const { data: providers } = useQuery(providersQuery);
  const { mutate, isPending, error } = useMutation({
    mutationFn: mine.linkIdentity,
    onSuccess: ({ url }) => location.assign(url),
  });
  const offered = providers?.items ?? [];
  if (offered.length === 0 && (identities.data?.items ?? []).length === 0) return null;
  return (
    <Section title={t("identities.title")} text={t("identities.text")} icon="link">
      <Loaded query={identities}>
        {({ items }) =>
          items.length > 0 ? (
            <Items label={t("identities.title")}>
              {items.map((identity) => (
                <IdentityItem
                  key={identity.id}
                  identity={identity}
                  name={offered.find(({ id }) => id === identity.provider)?.name}
                />
              ))}
            </Items>
          ) : (
            <p>{t("identities.none")}</p>
          )
        }
      </Loaded>
      <Refusal cause={error} />
      {offered.map(({ id, name }) => (
        <Button key={id} icon="link" aria-disabled={isPending} onClick={() => !isPending && mutate(id)}>
          {t("identities.connect", { name })}
        </Button>
      ))}
    </Section>
  );
}
