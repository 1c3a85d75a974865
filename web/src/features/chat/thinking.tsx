import { useTranslation } from "react-i18next";
import { revealBidi } from "../../lib/bidi";
import { Icon } from "../../ui/icon";
import styles from "./thinking.module.css";

/** What a model thought before it answered, folded away. */
export function Thinking({ text, growing }: { text: string; growing: boolean }) {
  const { t } = useTranslation();
  return (
    <details className={styles.thinking}>
      <summary className={styles.summary} data-growing={growing}>
        <Icon name="chevron" size={14} />
        {growing ? t("chat.thinking") : t("chat.thought")}
      </summary>
      <p className={styles.text}>{revealBidi(text)}</p>
    </details>
  );
}
