import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { entrance } from "../../api/account";
import { Button } from "../../ui/button";
import { Refusal } from "../../ui/refusal";
import { providersQuery } from "./session";
import styles from "./sign-in.module.css";

/** An invitation is accepted through a provider: without a name and a password to choose. The code stands in no address. */
export function JoinWays({ invite }: { invite: string }) {
  const { t } = useTranslation();
  const { data: providers } = useQuery(providersQuery);
  const { mutate, isPending, error } = useMutation({
    mutationFn: (provider: string) => entrance.joinWith(provider, invite),
    onSuccess: ({ url }) => location.assign(url),
  });
  const items = providers?.items ?? [];
  if (items.length === 0) return null;
  return (
    <div className={styles.ways}>
      <p className={styles.or}>{t("auth.or")}</p>
      <Refusal cause={error} />
      {items.map(({ id, name }) => (
        <Button key={id} icon="leave" aria-disabled={isPending} onClick={() => !isPending && mutate(id)}>
          {t("auth.provider", { name })}
        </Button>
      ))}
    </div>
  );
}
