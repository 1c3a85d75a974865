import { useAccountText } from "../../i18n/account";
import styles from "./enrolment-wall.module.css";

const STEPS = [1, 2, 3] as const;

/** How far one is, as a line of light. */
export function WallSteps({ at }: { at: (typeof STEPS)[number] }) {
  const t = useAccountText();
  return (
    <p className={styles.steps}>
      <span aria-hidden="true" className={styles.bars}>
        {STEPS.map((step) => (
          <span key={step} data-lit={step <= at} />
        ))}
      </span>
      {t("wall.step", { at, of: STEPS.length })}
    </p>
  );
}
