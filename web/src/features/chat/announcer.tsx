import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../../api/wire";
import { endOfSentence, speakable } from "../../lib/sentence";
import styles from "./announcer.module.css";

/** Older sentences were read out long ago. */
const MOST_SENTENCES = 20;

/** Speaks an answer while it is written: by sentence, since a screen reader that gets tokens says none of them. */
export function Announcer({ message }: { message: Message | undefined }) {
  const { t } = useTranslation();
  const [sentences, setSentences] = useState<readonly { key: number; text: string }[]>([]);
  const spoken = useRef({ id: "", upTo: 0, count: 0 });

  useEffect(() => {
    if (message?.role !== "assistant") return;
    const state = spoken.current;
    const say = (text: string) => {
      if (!text) return;
      const key = state.count++;
      setSentences((before) => [...before.slice(1 - MOST_SENTENCES), { key, text }]);
    };
    const growing = message.status === "streaming";
    if (state.id !== message.id) {
      if (!growing) return;
      Object.assign(state, { id: message.id, upTo: 0 });
      say(t("chat.answerStarted"));
    }
    const end = growing ? endOfSentence(message.content, state.upTo) : message.content.length;
    if (end > state.upTo) say(speakable(message.content.slice(state.upTo, end), t("chat.codeSpoken")));
    state.upTo = end;
    if (!growing) {
      state.id = "";
      say(t("chat.answerDone"));
    }
  }, [message, t]);

  return (
    <div role="log" aria-live="polite" className={styles.announcer}>
      {sentences.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}
