import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Providers } from "../../api/account-wire";
import { Icon } from "../../ui/icon";
import { providersQuery } from "./session";
import styles from "./sign-in.module.css";

interface ProviderLinkProps {
  provider: Providers["items"][number];
  /** Where one goes afterwards. */
  next: string;
}

/** A link and no button: the browser leaves this page. */
export function ProviderLink({ provider: { id, name }, next }: ProviderLinkProps) {
  const { t } = useTranslation();
  return (
    <a
      className={styles.provider}
      href={`/auth/oidc/${encodeURIComponent(id)}/start?return_to=${encodeURIComponent(next)}`}
    >
      <Icon name="leave" size={16} />
      {t("auth.provider", { name })}
    </a>
  );
}

/** Everybody who may vouch, where that is the only other way. */
export function ProviderLinks({ next }: { next: string }) {
  const { t } = useTranslation();
  const { data: providers } = useQuery(providersQuery);
  const items = providers?.items ?? [];
  if (items.length === 0) return null;
  return (
    <div className={styles.ways}>
      <p className={styles.or}>{t("auth.or")}</p>
      {items.map((provider) => (
        <ProviderLink key={provider.id} provider={provider} next={next} />
      ))}
    </div>
  );
}
