import { useTranslation } from "react-i18next";
import type { AuditEvent, AuditPerson } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { revealBidi } from "../../lib/bidi";
import { Button } from "../../ui/button";
import { detailsOf } from "./details";
import styles from "./event-details.module.css";
import { isKnown } from "./kinds";
import type { AuditSearch } from "./search";
import { useWords } from "./words";

interface EventDetailsProps {
  event: AuditEvent;
  vouched: boolean;
  search: AuditSearch;
  onChange: (search: AuditSearch) => void;
}

/** All that is known of an event, and the ways from it to others. */
export function EventDetails({ event, vouched, search, onChange }: EventDetailsProps) {
  const t = useAccountText();
  const { i18n } = useTranslation();
  const words = useWords();
  const { actor, subject, kind } = event;
  const when = new Intl.DateTimeFormat(i18n.language, {
    dateStyle: "full",
    timeStyle: "long",
    hourCycle: "h23",
  });
  const somebody = (person: AuditPerson | null) => person && `${words.person(person)} (${person.id})`;
  const facts: [name: string, text: string | null][] = [
    [t("audit.number"), `${event.seq}, ${t(vouched ? "audit.isVouched" : "audit.isOpen")}`],
    [t("audit.when"), when.format(new Date(event.at))],
    [t("audit.who"), somebody(actor)],
    [t("audit.about"), somebody(subject)],
    [t("audit.way"), t(`audit.by_${event.via}`)],
    [t("audit.address"), event.address],
    [t("audit.agent"), event.agent],
    [t("audit.request"), event.request_id],
    ...detailsOf(event).map(([name, text]): [string, string] => [words.detail(name), text]),
  ];
  return (
    <div className={styles.details}>
      {event.erased && <p className={styles.erased}>{t("audit.erasedText")}</p>}
      <dl className={styles.facts}>
        {facts.map(([name, text]) =>
          text === null ? null : (
            <div key={name} className={styles.fact}>
              <dt>{revealBidi(name)}</dt>
              <dd>{revealBidi(text)}</dd>
            </div>
          ),
        )}
      </dl>
      <div className={styles.ways}>
        {isKnown(kind) && search.what !== kind && (
          <Button look="quiet" icon="search" onClick={() => onChange({ ...search, what: kind })}>
            {t("audit.onlyKind", { kind: words.kind(kind) })}
          </Button>
        )}
        {actor && search.actor !== actor.id && (
          <Button look="quiet" icon="search" onClick={() => onChange({ ...search, actor: actor.id })}>
            {t("audit.onlyActor", { name: words.person(actor) })}
          </Button>
        )}
        {subject && search.subject !== subject.id && (
          <Button look="quiet" icon="search" onClick={() => onChange({ ...search, subject: subject.id })}>
            {t("audit.onlySubject", { name: words.person(subject) })}
          </Button>
        )}
      </div>
    </div>
  );
}
