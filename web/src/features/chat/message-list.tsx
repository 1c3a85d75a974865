import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../../api/wire";
import { revealBidi } from "../../lib/bidi";
import { Button } from "../../ui/button";
import { ErrorBoundary } from "../../ui/error-boundary";
import { Notice } from "../../ui/notice";
import { AssistantMessage } from "./assistant-message";
import styles from "./message-list.module.css";
import type { Thread } from "./stream";
import { UserMessage } from "./user-message";

interface MessageListProps {
  thread: Thread;
  onOlder: () => void;
  loadingOlder: boolean;
  onRetry: () => void;
}

export function MessageList({ thread, onOlder, loadingOlder, onRetry }: MessageListProps) {
  const { t } = useTranslation();
  const { messages, older, retrying } = thread;
  return (
    <>
      {older && (
        <Button className={styles.older} disabled={loadingOlder} onClick={onOlder}>
          {loadingOlder ? t("app.loading") : t("chat.older")}
        </Button>
      )}
      {messages.map((message, at) => {
        const newest = at === messages.length - 1;
        return (
          <Row
            key={message.id}
            message={message}
            newest={newest}
            retrying={retrying?.messageId === message.id ? retrying : null}
            onRetry={newest ? onRetry : undefined}
          />
        );
      })}
    </>
  );
}

interface RowProps {
  message: Message;
  newest: boolean;
  retrying: Thread["retrying"];
  onRetry: (() => void) | undefined;
}

/** One message; if it cannot be shown, its plain text is. */
const Row = memo(function Row({ message, newest, retrying, onRetry }: RowProps) {
  const { t } = useTranslation();
  const plain = () => (
    <Notice>
      <p>{t("chat.unreadable")}</p>
      <p className={styles.plain}>{revealBidi(message.content)}</p>
    </Notice>
  );
  return (
    <ErrorBoundary fallback={plain}>
      {message.role === "user" ? (
        <UserMessage text={message.content} damaged={message.damaged} />
      ) : (
        <AssistantMessage message={message} newest={newest} retrying={retrying} onRetry={onRetry} />
      )}
    </ErrorBoundary>
  );
});
