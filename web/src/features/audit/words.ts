import type { AuditEvent, AuditPerson } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { isKnown } from "./kinds";

/** What the words of the trail are in plain language. */
export function useWords() {
  const t = useAccountText();
  const person = ({ id, username }: AuditPerson) => username ?? t("audit.gone", { id: id.slice(-8) });
  return {
    kind: (kind: string) => (isKnown(kind) ? t(`audit.kinds.${kind}`) : kind),
    person,
    actor: ({ actor, via }: AuditEvent) => (actor ? person(actor) : t(`audit.via_${via}`)),
  };
}
