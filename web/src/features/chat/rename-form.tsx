import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../api/client";
import type { Conversation } from "../../api/wire";
import { conversationKey, conversationsKey } from "./conversations";
import styles from "./rename-form.module.css";

const LONGEST_TITLE = 200;

interface RenameFormProps {
  conversation: Conversation;
  onDone: () => void;
}

export function RenameForm({ conversation, onDone }: RenameFormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const settled = useRef(false);
  const { mutate } = useMutation({
    mutationFn: (title: string) =>
      unwrap(
        api.PATCH("/conversations/{id}", { params: { path: { id: conversation.id } }, body: { title } }),
      ),
    onSuccess: (changed) => {
      client.setQueryData(conversationKey(changed.id), changed);
      void client.invalidateQueries({ queryKey: conversationsKey });
    },
    onSettled: onDone,
  });
  const save = (title: string) => {
    if (settled.current) return;
    settled.current = true;
    if (title && title !== conversation.title) mutate(title);
    else onDone();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save(String(new FormData(event.currentTarget).get("title")).trim());
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    // Inside the drawer Escape would close that too.
    event.preventDefault();
    settled.current = true;
    onDone();
  };
  return (
    <form onSubmit={submit}>
      <input
        name="title"
        className={styles.input}
        aria-label={t("nav.renameLabel")}
        defaultValue={conversation.title}
        maxLength={LONGEST_TITLE}
        autoFocus
        onFocus={(event) => event.currentTarget.select()}
        onBlur={(event) => save(event.currentTarget.value.trim())}
        onKeyDown={press}
      />
    </form>
  );
}
