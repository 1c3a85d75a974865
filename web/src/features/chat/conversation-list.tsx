import { useTranslation } from "react-i18next";
import type { Conversation } from "../../api/wire";
import { type Age, ageOf } from "../../lib/day";
import { Button } from "../../ui/button";
import { ConversationItem } from "./conversation-item";
import styles from "./conversation-list.module.css";
import { useConversations } from "./use-conversations";

/** The reader's conversations, newest first, under the day they were last used. */
export function ConversationList({ currentId }: { currentId: string | null }) {
  const { t } = useTranslation();
  const { data, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useConversations();
  const all = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <nav className={styles.list} aria-label={t("nav.label")}>
      {data && all.length === 0 && <p className={styles.empty}>{t("nav.empty")}</p>}
      {isError && !data && (
        <div className={styles.empty}>
          <p>{t("nav.unreadable")}</p>
          <Button look="quiet" icon="retry" onClick={() => void refetch()}>
            {t("chat.reload")}
          </Button>
        </div>
      )}
      {groups(all).map(([age, conversations]) => (
        <section key={age}>
          <h2 className={styles.age}>{t(`nav.age.${age}`)}</h2>
          <ul>
            {conversations.map((conversation) => (
              <ConversationItem
                key={conversation.id}
                conversation={conversation}
                current={conversation.id === currentId}
              />
            ))}
          </ul>
        </section>
      ))}
      {hasNextPage && (
        <Button look="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? t("app.loading") : t("nav.more")}
        </Button>
      )}
    </nav>
  );
}

function groups(conversations: Conversation[]): [Age, Conversation[]][] {
  const now = new Date();
  const byAge = new Map<Age, Conversation[]>();
  for (const conversation of conversations) {
    const age = ageOf(conversation.updated_at, now);
    byAge.set(age, [...(byAge.get(age) ?? []), conversation]);
  }
  return [...byAge];
}
