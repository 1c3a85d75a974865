import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { revealBidi } from "../../lib/bidi";
import styles from "./chat-bar.module.css";
import { ConnectionPill } from "./connection-pill";
import { conversationQuery } from "./conversations";
import { ModelPicker } from "./model-picker";

/** What stands above the messages: which conversation, which model, is the line open. */
export function ChatBar({ conversationId }: { conversationId: string | null }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...conversationQuery(conversationId ?? ""), enabled: conversationId !== null });
  const title = conversationId ? revealBidi(data?.title ?? "") : t("nav.new");
  useEffect(() => {
    if (title) document.title = `${title} · Jarvis`;
  }, [title]);
  return (
    <div className={styles.bar}>
      <h1 className={styles.title} title={title}>
        {title || t("app.name")}
      </h1>
      <ModelPicker conversationId={conversationId} />
      <ConnectionPill />
    </div>
  );
}
