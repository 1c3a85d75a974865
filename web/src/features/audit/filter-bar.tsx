import { useState } from "react";
import type { AuditOutcome, AuditPage, AuditPerson } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { SelectField } from "../../ui/select-field";
import styles from "./filter-bar.module.css";
import { KindField } from "./kind-field";
import { PersonField } from "./person-field";
import { PersonMark } from "./person-mark";
import { type AuditSearch, SINCE, type Since } from "./search";

interface FilterBarProps {
  search: AuditSearch;
  pages: readonly AuditPage[] | undefined;
  onChange: (search: AuditSearch) => void;
}

/** What is looked for. All of it is in the address of the page, so that it can be kept and sent. */
export function FilterBar({ search, pages, onChange }: FilterBarProps) {
  const t = useAccountText();
  const [chosen, setChosen] = useState<AuditPerson[]>([]);
  const { what, outcome, since, actor, subject, ...none } = search;
  const people = { ...(actor && { actor }), ...(subject && { subject }) };
  const put = (change: { what?: string; outcome?: string; since?: string }) => {
    const next = { what, outcome, since, ...change };
    onChange({
      ...none,
      ...people,
      ...(next.what && { what: next.what }),
      ...(next.outcome && { outcome: next.outcome as AuditOutcome }),
      ...(next.since && { since: next.since as Since }),
    });
  };
  const seen = (pages ?? []).flatMap(({ items }) => items).flatMap((event) => [event.actor, event.subject]);
  const nameOf = (id: string) =>
    [...chosen, ...seen].find((person) => person?.id === id && person.username)?.username ?? id.slice(-8);
  const choose = (person: AuditPerson) => {
    setChosen([...chosen, person]);
    onChange({ ...search, actor: person.id });
  };
  return (
    <section className={styles.filter} aria-label={t("audit.filter")}>
      <KindField value={what ?? ""} onValue={(value) => put({ what: value })} />
      <SelectField
        label={t("audit.outcome")}
        value={outcome ?? ""}
        onChange={(event) => put({ outcome: event.currentTarget.value })}
        options={[
          ["", t("audit.anyOutcome")],
          ["success", t("audit.outcome_success")],
          ["failure", t("audit.outcome_failure")],
        ]}
      />
      <SelectField
        label={t("audit.since")}
        value={since ?? ""}
        onChange={(event) => put({ since: event.currentTarget.value })}
        options={[
          ["", t("audit.anyTime")],
          ...SINCE.map((each) => [each, t(`audit.since_${each}`)] as const),
        ]}
      />
      <PersonField onChosen={choose} />
      {Object.keys(search).length > 0 && (
        <div className={styles.marks}>
          {actor && <PersonMark part="actor" name={nameOf(actor)} search={search} onChange={onChange} />}
          {subject && (
            <PersonMark part="subject" name={nameOf(subject)} search={search} onChange={onChange} />
          )}
          <Button look="quiet" icon="close" onClick={() => onChange({})}>
            {t("audit.clear")}
          </Button>
        </div>
      )}
    </section>
  );
}
