import type { AuditEvent, AuditPerson } from "../../api/audit";
import { useAccountText } from "../../i18n/account";
import { auditEn } from "../../i18n/audit-en";
import { isKnown } from "./kinds";

type Detail = keyof typeof auditEn.audit.details;

const isNamed = (name: string): name is Detail => Object.hasOwn(auditEn.audit.details, name);

/** What the words of the trail are in plain language. */
export function useWords() {
  const t = useAccountText();
  const person = ({ id, username }: AuditPerson) => username ?? t("audit.gone", { id: id.slice(-8) });
  return {
    kind: (kind: string) => (isKnown(kind) ? t(`audit.kinds.${kind}`) : kind),
    detail: (name: string) => (isNamed(name) ? t(`audit.details.${name}`) : t("audit.detail", { name })),
    person,
    actor: ({ actor, via }: AuditEvent) => (actor ? person(actor) : t(`audit.via_${via}`)),
  };
}
