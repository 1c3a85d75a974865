import { useAccountText } from "../../i18n/account";
import { Badge } from "../../ui/badge";
import { Icon } from "../../ui/icon";
import styles from "./enrolment-wall.module.css";

interface ChooseFactorProps {
  withPasskey: boolean;
  busy: boolean;
  onPasskey: () => void;
  onApp: () => void;
}

export function ChooseFactor({ withPasskey, busy, onPasskey, onApp }: ChooseFactorProps) {
  const t = useAccountText();
  return (
    <div className={styles.choices}>
      {withPasskey && (
        <button type="button" className={styles.choice} onClick={onPasskey}>
          <Icon name="key" size={24} />
          <span className={styles.name}>
            {t("wall.passkey")} <Badge tone="good">{t("wall.best")}</Badge>
          </span>
          <span className={styles.text}>{t("wall.passkeyText")}</span>
        </button>
      )}
      <button type="button" className={styles.choice} aria-disabled={busy} onClick={() => !busy && onApp()}>
        <Icon name="phone" size={24} />
        <span className={styles.name}>{t("wall.app")}</span>
        <span className={styles.text}>{t("wall.appText")}</span>
      </button>
    </div>
  );
}
