import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AuditEvent } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { revealBidi } from "../../lib/bidi";
import { Badge } from "../../ui/badge";
import { Icon } from "../../ui/icon";
import { VisuallyHidden } from "../../ui/visually-hidden";
import { gist } from "./details";
import { EventDetails } from "./event-details";
import styles from "./event-row.module.css";
import { isAlarm } from "./kinds";
import type { AuditSearch } from "./search";
import { useWords } from "./words";

/** A log has 24 hours in every language. */
const CLOCK = { timeStyle: "medium", hourCycle: "h23" } as const;

interface EventRowProps {
  event: AuditEvent;
  /** It came while the list was open. */
  fresh: boolean;
  vouched: boolean;
  search: AuditSearch;
  onChange: (search: AuditSearch) => void;
}

/** One event in a line; all that is known of it when that is unfolded. */
export const EventRow = memo(function EventRow({ event, fresh, vouched, search, onChange }: EventRowProps) {
  const t = useAccountText();
  const { i18n } = useTranslation();
  const words = useWords();
  const [open, setOpen] = useState(false);
  const { actor, subject, outcome, times, at } = event;
  const tone = isAlarm(event.kind) ? "alarm" : outcome;
  const about = subject && subject.id !== actor?.id ? words.person(subject) : null;
  const hint = gist(event);
  return (
    <li className={styles.event} data-tone={tone} data-fresh={fresh || undefined}>
      <details open={open} onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
        <summary className={styles.line}>
          <span className={styles.node} data-vouched={vouched} aria-hidden="true" />
          <time className={styles.time} dateTime={at}>
            {new Intl.DateTimeFormat(i18n.language, CLOCK).format(new Date(at))}
          </time>
          <span className={styles.what}>
            <span className={styles.words}>{words.kind(event.kind)}</span>
            {times > 1 && (
              <Badge tone="warn">
                <span aria-hidden="true">×{new Intl.NumberFormat(i18n.language).format(times)}</span>
                <VisuallyHidden>{t("audit.times", { count: times })}</VisuallyHidden>
              </Badge>
            )}
            {event.erased && <Badge>{t("audit.erased")}</Badge>}
            {hint && <span className={styles.gist}>{revealBidi(hint)}</span>}
          </span>
          <span className={styles.who}>
            <span className={styles.name}>{words.actor(event)}</span>
            {about && (
              <span className={styles.name}>
                <span aria-hidden="true">→ </span>
                <VisuallyHidden>{t("audit.aboutWhom")} </VisuallyHidden>
                {about}
              </span>
            )}
          </span>
          <span className={styles.from}>{event.address ?? ""}</span>
          <span className={styles.outcome}>
            <Icon name={outcome === "failure" ? "close" : "check"} size={14} />
            {t(`audit.short_${outcome}`)}
          </span>
          <span className={styles.fold} aria-hidden="true">
            <Icon name="chevron" size={14} />
          </span>
        </summary>
        {open && <EventDetails event={event} vouched={vouched} search={search} onChange={onChange} />}
      </details>
    </li>
  );
});
