import type { Person } from "../../api/account-wire";
import type { User } from "../../api/wire";
import { useAccountText } from "../../i18n/account";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Item } from "../../ui/item";
import { When } from "../../ui/when";
import { mayManage } from "./rights";

interface PersonItemProps {
  person: Person;
  me: User;
  onManage: () => void;
}

export function PersonItem({ person, me, onManage }: PersonItemProps) {
  const t = useAccountText();
  const { username, role } = person;
  const badges = (
    <>
      {person.id === me.id && <Badge tone="good">{t("people.you")}</Badge>}
      <Badge tone={role === "user" ? "plain" : "special"}>{t(`people.role_${role}`)}</Badge>
      {!person.is_active && <Badge tone="bad">{t("people.disabled")}</Badge>}
      {person.locked && <Badge tone="warn">{t("people.locked")}</Badge>}
    </>
  );
  const facts = [
    person.email,
    person.two_factor ? t("people.twoFactor") : t("people.oneFactor"),
    t("people.sessions", { count: person.sessions }),
    person.last_login === null ? (
      t("people.neverSeen")
    ) : (
      <When key="seen" at={person.last_login} say={(when) => t("people.seen", { when })} />
    ),
  ];
  return (
    <Item title={username} badges={badges} facts={facts}>
      {mayManage(me, person) && (
        <Button aria-label={t("people.manageNamed", { name: username })} onClick={onManage}>
          {t("people.manage")}
        </Button>
      )}
    </Item>
  );
}
