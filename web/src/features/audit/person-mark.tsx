import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { IconButton } from "../../ui/icon-button";
import styles from "./filter-bar.module.css";
import type { AuditSearch } from "./search";

interface PersonMarkProps {
  part: "actor" | "subject";
  name: string;
  search: AuditSearch;
  onChange: (search: AuditSearch) => void;
}

/** The person that is looked for: as who did it, or as whom it is about. */
export function PersonMark({ part, name, search, onChange }: PersonMarkProps) {
  const t = useAccountText();
  const { actor, subject, ...rest } = search;
  const other = part === "actor" ? subject : actor;
  const left = other === undefined ? rest : { ...rest, [part === "actor" ? "subject" : "actor"]: other };
  const turned = { ...rest, [part === "actor" ? "subject" : "actor"]: actor ?? subject };
  return (
    <div className={styles.mark}>
      <span className={styles.words}>{t(`audit.mark_${part}`, { name })}</span>
      {other === undefined && (
        <Button look="quiet" onClick={() => onChange(turned)}>
          {t(part === "actor" ? "audit.turnToSubject" : "audit.turnToActor")}
        </Button>
      )}
      <IconButton icon="close" label={t("audit.withoutPerson", { name })} onClick={() => onChange(left)} />
    </div>
  );
}
