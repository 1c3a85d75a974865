import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../api/api-error";
import { api } from "../../api/client";
import { useErrorText } from "../../i18n/use-error-text";
import { Button } from "../../ui/button";
import { ErrorBoundary } from "../../ui/error-boundary";
import { Notice } from "../../ui/notice";
import { Refusal } from "../../ui/refusal";
import { Announcer } from "./announcer";
import { ChatFrame } from "./chat-frame";
import { Composer } from "./composer";
import { useDraft } from "./drafts";
import { focusWhereKeysAre } from "./focus";
import { useLive } from "./live-context";
import { MessageList } from "./message-list";
import { useModelChoice } from "./model-choice";
import { NoModelHint } from "./no-model-hint";
import { OutgoingMessage } from "./outgoing-message";
import { loadOlder } from "./thread-query";
import { newClientId, useOutgoing } from "./use-outgoing";
import { useRefused } from "./use-refused";
import { useRegenerate } from "./use-regenerate";
import { isAnswering, useThread } from "./use-thread";

/** One conversation. Give it the conversation's id as `key`: nothing of one may show in another. */
export function ConversationPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useQueryClient();
  const live = useLive();
  const { data: thread, error, refetch } = useThread(id);
  const outgoing = useOutgoing(id, thread);
  const [draft, setDraft] = useDraft(id);
  const [refused, forgetRefusal] = useRefused(outgoing, draft, setDraft);
  const { none } = useModelChoice(id);
  const regenerate = useRegenerate(id);
  const older = useMutation({ mutationFn: () => loadOlder(client, id) });
  const scroll = useRef<{ toEnd: () => void }>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const answering = thread !== undefined && isAnswering(thread);
  useEffect(() => focusWhereKeysAre(input.current), []);

  const send = (text: string) => {
    if (!live.send({ clientId: newClientId(), conversationId: id, text, model: null })) return;
    setDraft("");
    forgetRefusal();
    scroll.current?.toEnd();
  };
  const stop = () =>
    void api.POST("/conversations/{id}/stop", { params: { path: { id } } }).catch(() => undefined);
  const composer = (
    <>
      {none && <NoModelHint />}
      <Composer
        text={draft}
        onText={setDraft}
        onSend={send}
        onStop={answering ? stop : undefined}
        blocked={none || !thread || outgoing.length > 0}
        refusal={refused ? errorText(refused) : undefined}
        inputRef={input}
      />
    </>
  );
  if (error && !thread) {
    const gone = asApiError(error).status === 404;
    return (
      <ChatFrame composer={null}>
        <Notice action={!gone && <Button onClick={() => void refetch()}>{t("chat.reload")}</Button>}>
          {gone ? t("chat.notFound") : `${t("chat.loadFailed")} ${errorText(asApiError(error).code)}`}
        </Notice>
      </ChatFrame>
    );
  }
  return (
    <ChatFrame
      first={thread?.messages[0]?.id}
      busy={!thread || answering}
      composer={composer}
      scrollRef={scroll}
    >
      <ErrorBoundary
        fallback={(retry) => (
          <Notice action={<Button onClick={retry}>{t("chat.reload")}</Button>}>{t("chat.listFailed")}</Notice>
        )}
      >
        {thread && (
          <MessageList
            thread={thread}
            onOlder={older.mutate}
            loadingOlder={older.isPending}
            onRetry={regenerate.mutate}
          />
        )}
        {outgoing.map((entry) => (
          <OutgoingMessage key={entry.clientId} entry={entry} onDiscard={setDraft} />
        ))}
        <Refusal cause={regenerate.error} />
        <Refusal cause={older.error} />
      </ErrorBoundary>
      <Announcer message={thread?.messages.at(-1)} />
    </ChatFrame>
  );
}
