import { useTranslation } from "react-i18next";
import type { Message } from "../../api/wire";
import { Button } from "../../ui/button";
import { Orb, type OrbState } from "../../ui/orb";
import { useCopy } from "../../ui/use-copy";
import { VisuallyHidden } from "../../ui/visually-hidden";
import { AnswerFailure } from "./answer-failure";
import styles from "./assistant-message.module.css";
import { DamagedMessage } from "./damaged-message";
import { MessageText } from "./message-text";
import type { Retrying } from "./stream";
import { Thinking } from "./thinking";

interface AssistantMessageProps {
  message: Message;
  newest: boolean;
  retrying: Retrying | null;
  onRetry?: (() => void) | undefined;
}

export function AssistantMessage({ message, newest, retrying, onRetry }: AssistantMessageProps) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const growing = message.status === "streaming";
  const { content, thinking, history_cut: cut } = message;
  return (
    <article className={styles.message} aria-busy={growing}>
      <header className={styles.head}>
        <Orb state={orbState(message)} still={!newest} />
        <h2 className={styles.name}>{t("chat.jarvis")}</h2>
        {message.model && <span className={styles.model}>{message.model}</span>}
      </header>
      <div className={styles.body}>
        {cut > 0 && <p className={styles.aside}>{t("chat.cut", { count: cut })}</p>}
        {thinking && <Thinking text={thinking} growing={growing && !content} />}
        {content && <MessageText text={content} growing={growing} />}
        {growing && !content && !thinking && <Dots />}
        {retrying && (
          <p role="status" className={styles.aside}>
            {t("chat.retrying", { attempt: retrying.attempt, of: retrying.of })}
          </p>
        )}
        {message.damaged ? (
          <DamagedMessage onRetry={onRetry} />
        ) : (
          <AnswerFailure message={message} onRetry={onRetry} />
        )}
        {!growing && content && (
          <div className={styles.actions}>
            <Button
              look="quiet"
              icon={copied ? "check" : "copy"}
              aria-label={copied ? t("chat.copied") : t("chat.copyMessage")}
              onClick={() => copy(content)}
            >
              {copied ? t("chat.copied") : t("chat.copy")}
            </Button>
          </div>
        )}
      </div>
    </article>
  );
}

function Dots() {
  const { t } = useTranslation();
  return (
    <p className={styles.dots}>
      <VisuallyHidden>{t("chat.thinking")}</VisuallyHidden>
      <span />
      <span />
      <span />
    </p>
  );
}

function orbState({ status, content }: Message): OrbState {
  if (status !== "streaming") return "idle";
  return content ? "streaming" : "thinking";
}
