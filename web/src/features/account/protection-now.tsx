import { useQuery } from "@tanstack/react-query";
import type { TwoFactor } from "../../api/account-wire";
import { useAccountText } from "../../i18n/account";
import styles from "./protection-now.module.css";
import { sessionsQuery } from "./queries";
import { hasFactor } from "./two-factor";

const FEW_CODES = 3;

/** How things stand, at a glance. */
export function ProtectionNow({ factors }: { factors: TwoFactor | undefined }) {
  const t = useAccountText();
  const { data: sessions } = useQuery(sessionsQuery);
  const on = factors && hasFactor(factors);
  const left = factors?.recovery_codes_left ?? 0;
  return (
    <section className={styles.now} aria-label={t("security.now")}>
      <dl className={styles.cells}>
        <div className={styles.cell} data-tone={factors && (on ? "good" : "warn")}>
          <dt>{t("security.second")}</dt>
          <dd>{factors ? t(on ? "security.secondOn" : "security.secondOff") : "…"}</dd>
        </div>
        <div className={styles.cell} data-tone={on ? (left < FEW_CODES ? "warn" : "good") : undefined}>
          <dt>{t("security.codes")}</dt>
          <dd>{left > 0 ? t("security.codesLeft", { count: left }) : t("security.codesNone")}</dd>
        </div>
        <div className={styles.cell}>
          <dt>{t("security.devices")}</dt>
          <dd>{sessions ? t("security.devicesCount", { count: sessions.items.length }) : "…"}</dd>
        </div>
      </dl>
      {factors && !on && <p className={styles.advice}>{t("security.advise")}</p>}
    </section>
  );
}
