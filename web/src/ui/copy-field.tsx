import { useTranslation } from "react-i18next";
import { Button } from "./button";
import styles from "./copy-field.module.css";
import { useCopy } from "./use-copy";

interface CopyFieldProps {
  label: string;
  value: string;
  /** The value as it reads best, such as in groups. */
  shown?: string;
}

/** Something to take away: shown whole, selected at a touch, copied by a button. */
export function CopyField({ label, value, shown = value }: CopyFieldProps) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  return (
    <fieldset className={styles.field}>
      <legend className={styles.label}>{label}</legend>
      <div className={styles.box}>
        <code className={styles.value}>{shown}</code>
        <Button icon={copied ? "check" : "copy"} onClick={() => copy(value)}>
          <span role="status">{copied ? t("secret.copied") : t("secret.copy")}</span>
        </Button>
      </div>
    </fieldset>
  );
}
