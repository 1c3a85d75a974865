import { Fragment, useId } from "react";
import { useAccountText } from "../../i18n/account";
import { ageOf } from "../../lib/day";
import { Icon } from "../../ui/icon";
import type { Day } from "./by-day";
import styles from "./event-list.module.css";
import { EventRow } from "./event-row";
import type { AuditSearch } from "./search";

interface DayOfEventsProps {
  day: Day;
  language: string;
  /** The last event when the list was opened: those after it are new. */
  opened: number;
  vouchedFor: number | undefined;
  search: AuditSearch;
  onChange: (search: AuditSearch) => void;
}

export function DayOfEvents({ day, language, opened, vouchedFor = 0, search, onChange }: DayOfEventsProps) {
  const t = useAccountText();
  const id = useId();
  const age = ageOf(day.at, new Date());
  const date = new Intl.DateTimeFormat(language, { dateStyle: "full" }).format(new Date(day.at));
  const near = age === "today" || age === "yesterday" ? `${t(`audit.${age}`)}, ${date}` : date;
  return (
    <section className={styles.day} aria-labelledby={id}>
      <h2 id={id} className={styles.date}>
        {near}
      </h2>
      <ol className={styles.events}>
        {day.events.map((event, at) => (
          <Fragment key={event.seq}>
            {event.seq <= vouchedFor && (day.events[at - 1]?.seq ?? 0) > vouchedFor && (
              <li className={styles.seal}>
                <Icon name="shield" size={14} />
                {t("audit.seal", { seq: vouchedFor })}
              </li>
            )}
            <EventRow
              event={event}
              fresh={event.seq > opened}
              vouched={event.seq <= vouchedFor}
              search={search}
              onChange={onChange}
            />
          </Fragment>
        ))}
      </ol>
    </section>
  );
}
