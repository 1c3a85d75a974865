import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { AuditPerson } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { Field } from "../../ui/field";
import { VisuallyHidden } from "../../ui/visually-hidden";
import styles from "./filter-bar.module.css";
import { namesQuery } from "./queries";

const PAUSE_MS = 250;
const MOST_NAMES = 8;

/** Finds a person by a part of the name. What is found are buttons right after the field. */
export function PersonField({ onChosen }: { onChosen: (person: AuditPerson) => void }) {
  const t = useAccountText();
  const [typed, setTyped] = useState("");
  const [wanted, setWanted] = useState("");
  const { data } = useQuery(namesQuery(wanted));
  useEffect(() => {
    const timer = setTimeout(() => setWanted(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const open = typed !== "" && wanted !== "" && data !== undefined;
  const found = open ? data.items.slice(0, MOST_NAMES) : [];
  const choose = ({ id, username }: AuditPerson) => {
    setTyped("");
    onChosen({ id, username });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what the field opened, wherever the focus is in it
    <div className={styles.person} onKeyDown={(event) => event.key === "Escape" && setTyped("")}>
      <Field
        label={t("audit.person")}
        type="search"
        placeholder={t("audit.personHint")}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <VisuallyHidden role="status">
        {open && (found.length > 0 ? t("people.found", { count: found.length }) : t("people.nobody"))}
      </VisuallyHidden>
      {open && (
        <ul className={styles.found}>
          {found.map((person) => (
            <li key={person.id}>
              <button type="button" className={styles.name} onClick={() => choose(person)}>
                {person.username}
              </button>
            </li>
          ))}
          {found.length === 0 && <li className={styles.nobody}>{t("people.nobody")}</li>}
        </ul>
      )}
    </div>
  );
}
