import { type FormEvent, type KeyboardEvent, type Ref, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { characterCount } from "../../lib/character-count";
import { Icon } from "../../ui/icon";
import styles from "./composer.module.css";

export const LONGEST_MESSAGE = 10_000;
const COUNT_FROM = 9_000;

export interface ComposerProps {
  text: string;
  onText: (text: string) => void;
  onSend: (text: string) => void;
  /** Given while an answer is being written. */
  onStop?: (() => void) | undefined;
  /** Nothing can be sent now; writing goes on. */
  blocked?: boolean;
  /** Why the text was not taken: said beside it. */
  refusal?: string | undefined;
  inputRef?: Ref<HTMLTextAreaElement>;
}

export function Composer({
  text,
  onText,
  onSend,
  onStop,
  blocked = false,
  refusal,
  inputRef,
}: ComposerProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLFormElement>(null);
  const length = characterCount(text.trim());
  const tooLong = length > LONGEST_MESSAGE;
  const ready = length > 0 && !tooLong && !blocked && !onStop;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = box.current?.querySelector("textarea");
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (ready) onSend(text.trim());
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form ref={box} className={styles.composer} onSubmit={submit}>
      {refusal && (
        <p id="composer-refusal" role="alert" className={styles.refusal}>
          {refusal}
        </p>
      )}
      <textarea
        ref={inputRef}
        className={styles.input}
        rows={1}
        value={text}
        aria-label={t("chat.composer")}
        aria-describedby={`${refusal ? "composer-refusal " : ""}composer-keys composer-count`}
        aria-invalid={tooLong || refusal !== undefined}
        placeholder={t("chat.placeholder")}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={press}
      />
      {onStop ? (
        <button
          type="button"
          className={styles.stop}
          onClick={onStop}
          aria-label={t("chat.stop")}
          title={t("chat.stop")}
        >
          <Icon name="stop" />
        </button>
      ) : (
        <button
          type="submit"
          className={styles.send}
          aria-disabled={!ready}
          aria-label={t("chat.send")}
          title={t("chat.send")}
        >
          <Icon name="send" />
        </button>
      )}
      <p id="composer-keys" className={styles.keys}>
        {t("chat.keys")}
      </p>
      <p id="composer-count" role="status" className={styles.count} data-over={tooLong}>
        {tooLong && t("chat.tooLong", { count: length - LONGEST_MESSAGE })}
        {!tooLong && length >= COUNT_FROM && t("chat.count", { count: length, limit: LONGEST_MESSAGE })}
      </p>
    </form>
  );
}
