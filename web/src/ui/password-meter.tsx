import { useTranslation } from "react-i18next";
import { strengthOf } from "../lib/password-strength";
import styles from "./password-meter.module.css";

const STEPS = [1, 2, 3, 4];

/** Advises while a password is typed. It never refuses: the server has the rule. */
export function PasswordMeter({ password, own }: { password: string; own: string[] }) {
  const { t } = useTranslation();
  const { score, advice } = strengthOf(password, own);
  const [first] = advice;
  return (
    <div className={styles.meter} data-score={score}>
      <span className={styles.bars} aria-hidden="true">
        {STEPS.map((step) => (
          <span key={step} data-lit={step <= Math.max(1, score)} />
        ))}
      </span>
      <p role="status" className={styles.words}>
        <span className={styles.score}>
          {t("strength.label")}: {t(`strength.score_${score}`)}
        </span>
        {first && <span>{t(`strength.${first}`)}</span>}
      </p>
    </div>
  );
}
