import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { revealBidi } from "../../lib/bidi";
import { VisuallyHidden } from "../../ui/visually-hidden";
import styles from "./user-message.module.css";

interface UserMessageProps {
  text: string;
  /** What is to say about a message that is still on its way. */
  status?: ReactNode;
}

export function UserMessage({ text, status }: UserMessageProps) {
  const { t } = useTranslation();
  return (
    <article className={styles.message}>
      <h2>
        <VisuallyHidden>{t("chat.you")}</VisuallyHidden>
      </h2>
      <p className={styles.bubble}>{revealBidi(text)}</p>
      {status}
    </article>
  );
}
