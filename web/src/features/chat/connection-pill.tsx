import { useTranslation } from "react-i18next";
import styles from "./connection-pill.module.css";
import { useLiveState } from "./live-context";

export function ConnectionPill() {
  const { t } = useTranslation();
  const { connection } = useLiveState();
  return (
    <p
      role="status"
      className={styles.pill}
      data-connection={connection}
      title={connection === "live" ? undefined : t("connection.hint")}
    >
      <span className={styles.dot} />
      <span className={styles.word}>{t(`connection.${connection}`)}</span>
    </p>
  );
}
