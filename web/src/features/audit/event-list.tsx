import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AuditPage } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { Refusal } from "../../ui/refusal";
import { VisuallyHidden } from "../../ui/visually-hidden";
import { byDay } from "./by-day";
import { DayOfEvents } from "./day-of-events";
import styles from "./event-list.module.css";
import type { AuditSearch } from "./search";
import { useSpaced } from "./use-spaced";

const SAY_EVERY_MS = 15_000;

interface EventListProps {
  pages: readonly AuditPage[];
  vouchedFor: number | undefined;
  search: AuditSearch;
  onChange: (search: AuditSearch) => void;
  more: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: unknown;
    fetchNextPage: () => unknown;
  };
}

/** The events by day, the newest first, and how many came since the list was opened. */
export function EventList({ pages, vouchedFor, search, onChange, more }: EventListProps) {
  const t = useAccountText();
  const { i18n } = useTranslation();
  const [opened] = useState(() => pages[0]?.latest ?? 0);
  const events = pages.flatMap(({ items }) => items);
  const count = events.filter(({ seq }) => seq > opened).length;
  const told = useSpaced(count, SAY_EVERY_MS);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, error, fetchNextPage } = more;
  return (
    <>
      <VisuallyHidden role="status">{told > 0 && t("audit.came", { count: told })}</VisuallyHidden>
      <p className={styles.came} aria-hidden="true">
        {count > 0 && t("audit.came", { count })}
      </p>
      {events.length === 0 && (
        <div className={styles.nothing}>
          <p>{t("audit.nothing")}</p>
          {Object.keys(search).length > 0 && <Button onClick={() => onChange({})}>{t("audit.clear")}</Button>}
        </div>
      )}
      {byDay(events).map((day) => (
        <DayOfEvents
          key={day.key}
          day={day}
          language={i18n.language}
          opened={opened}
          vouchedFor={vouchedFor}
          search={search}
          onChange={onChange}
        />
      ))}
      {isFetchNextPageError && <Refusal cause={error} />}
      {hasNextPage && (
        <Button
          className={styles.more}
          aria-disabled={isFetchingNextPage}
          onClick={() => !isFetchingNextPage && void fetchNextPage()}
        >
          {t("audit.older")}
        </Button>
      )}
      {!hasNextPage && events.length > 0 && <p className={styles.end}>{t("audit.end")}</p>}
    </>
  );
}
