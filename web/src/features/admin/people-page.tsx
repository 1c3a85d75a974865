import { useRouteContext } from "@tanstack/react-router";
import { useAccountText } from "../../i18n/account";
import { PageHead } from "../../ui/page-head";
import { InvitesSection } from "./invites-section";
import styles from "./people.module.css";
import { PeopleList } from "./people-list";

export function PeoplePage() {
  const t = useAccountText();
  const { user } = useRouteContext({ from: "/signed-in" });
  return (
    <div className={styles.page}>
      <PageHead title={t("people.title")} lead={t("people.lead")} />
      <PeopleList me={user} />
      <InvitesSection me={user} />
    </div>
  );
}
