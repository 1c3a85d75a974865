import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "../../api/wire";
import { revealBidi } from "../../lib/bidi";
import { IconButton } from "../../ui/icon-button";
import { VisuallyHidden } from "../../ui/visually-hidden";
import styles from "./conversation-item.module.css";
import { DeleteDialog } from "./delete-dialog";
import { RenameForm } from "./rename-form";

export function ConversationItem({
  conversation,
  current,
}: {
  conversation: Conversation;
  current: boolean;
}) {
  const { t } = useTranslation();
  const [task, setTask] = useState<"rename" | "delete" | null>(null);
  const title = conversation.damaged ? t("nav.damaged") : revealBidi(conversation.title) || t("nav.new");
  const done = () => setTask(null);
  if (task === "rename") {
    return (
      <li>
        <RenameForm conversation={conversation} onDone={done} />
      </li>
    );
  }
  return (
    <li className={styles.item} data-current={current}>
      <Link
        to="/c/$id"
        params={{ id: conversation.id }}
        className={styles.link}
        title={title}
        aria-current={current ? "page" : undefined}
      >
        {conversation.running && (
          <span className={styles.running}>
            <VisuallyHidden>{t("nav.answering")} </VisuallyHidden>
          </span>
        )}
        <span className={styles.title}>{title}</span>
      </Link>
      <span className={styles.actions}>
        <IconButton
          icon="pencil"
          size={15}
          label={t("nav.rename", { title })}
          onClick={() => setTask("rename")}
        />
        <IconButton
          icon="trash"
          size={15}
          label={t("nav.delete", { title })}
          onClick={() => setTask("delete")}
        />
      </span>
      {task === "delete" && <DeleteDialog conversation={conversation} current={current} onDone={done} />}
    </li>
  );
}
