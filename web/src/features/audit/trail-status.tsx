import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { AuditStatus } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { distance, exactly } from "../../lib/moment";
import { CopyField } from "../../ui/copy-field";
import { Loaded } from "../../ui/loaded";
import styles from "./trail-status.module.css";

const COMMAND = "jarvis audit verify";

interface TrailStatusProps {
  query: UseQueryResult<AuditStatus>;
  /** The last event that the list knows of: it may be ahead. */
  latest: number;
}

/** How long the trail is, how much of it a signature vouches for, and how to check that oneself. */
export function TrailStatus({ query, latest }: TrailStatusProps) {
  const t = useAccountText();
  return (
    <section className={styles.status} aria-label={t("audit.status")}>
      <Loaded query={query}>
        {(status) => <Facts status={status} latest={latest} now={query.dataUpdatedAt} />}
      </Loaded>
      <details className={styles.check}>
        <summary className={styles.how}>{t("audit.check")}</summary>
        <div className={styles.steps}>
          <p>{t("audit.checkText")}</p>
          <CopyField label={t("audit.command")} value={COMMAND} />
          {query.data && <CopyField label={t("audit.key")} value={query.data.key} />}
        </div>
      </details>
    </section>
  );
}

function Facts({ status, latest, now }: { status: AuditStatus; latest: number; now: number }) {
  const t = useAccountText();
  const { i18n } = useTranslation();
  const { vouched_for: vouched, checkpoint_at: at } = status;
  const size = Math.max(status.size, latest);
  const written = (count: number) => new Intl.NumberFormat(i18n.language).format(count);
  return (
    <dl className={styles.facts}>
      <div className={styles.fact}>
        <dt>{t("audit.size")}</dt>
        <dd>{written(size)}</dd>
      </div>
      <div className={styles.fact} data-tone={vouched > 0 ? "good" : "warn"}>
        <dt>{t("audit.vouched")}</dt>
        <dd>{vouched > 0 ? t("audit.upTo", { seq: written(vouched) }) : t("audit.notYet")}</dd>
      </div>
      <div className={styles.fact}>
        <dt>{t("audit.checkpoint")}</dt>
        <dd>
          {at === null ? (
            t("audit.firstSoon")
          ) : (
            <time dateTime={at} title={exactly(at, i18n.language)}>
              {distance(at, now, i18n.language)}
            </time>
          )}
        </dd>
      </div>
      <div className={styles.fact}>
        <dt>{t("audit.open")}</dt>
        <dd>{written(Math.max(0, size - vouched))}</dd>
      </div>
    </dl>
  );
}
