import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../../i18n/use-error-text";
import { ChatFrame } from "./chat-frame";
import { Composer } from "./composer";
import { useDraft } from "./drafts";
import { focusWhereKeysAre } from "./focus";
import { useModelChoice } from "./model-choice";
import { NoModel } from "./no-model";
import { OutgoingMessage } from "./outgoing-message";
import { begun, type Thread } from "./stream";
import { threadKey } from "./thread-query";
import { useFirstMessage } from "./use-outgoing";
import { useRefused } from "./use-refused";
import { Welcome } from "./welcome";

/** Where a conversation begins: it gets its own address when the server has accepted its first message. */
export function NewChatPage({ username }: { username: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { none, picked } = useModelChoice(null);
  const [draft, setDraft] = useDraft(null);
  const { entry, send } = useFirstMessage();
  const errorText = useErrorText();
  const [refused, forgetRefusal] = useRefused(entry ? [entry] : [], draft, setDraft);
  const input = useRef<HTMLTextAreaElement>(null);
  const accepted = entry?.accepted;

  useEffect(() => focusWhereKeysAre(input.current), []);
  useEffect(() => {
    document.title = `${t("nav.new")} · Jarvis`;
  }, [t]);
  useEffect(() => {
    if (!accepted) return;
    const id = accepted.conversation_id;
    client.setQueryData<Thread>(threadKey(id), (known) => known ?? begun(accepted));
    void navigate({ to: "/c/$id", params: { id }, replace: true });
  }, [accepted, client, navigate]);

  const suggest = (text: string) => {
    setDraft(text);
    input.current?.focus();
  };
  const start = (text: string) => {
    send(text, picked);
    setDraft("");
    forgetRefusal();
  };
  const waiting = entry !== undefined;
  const composer = (
    <Composer
      text={draft}
      onText={setDraft}
      onSend={start}
      blocked={none || waiting}
      refusal={refused ? errorText(refused) : undefined}
      inputRef={input}
    />
  );
  return (
    <ChatFrame busy={waiting} composer={composer}>
      {entry && <OutgoingMessage entry={entry} onDiscard={setDraft} />}
      {!entry && none && <NoModel />}
      {!entry && !none && <Welcome username={username} onSuggest={suggest} />}
    </ChatFrame>
  );
}
