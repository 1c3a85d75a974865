import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Outgoing } from "../../api/outbox";
import { useErrorText } from "../../i18n/use-error-text";
import { clock } from "../../lib/moment";
import { Button } from "../../ui/button";
import { useCountdown } from "../../ui/use-countdown";
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
  const wait = useMemo(() => secondsUntil(entry.fault?.retryAt ?? null), [entry.fault]);
  const left = useCountdown(entry.fault, wait);
  if (!entry.fault) {
    const waiting = connection === "live" ? t("chat.sending") : t("chat.waiting");
    const state = entry.accepted ? t("chat.sent") : waiting;
    return <UserMessage text={entry.text} status={<Status text={state} />} />;
  }
  const discard = () => {
    live.forget(entry.clientId);
    onDiscard(entry.text);
  };
  const held = left > 0;
  const fault = (
    <div className={styles.fault}>
      <p role="alert">
        {t("chat.notSent")} — {errorText(entry.fault.code)}
      </p>
      {entry.fault.retryAt !== null && (
        // A clock that is read aloud every second would drown everything else.
        <p role="timer" aria-live="off">
          {held ? t("auth.retryIn", { time: clock(left) }) : t("auth.retryNow")}
        </p>
      )}
      <Button icon="retry" aria-disabled={held} onClick={() => !held && live.retry(entry.clientId)}>
        {t("chat.sendAgain")}
      </Button>
      <Button onClick={discard}>{t("chat.discard")}</Button>
    </div>
  );
  return <UserMessage text={entry.text} status={fault} />;
}

function secondsUntil(moment: number | null): number | null {
  return moment === null ? null : (moment - Date.now()) / 1000;
}

function Status({ text }: { text: string }) {
  return (
    <p role="status" className={styles.status}>
      {text}
    </p>
  );
}
