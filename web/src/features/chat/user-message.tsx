import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { revealBidi } from "../../lib/bidi";
import { VisuallyHidden } from "../../ui/visually-hidden";
import { DamagedMessage } from "./damaged-message";
import styles from "./user-message.module.css";

interface UserMessageProps {
  text: string;
  damaged?: boolean;
  /** What is to say about a message that is still on its way. */
  status?: ReactNode;
}

export function UserMessage({ text, damaged = false, status }: UserMessageProps) {
  const { t } = useTranslation();
  return (
    <article className={styles.message}>
      <h2>
        <VisuallyHidden>{t("chat.you")}</VisuallyHidden>
      </h2>
      {damaged ? <DamagedMessage /> : <p className={styles.bubble}>{revealBidi(text)}</p>}
      {status}
    </article>
  );
}
