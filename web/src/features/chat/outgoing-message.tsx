import { useTranslation } from "react-i18next";
import type { Outgoing } from "../../api/outbox";
import { useErrorText } from "../../i18n/use-error-text";
import { Button } from "../../ui/button";
import { useLive, useLiveState } from "./live-context";
import styles from "./outgoing-message.module.css";
import { UserMessage } from "./user-message";

interface OutgoingMessageProps {
  entry: Outgoing;
  /** The writer gives it up; its text goes back to where it was written. */
  onDiscard: (text: string) => void;
}

/** A message that the server has not stored yet, or whose stored form has not come back. */
export function OutgoingMessage({ entry, onDiscard }: OutgoingMessageProps) {
  const { t } = useTranslation();
  const live = useLive();
  const { connection } = useLiveState();
  const errorText = useErrorText();
  if (!entry.fault) {
    const waiting = connection === "live" ? t("chat.sending") : t("chat.waiting");
    const state = entry.accepted ? t("chat.sent") : waiting;
    return <UserMessage text={entry.text} status={<Status text={state} />} />;
  }
  const discard = () => {
    live.forget(entry.clientId);
    onDiscard(entry.text);
  };
  const fault = (
    <div role="alert" className={styles.fault}>
      <p>
        {t("chat.notSent")} — {errorText(entry.fault.code)}
      </p>
      <Button icon="retry" onClick={() => live.retry(entry.clientId)}>
        {t("chat.sendAgain")}
      </Button>
      <Button onClick={discard}>{t("chat.discard")}</Button>
    </div>
  );
  return <UserMessage text={entry.text} status={fault} />;
}

function Status({ text }: { text: string }) {
  return (
    <p role="status" className={styles.status}>
      {text}
    </p>
  );
}
