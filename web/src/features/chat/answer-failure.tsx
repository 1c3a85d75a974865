import { useTranslation } from "react-i18next";
import type { Message } from "../../api/wire";
import { useAnswerErrorText } from "../../i18n/use-error-text";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import styles from "./answer-failure.module.css";

interface AnswerFailureProps {
  message: Message;
  /** Given where the answer may be asked for again. */
  onRetry?: (() => void) | undefined;
}

/** Says why an answer is not whole and offers another try. */
export function AnswerFailure({ message, onRetry }: AnswerFailureProps) {
  const { t } = useTranslation();
  const errorText = useAnswerErrorText();
  const { status, error } = message;
  if (status !== "failed" && status !== "interrupted" && status !== "stopped") return null;
  const sentence = {
    failed: errorText(error?.code ?? "internal"),
    interrupted: t("chat.interrupted"),
    stopped: t("chat.stopped"),
  }[status];
  const action = onRetry && (
    <Button icon="retry" onClick={onRetry}>
      {t("chat.tryAgain")}
    </Button>
  );
  return (
    <Notice tone={status === "failed" ? "fault" : "hint"} action={action}>
      <p>{sentence}</p>
      {status === "failed" && error?.detail && (
        <p lang="en" className={styles.detail}>
          {error.detail}
        </p>
      )}
    </Notice>
  );
}
